"""The private registry: whether it has every image and chart that the deployment will pull."""

from __future__ import annotations

from typing import Any

from ops.aws import found
from ops.checks import Findings, failure, ok, verdict
from ops.mirror.artifacts import artifacts
from ops.preflight.subject import Preflight
from settings import Registry

_ABSENT = ("RepositoryNotFoundException", "ImageNotFoundException")


def registry(subject: Preflight) -> Findings:
    """Every release by its tag, and by its digest where one is pinned."""
    if not subject.settings.images.any_is_copied:
        yield ok("images and charts", "from their publishers (images.source=upstream)")
        return
    needed = artifacts(subject.settings, account=subject.aws.account)
    ecr = subject.aws.client("ecr")
    digests = [(artifact, _digest(ecr, artifact.repository, artifact.tag)) for artifact in needed]
    missing = [artifact for artifact, digest in digests if digest is None]
    different = [each for each, digest in digests if digest and each.digest not in (None, digest)]
    if missing:
        told = f"{len(missing)} of {len(needed)} missing: {', '.join(map(str, missing))}"
        yield failure("private registry", told, "Copy them there, with the same --context: python -m ops mirror")
    if different:
        told = f"other than pinned in settings/releases.yaml: {', '.join(map(str, different))}"
        yield failure(
            "private registry: digests", told, "Delete these tags in the registry, then: python -m ops mirror"
        )
    if not missing and not different:
        yield ok("private registry", f"all {len(needed)} images and charts are there")


def built(subject: Preflight) -> Findings:
    """What ``ops image`` builds for these settings, wherever all other images come from."""
    ecr = subject.aws.client("ecr")
    for key, image in Registry(settings=subject.settings, account=subject.aws.account).built.items():
        there = _digest(ecr, image.path, image.tag)
        yield verdict(
            f"built image {key}",
            f"{image.path}:{image.tag}",
            faults=[] if there else [f"{image.path}:{image.tag} is not in the registry"],
            advice="Build it, with the same --context: python -m ops image",
        )


def _digest(ecr: Any, repository: str, tag: str) -> str | None:
    """What the registry has under a tag."""
    tags = [{"imageTag": tag}]
    answer = found(ecr.describe_images, *_ABSENT, repositoryName=repository, imageIds=tags)
    details = answer["imageDetails"] if answer else []
    return details[0]["imageDigest"] if details else None
