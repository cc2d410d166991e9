"""statsd_exporter with the mapping of the platform, on this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from charts.airflow.metrics import relabelings, statsd_mappings

PROGRAM_VARIABLE = "STATSD_EXPORTER"
HOST = "127.0.0.1"
_LINE = re.compile(r"(?P<name>\w+)(\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Labels = frozenset[tuple[str, str]]


def program() -> Path:
    """The program; skips the test where there is none."""
    found = os.environ.get(PROGRAM_VARIABLE) or shutil.which("statsd_exporter")
    if not found:
        pytest.skip(f"no statsd_exporter on the PATH, and {PROGRAM_VARIABLE} names none; see docs/metrics.md")
    return Path(found)


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """One that runs."""

    statsd_port: int
    web_port: int

    def scrape(self) -> dict[tuple[str, Labels], float]:
        """What Prometheus has after a scrape: series and their values, with the labels renamed as it is told to."""
        with urllib.request.urlopen(f"http://{HOST}:{self.web_port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        found = [match for line in lines if not line.startswith("#") and (match := _LINE.fullmatch(line))]
        return {
            (each["name"], _relabelled(each["name"], dict(_LABEL.findall(each["labels"] or "")))): float(each["value"])
            for each in found
        }

    def named(self, name: str) -> dict[Labels, float]:
        """The series of one name."""
        return {labels: value for (series, labels), value in self.scrape().items() if series == name}


def _relabelled(name: str, labels: dict[str, str]) -> Labels:
    # What Prometheus does with `metric_relabel_configs`, so far as these rules go.
    *kept, labeldrop = relabelings()
    for rule in kept:
        values = ";".join({"__name__": name, **labels}.get(label, "") for label in rule["sourceLabels"])
        if match := re.fullmatch(rule["regex"], values):
            labels[rule["targetLabel"]] = match[1]
    return frozenset(
        (label, value) for label, value in labels.items() if value and not re.fullmatch(labeldrop["regex"], label)
    )


@contextmanager
def exporter(folder: Path) -> Iterator[Exporter]:
    """Start it, wait until it answers, end it."""
    mapping = folder / "mappings.yml"
    mapping.write_text(yaml.safe_dump({"mappings": statsd_mappings()}))
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        running = Exporter(statsd_port=one.getsockname()[1], web_port=other.getsockname()[1])
    command = [
        str(program()),
        f"--statsd.mapping-config={mapping}",
        f"--statsd.listen-udp={HOST}:{running.statsd_port}",
        "--statsd.listen-tcp=",
        f"--web.listen-address={HOST}:{running.web_port}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"))
    try:
        end = time.monotonic() + 20
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end
            with suppress(OSError):
                running.scrape()
                break
            time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(10)
