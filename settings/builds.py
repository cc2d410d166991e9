"""Builds: images that are built here from their released source, and the tag that such an image has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from settings.releases import Releases

ROOT = Path(__file__).parents[1]
_DIGITS = 12


def built_images(builds: Iterable[str], releases: Releases) -> dict[str, str]:
    """What is built, by the images' keys in settings/releases.yaml: the names of their builds."""
    return {image: name for name in builds for image in releases.builds[name].images}


def build_version(name: str, releases: Releases) -> str:
    """The version that a build makes."""
    build = releases.builds[name]
    return build.version or releases.images[build.images[0]].tag


def build_tag(name: str, releases: Releases) -> str:
    """The tag of a build's images: the version, and a digest of all that goes into them.

    So what has not changed keeps its tag, and what has changed has another. A base is in it by its publisher's name
    wherever it is copied from, so that the tag is the same everywhere.
    """
    build, version = releases.builds[name], build_version(name, releases)
    folder = ROOT / "docker" / name
    files = [*sorted(path for path in folder.rglob("*") if path.is_file()), *(ROOT / file for file in build.files)]
    content = hashlib.sha256(f"{version}\n{build.source}\n{build.checksum}\n".encode())
    for base in build.bases:
        release = releases.published(base)
        content.update(f"{release.upstream}:{release.tag}@{release.digest}\n".encode())
    for path in files:
        content.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return f"{version.removeprefix('v')}-{content.hexdigest()[:_DIGITS]}"
