"""The container that copies event logs for the History Server, killed in the middle of a copy and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from charts.spark import history_server

SCRIPT = Path(history_server.__file__).with_name("fetch_event_logs.sh")
LOG = "eventlog_v2_spark-1"
# As the AWS CLI does: a name of eight more hexadecimal digits while it writes, and a rename when the file is whole.
AWS = f"""#!/bin/bash
mkdir -p "$5/{LOG}"
part="$5/{LOG}/events_1_spark-1.zstd.$NAME"
echo half > "$part"
echo begun >> "$BEGUN"
sleep "$SECONDS_TO_COPY"
mv "$part" "${{part%.*}}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "aws"
    program.parent.mkdir()
    program.write_text(AWS)
    program.chmod(0o755)
    (tmp_path / "logs").mkdir()
    return tmp_path


def fetching(folder: Path, *, name: str, seconds: str) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "EVENT_LOGS": "s3://bucket/event-logs",
        "TEAMS": "team-a",
        "FOLDER": str(folder / "logs"),
        "BEGUN": str(folder / "begun"),
        "NAME": name,
        "SECONDS_TO_COPY": seconds,
    }
    return subprocess.Popen(["bash", str(SCRIPT)], env=environment, start_new_session=True)


def until(folder: Path, copies: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        begun = folder / "begun"
        if begun.exists() and len(begun.read_text().split()) >= copies:
            return
        time.sleep(0.05)
    pytest.fail("the copy did not begin")


def stop(fetcher: subprocess.Popen[bytes]) -> None:
    os.killpg(fetcher.pid, signal.SIGKILL)
    fetcher.wait()


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "logs" / LOG).iterdir())


def test_what_a_killed_copy_leaves_is_no_part_of_the_log(folder: Path) -> None:
    first = fetching(folder, name="1a2B3c4D", seconds="60")
    until(folder, 1)
    stop(first)
    assert files(folder) == ["events_1_spark-1.zstd.1a2B3c4D"]
    (folder / "logs" / LOG / "appstatus_spark-1").touch()

    second = fetching(folder, name="5E6f7A8b", seconds="0")
    until(folder, 2)
    end = time.monotonic() + 20
    while "events_1_spark-1.zstd" not in files(folder) and time.monotonic() < end:
        time.sleep(0.05)
    stop(second)
    assert files(folder) == ["appstatus_spark-1", "events_1_spark-1.zstd"]
