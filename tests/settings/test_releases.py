"""The one table of pinned versions: complete, exact, and what the publishers' own files say."""

import importlib
import re
from typing import Any

import pytest

from settings import load_releases
from tests.charts import rendering
from tests.support import reference
from tests.support.reference import WITHOUT_DATA
from tests.support.versions import scaled_versions

RELEASES = load_releases()
FULL_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9a-z.]+)?")


@pytest.mark.parametrize("key", RELEASES.images)
def test_an_image_is_pinned(key: str):
    image = RELEASES.images[key]
    assert image.tag
    assert image.tag != "latest"
    assert re.search(r"\d", image.tag), "a tag without a number is one that moves"


@pytest.mark.parametrize("key", RELEASES.images)
def test_an_image_names_its_registry_and_no_tag(key: str):
    host, _, path = RELEASES.images[key].upstream.partition("/")
    assert "." in host
    assert path
    assert ":" not in path
    assert "@" not in path


def test_no_image_is_there_twice():
    references = [f"{image.upstream}:{image.tag}" for image in RELEASES.images.values()]
    assert len(references) == len(set(references))


@pytest.mark.parametrize("key", RELEASES.charts)
def test_a_chart_is_pinned(key: str):
    chart = RELEASES.charts[key]
    assert FULL_VERSION.fullmatch(chart.version)
    assert chart.repository.startswith(("https://", "oci://"))
    assert chart.name == key


@pytest.mark.parametrize("version", RELEASES.kubernetes.versions)
def test_kubectl_of_the_same_minor_version_is_installed(version: str):
    release = RELEASES.kubernetes.versions[version]
    minor = version.partition(".")[2]
    assert release.kubectl_layer.endswith(f"_v{minor}")
    assert release.kubectl_layer_class == f"KubectlV{minor}Layer"
    assert hasattr(importlib.import_module(release.kubectl_layer), release.kubectl_layer_class)


def test_the_default_kubernetes_version_can_be_chosen():
    assert RELEASES.kubernetes.default in RELEASES.kubernetes.versions


def test_engines_are_pinned():
    engines = RELEASES.engines
    assert [engines.aurora(major).partition(".")[0] for major in ("16", "17")] == ["16", "17"]
    for version in engines.model_dump().values():
        assert re.fullmatch(r"\d+\.\d+", version)
    assert (engines.queue("valkey"), engines.queue("redis")) == (engines.valkey, engines.redis)


@pytest.mark.parametrize("key", [key for key in RELEASES.charts if key not in WITHOUT_DATA])
def test_a_chart_is_the_version_that_it_says(key: str):
    chart = _chart(key, "Chart.yaml")
    assert (RELEASES.charts[key].name, RELEASES.charts[key].version) == (chart["name"], chart["version"])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("pgbouncer", "pgbouncer"),
        ("pgbouncer-exporter", "pgbouncerExporter"),
        ("statsd-exporter", "statsd"),
        ("git-sync", "gitSync"),
    ],
)
def test_an_image_is_not_older_than_the_one_of_airflow_s_chart(key: str, name: str):
    tag = _chart("airflow", "values.yaml")["images"][name]["tag"]
    # Apache's tags: what it is, when it was built, its version.
    assert _number(_pinned(key)[1]) >= _number(tag.rpartition("-")[2])


def test_airflow_is_not_older_than_the_version_that_its_chart_was_released_with():
    values = _chart("airflow", "values.yaml")
    repository, tag = _pinned("airflow")
    assert repository == _with_host(values["defaultAirflowRepository"])
    assert _number(tag) >= _number(values["defaultAirflowTag"])


def test_the_exporter_knows_the_columns_of_the_pooler_that_it_asks():
    """It ends each answer at a column that it does not know: PgBouncer 1.24 has new ones, the exporter since 0.19."""
    assert _number(_pinned("pgbouncer")[1]) < (1, 24) or _number(_pinned("pgbouncer-exporter")[1]) >= (0, 19)


@pytest.mark.parametrize(
    ("key", "at_least"),
    [
        ("airflow", (3, 3, 0)),  # CVE-2026-33264
        ("pgbouncer", (1, 25, 2)),  # CVE-2026-6664
        ("grafana", (13, 2, 2)),  # CVE-2026-76154
        ("git-sync", (4, 7, 1)),  # git 2.39.5, in 4.4.2, can be made to write files
    ],
)
def test_what_is_known_to_be_attacked_is_not_there(key: str, at_least: tuple[int, ...]):
    assert _number(_pinned(key)[1]) >= at_least


