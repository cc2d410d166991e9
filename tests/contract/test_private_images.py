"""With private images, whatever is pulled comes from the account's own registry, the charts' defaults included.

Values are laid over the chart's own as helm does it, and every place in them that names an image has to name one in the
account's registry, or to be one that nothing asks for because of a switch. Where the charts themselves are at hand
(make charts, docs/releases.md) they are rendered, and what comes of it is searched too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from settings import load_releases
from settings.images import PublicRegistry
from tests.charts import rendering
from tests.contract.test_values import chart_of
from tests.support import reference
from tests.support.deployment import Deployment, Installed
from tests.support.synthesis import CHINA, CONFIGURATIONS, synthesize, synthesize_with

PRIVATE = (*CHINA, *(name for name, each in CONFIGURATIONS.items() if each.get("images.source") == "private"))
PUBLIC = re.compile(
    r"public\.ecr\.aws|ghcr\.io|quay\.io|registry\.k8s\.io|k8s\.gcr\.io|docker\.io|gcr\.io|mcr\.microsoft\.com|602401143452"
)

# Places in the charts' values that name a public image, and the switches that have to be off for nobody to pull it.
UNUSED = {
    "airflow": {
        "images.otelCollector": "otelCollector.metricsEnabled otelCollector.tracesEnabled",
        "images.redis": "redis.enabled",
        "postgresql.image": "postgresql.enabled",
    },
    "grafana": {
        "downloadDashboardsImage": "dashboards",
        "imageRenderer.image": "imageRenderer.enabled",
        "initChownData.image": "persistence.enabled",
        "sidecar.image": "sidecar.alerts.enabled sidecar.dashboards.enabled sidecar.datasources.enabled "
        "sidecar.plugins.enabled sidecar.notifiers.enabled",
        "testFramework.image": "testFramework.enabled",
    },
    "kube-prometheus-stack": {
        "alertmanager.alertmanagerSpec.image": "alertmanager.enabled",
        "crds.upgradeJob.image.busybox": "crds.upgradeJob.enabled",
        "crds.upgradeJob.image.kubectl": "crds.upgradeJob.enabled",
        "prometheusOperator.admissionWebhooks.deployment.image": "prometheusOperator.admissionWebhooks.enabled",
        "prometheusOperator.admissionWebhooks.patch.image": "prometheusOperator.admissionWebhooks.enabled",
        "thanosRuler.thanosRulerSpec.image": "thanosRuler.enabled",
    },
    "metrics-server": {"addonResizer.image": "addonResizer.enabled"},
    "opencost": {
        "opencost.sigV4Proxy.image": "opencost.prometheus.amp.enabled",
        "plugins.install": "plugins.enabled",
    },
    "spark-operator": {"hook.image": "hook.upgradeCrd"},
}
# Charts within a chart that are installed and whose own values are not at hand: what is rendered shows them.
WITHOUT_VALUES = {"kube-state-metrics", "prometheus-node-exporter"}


def merged(values: Any, defaults: Any) -> Any:
    """Values over a chart's own, as helm lays them: a null takes a key away."""
    if not (isinstance(values, Mapping) and isinstance(defaults, Mapping)):
        return values
    both = {key: merged(values[key], default) if key in values else default for key, default in defaults.items()}
    both |= {key: value for key, value in values.items() if key not in defaults}
    return {key: value for key, value in both.items() if value is not None}


def at(values: Any, path: str) -> Any:
    """What stands at a dotted path, or nothing."""
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def charts_within(chart: str) -> list[dict[str, Any]]:
    """What a chart brings along, with the switch of each."""
    found: list[dict[str, Any]] = reference.metadata(chart).get("dependencies", [])
    return found


