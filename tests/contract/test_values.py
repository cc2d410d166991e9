"""Values of Helm releases: what the chart's schema says, and that each key is one that the chart knows.

Helm takes a mistyped key without a word, and most charts' schemas do too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from tests.support import reference
from tests.support.deployment import Deployment, Installed

# Where keys are the user's, whatever the chart has there by default.
FREE = {
    "config": "sections and options of airflow.cfg: see test_airflow_config.py",
    "containerSecurityContext": "fields of Kubernetes', whichever of them the chart has by default",
    "extraArgs": "arguments of the program",
    "grafana.ini": "sections and keys of Grafana's configuration: see tests/charts/test_render_grafana.py",
    "kube-state-metrics": "a chart within a chart: see tests/charts/test_render_prometheus.py",
    "nodeSelector": "labels of nodes",
    "prometheus-node-exporter": "the same",
    "resources": "requests and limits, whatever of both the chart has by default",
}


# Keys that a chart reads, and that its values.yaml has as a comment.
COMMENTED = {"opencost.ui.modelFqdn", "prometheusOperator.priorityClassName"}


def unknown(values: Any, defaults: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys that values.yaml does not have. A default that is empty or no mapping takes whatever it is given."""
    if not (isinstance(values, dict) and isinstance(defaults, dict) and defaults) or set(path) & set(FREE):
        return
    for key, value in values.items():
        if key in defaults:
            yield from unknown(value, defaults[key], (*path, key))
        else:
            yield ".".join((*path, key))


def chart_of(installed: Installed) -> str:
    """The name of a release's chart; of one that is pulled from a registry, the last part of its address."""
    chart: str = installed.resource.properties.get("Chart") or installed.resource.properties["Repository"]
    return chart.rpartition("/")[2]


def test_schemas(deployment: Deployment) -> None:
    checked = set()
    for release in deployment.releases.values():
        schema = reference.values_schema(chart_of(release))
        if schema is not None:
            jsonschema.validate(reference.concrete(release.manifest), schema)
            checked.add(chart_of(release))
    assert checked >= {"airflow", "external-secrets"}


def test_keys_are_known(deployment: Deployment) -> None:
    known = [each for each in deployment.releases.values() if chart_of(each) not in reference.WITHOUT_DATA]
    assert known
    for release in known:
        defaults = reference.default_values(chart_of(release))
        assert not set(unknown(release.manifest, defaults)) - COMMENTED, str(release)


def test_a_mistyped_key_would_be_found(aws: Deployment) -> None:
    values = aws.releases["keda"].manifest
    mistyped = {**values, "podDisruptionBudgets": {}, "image": {**values["image"], "pulPolicy": "Always"}}
    assert set(unknown(mistyped, reference.default_values("keda"))) == {"podDisruptionBudgets", "image.pulPolicy"}
