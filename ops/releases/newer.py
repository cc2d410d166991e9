"""What publishers have that is newer than what is pinned: a tag, or a chart's version, of the same form."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ops.mirror.errors import MirrorError
from ops.mirror.route import Upstream
from ops.releases.pinned import Pin
from ops.releases.support import numbers
from settings import ImageRelease

_NUMBER = re.compile(r"\d+")


def newest(upstream: Upstream, pin: Pin) -> str | None:
    """The newest that a publisher has, the pinned one included; None where its tags say no version.

    Raises MirrorError where the publisher does not say.
    """
    if pin.release is None or not _NUMBER.search(pin.version):
        return None
    found = of_the_same_form(pin.version, upstream.versions(pin.release))
    minor = pin.release.kubernetes if isinstance(pin.release, ImageRelease) else None
    if minor is not None:
        found = [each for each in found if numbers(each)[:2] == numbers(minor)]
    if not found:
        raise MirrorError(f"its publisher lists nothing like {pin.version}")
    return max([*found, pin.version], key=numbers)


def of_the_same_form(version: str, others: Iterable[str]) -> list[str]:
    """Those that differ in their numbers only: no release candidate is one of a release, no Alpine one of a Debian."""
    form = re.compile(_NUMBER.sub(lambda _: r"\d+", re.escape(version)))
    return [each for each in others if form.fullmatch(each)]
