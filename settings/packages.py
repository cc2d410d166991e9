"""Packages: what a data team adds to Airflow's image, by a file of requirements, and the tag that such an image has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from settings.errors import Contradiction
from settings.releases import load_releases

if TYPE_CHECKING:
    from settings.model import Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "docker" / "airflow" / "Dockerfile"
_AIRFLOW = "apache-airflow"
_DIGITS = 12
_COMMENT = re.compile(r"(^|\s)#.*$")


class RequirementsError(ValueError):
    """A file of requirements that no image can be built of. The message is for the person who wrote it."""


@dataclass(frozen=True, kw_only=True)
class Packages:
    """Packages that go into Airflow's image."""

    path: Path
    lines: tuple[str, ...]
    """Requirements, without comments and empty lines."""

    def tag(self, *, version: str, base: str) -> str:
        """The tag of the image: Airflow's version, and a digest of all that goes into it.

        So what has not changed keeps its tag, and what has changed has another.
        """
        content = "\n".join((base, DOCKERFILE.read_text(encoding="utf-8"), *self.lines))
        return f"{version}-{hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]}"


def read_packages(name: str) -> Packages:
    """Read a file of requirements, by its path from the project's folder.

    Raises RequirementsError, with one message, where it cannot be read or a line of it cannot be used.
    """
    path = ROOT / name
    try:
        # An editor may have put a byte-order mark before it, which pip takes too.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RequirementsError(f"is not written in UTF-8; save it so ({path})") from None
    except OSError as error:
        raise RequirementsError(f"cannot be read: {error.strerror} ({path})") from None
    lines = [(number, _COMMENT.sub("", line).strip()) for number, line in enumerate(text.splitlines(), start=1)]
    given = [(number, line) for number, line in lines if line]
    if not given:
        raise RequirementsError("names no package; leave airflow.requirements out to use the image as it is")
    hashed = next((number for number, line in given if "--hash" in line), None)
    if hashed is not None:
        raise RequirementsError(
            f"line {hashed}: hashes are not taken, for pip would ask for one of every package in Airflow's "
            "constraints, which have none; leave --hash out, and name versions"
        )
    for number, line in given:
        fault = _fault(line)
        if fault:
            raise RequirementsError(f"line {number}, {line}: {fault}")
    return Packages(path=path, lines=tuple(line for _, line in given))


def check_packages(settings: Settings) -> Iterator[Contradiction]:
    """What is wrong with the file of requirements, where there is one."""
    if settings.airflow.requirements is None:
        return
    try:
        read_packages(settings.airflow.requirements)
    except RequirementsError as error:
        yield Contradiction("airflow.requirements", settings.airflow.requirements, str(error))


def _fault(line: str) -> str:
    """What is wrong with a line, or nothing."""
    if line.endswith("\\"):
        return "a requirement is one line; write it without the backslash"
    if line.startswith("-"):
        return "only packages are taken, no options: the file itself has to say all that goes into the image"
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        return f"is no requirement, like pandas==2.3.3 ({str(error).splitlines()[0]})"
    if requirement.url is not None and not requirement.url.startswith("https://"):
        return "a package comes from an index, or from an https:// address"
    version = load_releases().images["airflow"].tag
    if canonicalize_name(requirement.name) == _AIRFLOW and not requirement.specifier.contains(version):
        return f"the image has Airflow {version}; leave the line out, docs/upgrade.md says how to change the version"
    return ""
