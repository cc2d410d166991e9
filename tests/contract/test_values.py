"""Values of Helm releases: what the chart's schema says, and that each key is one that the chart knows.

Helm takes a mistyped key without a word, and most charts' schemas do too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.support import reference
from tests.support.deployment import Deployment

pytestmark = reference.needs_reference

CHARTS = ("airflow", "aws-load-balancer-controller", "external-secrets", "karpenter", "karpenter-crd", "keda")
# Where keys are the user's, whatever the chart has there by default.
FREE = {"config": "sections and options of airflow.cfg: see test_airflow_config.py", "nodeSelector": "labels of nodes"}


def unknown(values: Any, defaults: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys that values.yaml does not have. A default that is empty or no mapping takes whatever it is given."""
    if not (isinstance(values, dict) and isinstance(defaults, dict) and defaults) or set(path) & set(FREE):
        return
    for key, value in values.items():
        if key in defaults:
            yield from unknown(value, defaults[key], (*path, key))
        else:
            yield ".".join((*path, key))


def test_every_release_is_checked(deployment: Deployment) -> None:
    assert set(deployment.releases) == set(CHARTS)


@pytest.mark.parametrize("chart", ["airflow", "external-secrets"])
def test_schema(deployment: Deployment, chart: str) -> None:
    schema = reference.values_schema(chart)
    assert schema is not None
    jsonschema.validate(reference.concrete(deployment.releases[chart].manifest), schema)


@pytest.mark.parametrize("chart", CHARTS)
def test_keys_are_known(deployment: Deployment, chart: str) -> None:
    assert not set(unknown(deployment.releases[chart].manifest, reference.default_values(chart)))


def test_a_mistyped_key_would_be_found(aws: Deployment) -> None:
    values = aws.releases["keda"].manifest
    mistyped = {**values, "podDisruptionBudgets": {}, "image": {**values["image"], "pulPolicy": "Always"}}
    assert set(unknown(mistyped, reference.default_values("keda"))) == {"podDisruptionBudgets", "image.pulPolicy"}
