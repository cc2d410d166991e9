"""What AWS alone says: versions of EKS' add-ons, and releases of the nodes' image, for settings/releases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.aws import Aws
from ops.aws_errors import CALL_ERRORS, explain
from ops.errors import OpsError
from settings import RELEASES_FILE, Releases
from settings.releases import place

_ARCHITECTURE = "arm64"
# https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
_RELEASE = (
    "/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/{architecture}/standard/recommended/release_version"
)


def pin_from_aws(aws: Aws, file: Path = RELEASES_FILE) -> str:
    """Write into the table what AWS recommends today, and say what was written. Raises OpsError."""
    text = file.read_text(encoding="utf-8")
    releases = Releases.model_validate(yaml.safe_load(text))
    addons = addon_lines(aws, releases, partition=aws.partition)
    images = image_releases(aws, releases)
    text = with_aws_pins(text, addons=addons, images=images)
    Releases.model_validate(yaml.safe_load(text))
    file.write_text(text, encoding="utf-8")
    return f"{len(addons)} add-ons and {len(images)} images written into {file.name}, as {aws.partition} has them"


def addon_lines(aws: Aws, releases: Releases, *, partition: str) -> Mapping[str, Mapping[str, str]]:
    """The add-ons, each with its version by ``minor/partition``: those that are pinned stay, but for this partition's.

    Raises OpsError where AWS does not say.
    """
    found: dict[str, Mapping[str, str]] = {}
    for name, pinned in releases.eks_addons.items():
        known = {} if isinstance(pinned, str) else dict(pinned)
        for minor in releases.kubernetes.versions:
            version = _recommended(aws, name, minor)
            if version:
                known[place(minor, partition)] = version
        if known:
            found[name] = dict(sorted(known.items()))
    return found


def image_releases(aws: Aws, releases: Releases) -> Mapping[str, str]:
    """The newest release of the nodes' image, by minor version. Raises OpsError where AWS does not say."""
    return {minor: date for minor in releases.kubernetes.versions for date in _image_release(aws, minor)}


def with_aws_pins(text: str, *, addons: Mapping[str, Mapping[str, str]], images: Mapping[str, str]) -> str:
    """The table of releases with these in it; each is one line of it, and all else stays."""
    for name, versions in addons.items():
        line = ", ".join(f'"{key}": {version}' for key, version in versions.items())
        text = _replaced(text, rf"^  {re.escape(name)}: (unpinned|\{{.*\}})$", f"  {name}: {{{line}}}")
    for minor, date in images.items():
        text = _replaced(text, rf'(?ms)^(    "{re.escape(minor)}":\n.*?^      ami: )\S+$', rf'\g<1>"{date}"')
    return text


def _replaced(text: str, pattern: str, line: str) -> str:
    new, number = re.subn(pattern, line, text, count=1, flags=re.MULTILINE)
    if not number:
        raise OpsError(f"settings/releases.yaml has no line like {pattern}: was its form changed?")
    return new


def _recommended(aws: Aws, name: str, minor: str) -> str | None:
    """The version that EKS installs by itself, where it is there for arm64."""
    for addon in _asked(aws.pages, "eks", "describe_addon_versions", "addons", addonName=name, kubernetesVersion=minor):
        for each in addon["addonVersions"]:
            default = any(where.get("defaultVersion") for where in each["compatibilities"])
            if default and _ARCHITECTURE in each.get("architecture", ()):
                return str(each["addonVersion"])
    return None


def _image_release(aws: Aws, minor: str) -> Iterator[str]:
    try:
        answer = aws.client("ssm").get_parameter(Name=_RELEASE.format(minor=minor, architecture=_ARCHITECTURE))
    except CALL_ERRORS as error:
        raise OpsError(f"the newest image of nodes of Kubernetes {minor} is not known: {explain(error)}") from None
    # 1.36.4-20261112
    yield str(answer["Parameter"]["Value"]).rpartition("-")[2]


def _asked(pages: Any, *names: str, **arguments: str) -> list[Any]:
    try:
        return list(pages(*names, **arguments))
    except CALL_ERRORS as error:
        raise OpsError(f"{arguments['addonName']}: EKS does not say its versions: {explain(error)}") from None
