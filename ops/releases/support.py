"""settings/support.yaml: what publishers say of the pinned releases, as of the day that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase

import yaml
from pydantic import BaseModel, ConfigDict, Field

from settings.releases import RELEASES_FILE

SUPPORT_FILE = RELEASES_FILE.with_name("support.yaml")
_VERSION = r"(\d+(?:\.\d+)+)"

Numbers = tuple[int, ...]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Advisory(_Entry):
    """One advisory, and the versions that it speaks of."""

    id: str
    what: str
    source: str
    fixed: str | None = None
    """The first version without it; None where there is none yet."""
    since: str | None = None
    meanwhile: str | None = None
    """What stands in its way, as long as what is pinned has it."""

    def speaks_of(self, version: Numbers) -> bool:
        """Whether a version has it."""
        started = self.since is None or version >= numbers(self.since)
        return started and (self.fixed is None or version < numbers(self.fixed))


class Product(_Entry):
    """What is released together, or by the same publisher in the same way."""

    pins: tuple[str, ...]
    policy: str
    source: str
    seen: date
    version: str = Field(default=_VERSION, validate_default=True)
    ends: Mapping[str, date | None] = {}
    kept: Mapping[str, str] = {}
    advisories: tuple[Advisory, ...] = ()

    def has(self, pin: str) -> bool:
        """Whether an entry of releases.yaml is one of this product's."""
        return any(fnmatchcase(pin, pattern) for pattern in self.pins)

    def numbers_in(self, tag: str) -> Numbers | None:
        """The version in a tag; None where there is none."""
        found = re.search(self.version, tag) or re.fullmatch(r"v?(\d+)", tag)
        return numbers(found[1]) if found else None

    def line(self, version: Numbers) -> str | None:
        """The line that a version belongs to, the longest that fits; None where it is in none."""
        fitting = [line for line in self.ends if version[: len(numbers(line))] == numbers(line)]
        return max(fitting, key=lambda line: len(numbers(line)), default=None)


class SupportTable(_Entry):
    """All of it."""

    dated: date
    products: Mapping[str, Product]

    def of(self, pin: str) -> Product | None:
        """The product of an entry of releases.yaml."""
        return next((each for each in self.products.values() if each.has(pin)), None)


def numbers(version: str) -> Numbers:
    """The numbers of a version, to compare."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def load_support() -> SupportTable:
    """Read support.yaml."""
    return SupportTable.model_validate(yaml.safe_load(SUPPORT_FILE.read_text(encoding="utf-8")))
