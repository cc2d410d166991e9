"""The private registry: whether it has every image and chart that the deployment will pull."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.aws import found
from ops.checks import Findings, failure, ok, verdict
from ops.preflight.subject import Preflight
from settings import Registry, load_releases
from settings.registry import AIRFLOW

_ABSENT = ("RepositoryNotFoundException", "ImageNotFoundException")


@dataclass(frozen=True)
class Artifact:
    """An image, or a chart as an OCI artifact."""

    path: str
    """Name of its repository."""
    tag: str
    digest: str | None

    def __str__(self) -> str:
        return f"{self.path}:{self.tag}"


def registry(subject: Preflight) -> Findings:
    """Every release by its tag, and by its digest where one is pinned."""
    if subject.settings.images.source != "private":
        yield ok("images and charts", "from their publishers (images.source=upstream)")
        return
    artifacts = list(wanted(subject))
    ecr = subject.aws.client("ecr")
    digests = {artifact: _digest(ecr, artifact) for artifact in artifacts}
    missing = [artifact for artifact, digest in digests.items() if digest is None]
    different = [each for each, digest in digests.items() if digest and each.digest not in (None, digest)]
    if missing:
        told = f"{len(missing)} of {len(artifacts)} missing: {', '.join(map(str, missing))}"
        yield failure("private registry", told, "Copy them there; docs/china.md says under which names")
    if different:
        told = f"other than pinned in settings/releases.yaml: {', '.join(map(str, different))}"
        yield failure(
            "private registry: digests", told, "Delete these tags in the registry and copy the images again, by digest"
        )
    if not missing and not different:
        yield ok("private registry", f"all {len(artifacts)} images and charts are there")


def airflow_with_packages(subject: Preflight) -> Findings:
    """Airflow's image with the packages of ``airflow.requirements``, wherever all other images come from."""
    if subject.settings.airflow.requirements is None:
        return
    image = Registry(settings=subject.settings, account=subject.aws.account).image(AIRFLOW)
    there = _digest(subject.aws.client("ecr"), Artifact(image.path, image.tag, None))
    yield verdict(
        "Airflow with packages",
        f"{image.path}:{image.tag}",
        faults=[] if there else [f"{image.path}:{image.tag} is not in the registry"],
        advice="Build it, with the same --context: python -m ops image",
    )


def wanted(subject: Preflight) -> Iterator[Artifact]:
    """What has to be in the registry, by the names that the deployment uses."""
    releases = load_releases()
    names = Registry(settings=subject.settings, account=subject.aws.account)
    host = subject.settings.facts.registry(account=subject.aws.account, region=subject.settings.region)
    for key, release in releases.images.items():
        if release.kubernetes not in (None, subject.settings.cluster.kubernetes_version):
            continue
        image = names.published_image(key)
        yield Artifact(image.path, image.tag, image.digest)
    for key in releases.charts:
        chart = names.chart(key)
        # Helm writes a version's build number behind an underscore, because a tag takes no plus sign.
        yield Artifact(chart.repository.removeprefix(f"oci://{host}/"), chart.version.replace("+", "_"), None)


def _digest(ecr: Any, artifact: Artifact) -> str | None:
    """What the registry has under the artifact's tag."""
    tags = [{"imageTag": artifact.tag}]
    answer = found(ecr.describe_images, *_ABSENT, repositoryName=artifact.path, imageIds=tags)
    details = answer["imageDetails"] if answer else []
    return details[0]["imageDigest"] if details else None
