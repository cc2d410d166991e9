"""What is put into the cluster is what the API server and the controllers there take."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.support import reference
from tests.support.deployment import Deployment, Installed

CUSTOM = ("external-secrets.io/", "karpenter.sh/", "karpenter.k8s.aws/")
# The kinds come with a chart that is not among the data: tests/charts/test_render_prometheus.py looks into it.
WITHOUT_DATA = ("monitoring.coreos.com/",)


def is_custom(installed: Installed) -> bool:
    return installed.manifest["apiVersion"].startswith(CUSTOM)


def faults(manifest: dict[str, Any]) -> list[str]:
    """What the schema of a custom kind finds."""
    schema = reference.custom_resource_schemas()[manifest["apiVersion"], manifest["kind"]]
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(manifest)]


@cache
def validate(manifest: str, version: str) -> None:
    """Most objects are the same in all configurations, and are looked at once. Raises what kubernetes_validate does."""
    kubernetes_validate.validate(json.loads(manifest), version, strict=True)


def test_core_kinds(deployment: Deployment) -> None:
    core = [
        each
        for each in deployment.objects
        if not is_custom(each) and not each.manifest["apiVersion"].startswith(WITHOUT_DATA)
    ]
    assert {"Namespace", "StorageClass", "ConfigMap"} <= {each.kind for each in core}
    for each in core:
        validate(json.dumps(reference.concrete(each.manifest)), deployment.settings.cluster.kubernetes_version)


def test_custom_kinds(deployment: Deployment) -> None:
    custom = [each for each in deployment.objects if is_custom(each)]
    assert {each.kind for each in custom} == {"SecretStore", "ExternalSecret", "EC2NodeClass", "NodePool"}
    for each in custom:
        assert not faults(reference.concrete(each.manifest)), str(each)


@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("NodePool", "airflow-workers", ("template", "spec", "expireAfter"), "two weeks"),
        ("NodePool", "airflow-workers", ("template", "spec", "taint"), []),
        ("EC2NodeClass", "default", ("metadataOptions", "hopLimit"), 1),
        ("ExternalSecret", "airflow-admin", ("refreshPeriod",), "1m"),
    ],
)
def test_a_fault_would_be_found(aws: Deployment, kind: str, name: str, path: tuple[str, ...], value: object) -> None:
    manifest = reference.concrete(aws.object(kind, name))
    assert not faults(manifest)
    target = manifest["spec"]
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert faults(manifest)


def test_names_are_short_enough(deployment: Deployment) -> None:
    for each in deployment.installed:
        assert len(each.name) <= 63, str(each)


def test_nothing_is_installed_twice(deployment: Deployment) -> None:
    names = [str(each) for each in deployment.installed]
    assert len(names) == len(set(names))