def test_the_load_balancer_controller_is_the_one_of_its_chart():
    image = _chart("aws-load-balancer-controller", "values.yaml")["image"]
    assert _pinned("aws-load-balancer-controller") == (image["repository"], image["tag"])


def test_karpenter_is_the_one_of_its_chart_to_the_digest():
    image = _chart("karpenter", "values.yaml")["controller"]["image"]
    assert _pinned("karpenter") == (image["repository"], image["tag"])
    if RELEASES.images["karpenter"].digest is None:
        pytest.skip("not pinned yet: `ops releases pin` asks its publisher")
    if RELEASES.images["karpenter"].digest != image["digest"] and not rendering.is_checked("karpenter"):
        pytest.skip("the chart is not known to be the published one, which alone has the digest of the published image")
    assert RELEASES.images["karpenter"].digest == image["digest"]


def test_external_secrets_is_the_one_of_its_chart():
    repository = _chart("external-secrets", "values.yaml")["image"]["repository"]
    assert _pinned("external-secrets") == (repository, _chart("external-secrets", "Chart.yaml")["appVersion"])


@pytest.mark.parametrize(
    ("key", "name"),
    [("keda", "keda"), ("keda-metrics-apiserver", "metricsApiServer"), ("keda-admission-webhooks", "webhooks")],
)
def test_keda_is_the_one_of_its_chart(key: str, name: str):
    image = _chart("keda", "values.yaml")["image"][name]
    assert _pinned(key) == (f"{image['registry']}/{image['repository']}", _chart("keda", "Chart.yaml")["appVersion"])


@pytest.mark.parametrize(("key", "name"), [("opencost", "exporter"), ("opencost-ui", "ui")])
def test_opencost_is_the_one_of_its_chart_to_the_digest(key: str, name: str):
    image = _chart("opencost", "values.yaml")["opencost"][name]["image"]
    tag, _, digest = image["tag"].partition("@")
    assert _pinned(key) == (f"{image['registry']}/{image['repository']}", tag)
    assert RELEASES.images[key].digest == digest


def test_the_proportional_autoscaler_is_the_one_of_its_chart():
    repository = _chart("cluster-proportional-autoscaler", "values.yaml")["image"]["repository"]
    version = _chart("cluster-proportional-autoscaler", "Chart.yaml")["appVersion"]
    assert _pinned("cluster-proportional-autoscaler") == (repository, version)


@pytest.mark.parametrize("version", scaled_versions())
def test_cluster_autoscaler_is_of_the_cluster_s_version(version: str):
    repository, tag = _pinned(f"cluster-autoscaler-{version}")
    assert repository == _chart("cluster-autoscaler", "values.yaml")["image"]["repository"]
    assert tag.startswith(f"v{version}.")
    assert RELEASES.images[f"cluster-autoscaler-{version}"].kubernetes == version


def test_the_default_kubernetes_version_is_one_that_all_controllers_know():
    releases = RELEASES.kubernetes
    assert releases.default in scaled_versions()
    assert releases.versions[releases.default].karpenter is None
    newer = [version for version in releases.versions if _number(version) > _number(releases.default)]
    assert not [version for version in newer if version in scaled_versions()], "the default can move"


def test_an_image_for_one_kubernetes_version_is_for_one_that_can_be_chosen():
    named = {image.kubernetes for image in RELEASES.images.values() if image.kubernetes}
    assert named <= set(RELEASES.kubernetes.versions)


def test_karpenter_and_its_definitions_go_together():
    assert RELEASES.charts["karpenter"].version == RELEASES.charts["karpenter-crd"].version


def _chart(name: str, file: str) -> dict[str, Any]:
    """A file of the pinned chart. Skips the test where there is that of another version alone."""
    if reference.is_of_another_version(name):
        pytest.skip(f"{rendering.NO_CHART}{RELEASES.charts[name].archive}")
    return reference.metadata(name) if file == "Chart.yaml" else reference.default_values(name)


def _pinned(key: str) -> tuple[str, str]:
    image = RELEASES.images[key]
    return image.upstream, image.tag


def _number(tag: str) -> tuple[int, ...]:
    found = re.match(r"v?([0-9.]+)", tag)
    assert found, f"{tag} has no number"
    return tuple(int(digits) for digits in found[1].split("."))


def _with_host(repository: str) -> str:
    """A repository as it is written out: one without a host name is Docker Hub's."""
    return repository if "." in repository.partition("/")[0] else f"docker.io/{repository}"