def named_images(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Paths of whatever names an image or a registry, and what it names."""
    if isinstance(values, list):
        for index, item in enumerate(values):
            yield from named_images(item, (*path, str(index)))
    if not isinstance(values, Mapping):
        return
    whole = values.get("fullImageName")
    parts = [values[key] for key in ("registry", "repository") if isinstance(values.get(key), str) and values[key]]
    if whole or parts:
        yield ".".join(path), whole or "/".join(parts)
    for key, value in values.items():
        word = str(key).lower()
        if isinstance(value, str) and value and (word.endswith("image") or word in ("hub", "imageregistry")):
            yield ".".join((*path, key)), value
        else:
            yield from named_images(value, (*path, str(key)))


def host_of(deployment: Deployment) -> str:
    """The account's own registry."""
    return deployment.settings.facts.registry(account="${AWS::AccountId}", region=deployment.settings.region)


def foreign(release: Installed, host: str) -> dict[str, str]:
    """Images of a release that are somewhere else, by their places in its values."""
    values = merged(release.manifest, reference.default_values(chart_of(release)))
    return {place: image for place, image in named_images(values) if not image.startswith(f"{host}/")}


@pytest.fixture(scope="module", params=PRIVATE)
def private(request: pytest.FixtureRequest) -> Deployment:
    """Each deployment with private images in turn."""
    return synthesize(request.param)


def test_both_regions_of_china_and_a_closed_network_elsewhere_are_among_them() -> None:
    regions = {synthesize(name).settings.region for name in PRIVATE}
    assert regions >= {"cn-north-1", "cn-northwest-1", "eu-central-1"}


def test_images_of_all_objects(private: Deployment) -> None:
    """Containers, and what Airflow's Spark jobs are told to run."""
    own = f"{host_of(private)}/{private.settings.images.prefix}/"
    given = private.settings.spark.image
    found = [
        (str(leaf), leaf.value)
        for _, leaf in private.leaves
        if isinstance(leaf.value, str) and (leaf.key == "image" or leaf.key.endswith("_image"))
    ]
    assert found
    assert [place for place, image in found if not image.startswith(own) and image != given] == []


def test_charts(private: Deployment) -> None:
    own = f"oci://{host_of(private)}/{private.settings.images.prefix}/charts/"
    assert all(each.resource.properties["Repository"].startswith(own) for each in private.releases.values())


def test_images_of_the_releases_with_the_charts_defaults(private: Deployment) -> None:
    known = [each for each in private.releases.values() if chart_of(each) not in reference.WITHOUT_DATA]
    assert known
    for release in known:
        found, unused = foreign(release, host_of(private)), UNUSED.get(chart_of(release), {})
        assert set(found) <= set(unused), f"{release}: {found}"
        values = merged(release.manifest, reference.default_values(chart_of(release)))
        for place in found:
            on = [switch for switch in unused[place].split() if at(values, switch)]
            assert not on, f"{release}: {place} is pulled"


def test_every_exception_is_one(private: Deployment) -> None:
    """A place that is gone from a chart, or a switch that it does not have, would hide what takes its place."""
    for release in private.releases.values():
        for place, switches in UNUSED.get(chart_of(release), {}).items():
            assert place in foreign(release, host_of(private)), f"{release}: {place}"
            for switch in switches.split():
                assert at(reference.default_values(chart_of(release)), switch) is not None, f"{release}: {switch}"


def test_charts_within_charts_are_off_or_known(private: Deployment) -> None:
    for release in private.releases.values():
        if chart_of(release) in reference.WITHOUT_DATA:
            continue
        values = merged(release.manifest, reference.default_values(chart_of(release)))
        for chart in charts_within(chart_of(release)):
            assert not at(values, chart["condition"]) or chart["name"] in WITHOUT_VALUES, f"{release}: {chart['name']}"


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The helm that will install them."""
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def test_what_is_rendered(private: Deployment, helm: Path) -> None:
    """All that helm makes of the releases, hooks included."""
    for release in private.releases.values():
        objects = rendering.render(
            helm,
            rendering.chart_archive(chart_of(release)),
            release=release.name,
            namespace=str(release.namespace),
            values=reference.concrete(release.manifest),
            kubernetes=f"{private.settings.cluster.kubernetes_version}.0",
        )
        assert objects
        own = private.settings.facts.registry(account="123456789012", region=private.settings.region)
        for item in objects:
            images = {image for container in _containers(item) for image in [container["image"]]}
            assert all(image.startswith(f"{own}/") for image in images), f"{release}: {images}"
            # Descriptions of custom kinds tell of images; nothing is pulled for them.
            if item["kind"] != "CustomResourceDefinition":
                assert not PUBLIC.search(json.dumps(item)), f"{release}: {item['kind']}/{item['metadata']['name']}"


def _containers(value: Any) -> Iterator[dict[str, Any]]:
    """Everything that has an image, in whatever kind it is."""
    if isinstance(value, Mapping):
        if isinstance(value.get("image"), str):
            yield dict(value)
        for key, each in value.items():
            # Schemas of custom kinds have fields of that name.
            if key != "openAPIV3Schema":
                yield from _containers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _containers(each)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"a": {"image": {"registry": "quay.io", "repository": "x/y"}}}, "a.image"),
        ({"a": {"sidecarImage": "busybox"}}, "a.sidecarImage"),
        ({"a": [{"repository": "docker.io/x"}]}, "a.0"),
        ({"global": {"imageRegistry": "quay.io"}}, "global.imageRegistry"),
    ],
)
def test_places_are_found(values: dict[str, Any], place: str) -> None:
    assert [found for found, _ in named_images(values)] == [place]


def test_a_value_covers_its_default_and_a_null_takes_it_away() -> None:
    assert merged({"a": {"b": None, "c": 2}}, {"a": {"b": 1, "c": 1, "d": 1}}) == {"a": {"c": 2, "d": 1}}


def test_images_of_docker_hub_alone_can_be_copies() -> None:
    deployment = synthesize_with("copied", {"size": "dev", "images.copied": "docker.io"})
    values = [str(leaf.value) for _, leaf in deployment.leaves]
    assert not [value for value in values if "docker.io" in value]
    airflow = [value for value in values if value.endswith("/airflow-eks/apache/airflow")]
    assert airflow
    assert all(".dkr.ecr.us-west-2." in value for value in airflow)
    # All else comes from where it is published, the charts too.
    assert [value for value in values if value.startswith("quay.io")]
    assert not [value for value in values if "airflow-eks/charts" in value]


def test_every_registry_of_the_releases_can_be_named() -> None:
    hosts = {release.upstream.partition("/")[0] for release in load_releases().images.values()}
    assert hosts == set(get_args(PublicRegistry))
