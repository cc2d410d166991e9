"""The way over an air gap: to an archive where publishers are, and from it where the account is."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import oras.layout
import pytest

from ops.mirror.oci import digest_of
from ops.mirror.tar_file import TarFile
from tests.mirror.conftest import Workplace
from tests.mirror.content import image


@pytest.fixture(params=["folder", "file.tar"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the archive goes to."""
    return tmp_path / "disk" / request.param


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may ask AWS."""

    def refused(**_: object) -> None:
        raise AssertionError("an archive needs no account")

    monkeypatch.setattr("ops.mirror.route.connect", refused)


def as_folder(archive: Path) -> Path:
    """What any program finds that unpacks it."""
    if archive.is_dir():
        return archive
    unpacked = archive.with_suffix("")
    with tarfile.open(archive) as file:
        file.extractall(unpacked, filter="data")
    return unpacked


class TestThereAndBack:
    def test_nothing_is_lost(self, workplace: Workplace, archive: Path) -> None:
        server, pinned = workplace.publish("server"), workplace.publish("pinned", pinned=True)
        workplace.publish_chart("keda")
        assert workplace.run("--to-archive", str(archive)).exit_code == 0
        workplace.publisher.faults.append(lambda *_: (500, "nobody is here"))
        workplace.publisher.log.clear()
        result = workplace.run("--from-archive", str(archive))
        assert result.exit_code == 0, result.output
        assert workplace.publisher.log == []
        assert workplace.registry.tags() == {
            "airflow-eks/charts/keda": ["1.2.3"],
            "airflow-eks/publisher/pinned": ["1.0"],
            "airflow-eks/publisher/server": ["1.0"],
        }
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == server.digest
        assert workplace.digest("airflow-eks/publisher/pinned", "1.0") == pinned.digest

    def test_to_a_real_registry(self, real_workplace: Workplace, archive: Path) -> None:
        server = real_workplace.publish("server")
        real_workplace.publish_chart("keda")
        assert real_workplace.run("--to-archive", str(archive)).exit_code == 0
        assert real_workplace.run("--from-archive", str(archive)).exit_code == 0
        assert real_workplace.digest("airflow-eks/publisher/server", "1.0") == server.digest
        assert "airflow-eks/charts/keda" in real_workplace.registry.tags()

    @pytest.mark.usefixtures("no_account")
    def test_it_is_what_the_specification_says(self, workplace: Workplace, archive: Path) -> None:
        server = workplace.publish("server")
        assert workplace.run("--to-archive", str(archive)).exit_code == 0
        folder = as_folder(archive)
        layout = oras.layout.Layout(str(folder))  # checks all digests
        assert set(layout.get_ordered_blobs("publisher/server:1.0")) >= {digest_of(each) for each in server.blobs}
        assert sorted(each.name for each in folder.iterdir()) == ["blobs", "index.json", "oci-layout"]
        assert sorted(each.name for each in archive.parent.iterdir() if each != folder) == (
            [] if archive.is_dir() else [archive.name]
        )

    @pytest.mark.usefixtures("no_account")
    def test_it_is_planned_first(self, workplace: Workplace, archive: Path) -> None:
        workplace.publish("server")
        result = workplace.run("--to-archive", str(archive), "--plan")
        assert result.exit_code == 1
        assert "1 images and charts: 1 missing" in result.output
        assert not archive.exists()
        workplace.run("--to-archive", str(archive))
        result = workplace.run("--to-archive", str(archive), "--plan")
        assert result.exit_code == 0
        assert "1 there" in result.output


class TestGoingOn:
    def test_with_what_is_new(self, workplace: Workplace, archive: Path) -> None:
        workplace.publish("server")
        workplace.run("--to-archive", str(archive))
        workplace.publish("other")
        workplace.publisher.log.clear()
        assert workplace.run("--to-archive", str(archive)).exit_code == 0
        assert workplace.publisher.count("GET", "publisher/server/blobs/.*") == 0
        names = {
            each["annotations"]["org.opencontainers.image.ref.name"]
            for each in json.loads((as_folder(archive) / "index.json").read_text())["manifests"]
        }
        assert names == {"publisher/server:1.0", "publisher/other:1.0"}

    @pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.95])
    def test_with_a_file_that_was_cut_off(self, workplace: Workplace, tmp_path: Path, share: float) -> None:
        archive = tmp_path / "file.tar"
        server = workplace.publish("server", size=20_000)
        workplace.run("--to-archive", str(archive))
        os.truncate(archive, int(archive.stat().st_size * share))
        result = workplace.run("--from-archive", str(archive))
        assert result.exit_code == 2
        assert "is no archive, or not written to its end" in result.stderr
        workplace.publisher.log.clear()
        assert workplace.run("--to-archive", str(archive)).exit_code == 0
        fetched = workplace.publisher.count("GET", "/blobs/.*")
        assert fetched < len(server.blobs)
        assert workplace.run("--from-archive", str(archive)).exit_code == 0
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == server.digest

    def test_after_ctrl_c(self, workplace: Workplace, archive: Path) -> None:
        """The whole program, in a process of its own, which gets the signal while a layer is on its way."""
        first, second = workplace.publish("server", size=400_000), workplace.publish("other", size=1000)
        releases = workplace.all_releases()
        workplace.publisher.seconds_per_piece = 0.05
        program = (
            "import json, sys, settings.registry, settings.pulled\n"
            "from settings import Releases\n"
            f"releases = Releases.model_validate(json.loads({releases.model_dump_json()!r}))\n"
            "settings.registry.load_releases = settings.pulled.load_releases = lambda: releases\n"
            "from ops.commands import app\n"
            "app()\n"
        )
        arguments = ["mirror", "--context", "images.source=private", "--to-archive", str(archive), "--jobs", "2"]
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        parts = archive / "parts" if archive.suffix != ".tar" else archive.with_name("file.tar.parts")
        try:
            _wait_until(lambda: any(each.stat().st_size > 30_000 for each in parts.glob("sha256-*")))
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=20)
        finally:
            process.kill()
        assert process.returncode == 130, output
        assert "What has been copied stays. Run the command again, and it goes on." in output
        assert "Traceback" not in output
        begun = [each.name.replace("-", ":") for each in parts.iterdir() if 0 < each.stat().st_size < 400_000]
        assert begun
        workplace.publisher.seconds_per_piece = 0
        workplace.publisher.log.clear()
        result = workplace.run("--to-archive", str(archive))
        assert result.exit_code == 0, result.output
        assert not parts.exists()
        assert set(begun) <= set(workplace.publisher.resumed)
        for made, name in ((first, "server"), (second, "other")):
            blobs = oras.layout.Layout(str(as_folder(archive))).get_ordered_blobs(f"publisher/{name}:1.0")
            assert set(blobs) >= {digest_of(each) for each in made.blobs}


def _wait_until(is_so) -> None:
    for _ in range(400):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("nothing has been fetched")


class TestAnArchiveThatIsNotRight:
    def _made(self, workplace: Workplace, archive: Path) -> None:
        self.server = workplace.publish("server")
        assert workplace.run("--to-archive", str(archive)).exit_code == 0

    @staticmethod
    def _damage(archive: Path, content: bytes) -> None:
        """Change a byte of a content, wherever it is."""
        file = archive / "blobs/sha256" / digest_of(content).removeprefix("sha256:") if archive.is_dir() else archive
        whole = file.read_bytes()
        assert content in whole
        file.write_bytes(whole.replace(content, b"#" + content[1:]))

    @pytest.mark.parametrize(
        ("part", "said"),
        [
            (lambda image: image.blobs[1], "is corrupted where it comes from"),
            (lambda image: image.manifests[0], "is damaged"),
            (lambda image: image.index, "is damaged"),
        ],
        ids=["layer", "manifest", "index"],
    )
    def test_damaged(self, workplace: Workplace, archive: Path, part, said: str) -> None:
        self._made(workplace, archive)
        self._damage(archive, part(self.server))
        result = workplace.run("--from-archive", str(archive))
        assert result.exit_code == 1
        assert said in result.output
        assert workplace.registry.tags() == {}

    def test_a_copy_that_is_damaged_while_it_is_made(
        self, workplace: Workplace, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ops.mirror.parts._digest", lambda part: part.name.replace("-", ":"))
        server = workplace.publish("server")
        digest = digest_of(server.blobs[1])
        workplace.publisher.repositories["publisher/server"][digest] = b"x" * len(server.blobs[1])
        result = workplace.run("--to-archive", str(archive))
        assert result.exit_code == 1
        assert f"{digest} is damaged: its content is " in result.output

    def test_without_an_image(self, workplace: Workplace, archive: Path) -> None:
        self._made(workplace, archive)
        workplace.publish("new")
        result = workplace.run("--from-archive", str(archive))
        assert result.exit_code == 1
        assert f"{archive} does not have it: make the archive with the same --context, or with --all" in result.output
        assert workplace.registry.tags() == {"airflow-eks/publisher/server": ["1.0"]}

    def test_with_another_image_than_pinned(self, workplace: Workplace, archive: Path) -> None:
        self._made(workplace, archive)
        pinned = image("another").digest
        workplace.release("server", digest=pinned)
        result = workplace.run("--from-archive", str(archive))
        assert result.exit_code == 1
        assert f"settings/releases.yaml pins {pinned}" in result.output
        assert workplace.registry.tags() == {}

    def test_something_else(self, workplace: Workplace, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
        result = workplace.run("--to-archive", str(tmp_path))
        assert result.exit_code == 2
        assert re.search(r"has something else in it \(.+\); name an empty folder, or a new one", result.stderr)
        (tmp_path / "mine.tar").write_text("mine" * 1000, encoding="utf-8")
        result = workplace.run("--to-archive", str(tmp_path / "mine.tar"))
        assert result.exit_code == 2
        assert "is no tar file, or a compressed one" in result.stderr
        assert (tmp_path / "mine.tar").read_text(encoding="utf-8") == "mine" * 1000

    def test_a_disk_that_is_too_small(
        self, workplace: Workplace, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workplace.publish("server", size=1_000_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2_000_000))
        result = workplace.run("--to-archive", str(archive))
        assert result.exit_code == 2
        assert "4.0 MB are needed and 2.0 MB are free" in result.stderr
        assert workplace.publisher.count("GET", "/blobs/.*") == 0


def test_another_tar_file_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.tar"
    with tarfile.open(theirs, "w") as file:
        file.add(__file__, "code.py")
    before = theirs.read_bytes()
    with pytest.raises(Exception, match="is there and is no archive that could be gone on with"):
        TarFile(theirs)
    assert theirs.read_bytes() == before
