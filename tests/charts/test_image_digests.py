"""A digest that settings/releases.yaml has of an image is in every reference to it: a tag may be moved, a digest not.

Every image gets a digest, made up where there is none yet, and what the charts come to is searched for each name of an
image, wherever it stands: in a pod, in an argument, in what Airflow tells its DAGs. All charts can take one today. They
write a tag behind a colon, so that ``tag@sha256:…`` is one too; Airflow's and Karpenter's have a value for it besides.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from settings import Releases, Settings, load_releases
from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for
from tests.charts.test_scheduling import WORKLOADS, addon_charts

CRDS = ("karpenter-crd", "prometheus-operator-crds")
_LABEL = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?")
# What stands behind a name: a tag, and the digest where there is one.
_REST = r":(?P<tag>\w[\w.-]*)(@(?P<digest>sha256:[0-9a-f]{64}))?"


def digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


@pytest.fixture(autouse=True, scope="module")
def releases() -> Iterator[Releases]:
    """The releases, each image with a digest of its own."""
    table = load_releases().model_dump()
    for key, image in table["images"].items():
        image["digest"] = digest(key)
    pinned = Releases.model_validate(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("settings.registry.load_releases", lambda: pinned)
        yield pinned


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def settings(request: pytest.FixtureRequest) -> Settings:
    chosen: dict[str, Any] = {"spark": {"history_server": True}, "airflow": {"queues": {"heavy": {}}}}
    return settings_for(request.param, **chosen)


@pytest.fixture(scope="module")
def charts(settings: Settings) -> list[Object]:
    """Objects and releases of all charts, with their values."""
    return [item for objects in (*build_charts(settings).values(), *addon_charts(settings)) for item in objects]


def test_every_image_that_runs_is_named_with_its_digest(
    settings: Settings, charts: list[Object], releases: Releases
) -> None:
    text = json.dumps(charts)
    others = {key for key, image in releases.images.items() if image.kubernetes not in (None, _minor(settings))}
    assert {key for key in releases.images if digest(key) not in text} == others


def test_no_reference_to_an_image_is_without_it(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, charts: list[Object], releases: Releases
) -> None:
    helm = rendering.helm(tmp_path_factory.mktemp("helm"))
    found: set[str] = set()
    for item in charts:
        name = item["metadata"]["name"]
        objects = [item]
        if item["kind"] == "HelmRelease":
            if name in CRDS:
                continue
            objects = rendering.render_release(helm, item, kubernetes=_minor(settings))
        found |= set(pinned(objects, releases, where=name))
        for each in objects:
            if each["kind"] != "CustomResourceDefinition":
                check_labels(each)
            for place, template in rendering.pod_templates([each] if each["kind"] in WORKLOADS else []).items():
                images = [container["image"] for container in rendering.containers(template)]
                assert [image for image in images if "@sha256:" not in image] == [], f"{name}: {place}"
    others = {key for key, image in releases.images.items() if image.kubernetes not in (None, _minor(settings))}
    assert found == releases.images.keys() - others


def pinned(objects: list[Object], releases: Releases, *, where: str) -> Iterator[str]:
    """Keys of the images that are named in these objects. Fails where one is named without its digest."""
    text = json.dumps(objects)
    for path in {image.upstream.partition("/")[2] for image in releases.images.values()}:
        for match in re.finditer(rf"/{re.escape(path)}{_REST}", text):
            (key,) = [
                key
                for key, image in releases.images.items()
                if image.upstream.endswith(f"/{path}") and image.tag == match["tag"]
            ]
            assert match["digest"] == digest(key), f"{where}: {match[0]}"
            yield key


def check_labels(item: Any) -> None:
    """A chart may make a label of a tag, and Kubernetes takes no ``@`` there."""
    if isinstance(item, dict):
        for name in ("labels", "matchLabels"):
            labels = item.get(name)
            if isinstance(labels, dict):
                assert [value for value in labels.values() if not _LABEL.fullmatch(str(value))] == []
        for value in item.values():
            check_labels(value)
    elif isinstance(item, list):
        for value in item:
            check_labels(value)


def _minor(settings: Settings) -> str:
    return settings.cluster.kubernetes_version
