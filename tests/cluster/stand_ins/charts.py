"""Repositories of Helm charts: a ``helm`` that takes each chart from the folder that ``make charts`` fills.

A program of its own, ``charts.py FOLDER HELM …``, where HELM is the real one. It does not play: logins to registries,
versions that are not in the folder, charts without a version.
"""

from __future__ import annotations

import os
import shlex
import sys
import tarfile
from pathlib import Path


def install(program: Path, *, folder: Path, helm: Path) -> None:
    """Write a program that is called in Helm's place."""
    words = [sys.executable, "-I", "-S", __file__, str(folder), str(helm)]
    program.write_text(f'#!/bin/sh\nexec {" ".join(map(shlex.quote, words))} "$@"\n')
    program.chmod(0o755)


def take(arguments: list[str], flag: str) -> str | None:
    """Remove a flag and its value, behind it or behind a ``=``, and give the value."""
    for place, word in enumerate(arguments):
        if word == flag and place + 1 < len(arguments):
            del arguments[place]
            return arguments.pop(place)
        if word.startswith(f"{flag}="):
            del arguments[place]
            return word.partition("=")[2]
    return None


def archive(folder: Path, chart: str, version: str | None) -> Path:
    """The archive of a chart. Ends the program where it is not there, as Helm would."""
    file = folder / f"{chart.rstrip('/').rpartition('/')[2]}-{version}.tgz"
    if not file.is_file():
        sys.exit(
            f"Error: chart {chart} {version or 'without a version'} is not in {folder}: make charts fetches charts"
        )
    return file


def main(folder: Path, helm: str, arguments: list[str]) -> None:
    """Do what Helm would do with its repositories, or let Helm do it."""
    verb = arguments[0] if arguments else ""
    if verb == "registry":
        sys.stdin.read()  # the password of a login
        return
    if verb == "pull":
        version, target = take(arguments, "--version"), Path(take(arguments, "--untardir") or ".")
        with tarfile.open(archive(folder, arguments[1], version)) as packed:
            packed.extractall(target, filter="data")
        return
    # The CDK's handler puts release and chart before all flags.
    if verb in ("install", "upgrade", "template") and len(arguments) > 2 and not Path(arguments[2]).exists():
        version = take(arguments, "--version")
        take(arguments, "--repo")
        arguments[2] = str(archive(folder, arguments[2], version))
    os.execv(helm, [helm, *arguments])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
