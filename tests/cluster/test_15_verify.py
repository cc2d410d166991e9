"""``ops verify`` against the deployed platform: every check is made, and every one is green."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.airflow import ClusterAirflow
from tests.cluster.platform import Platform


@pytest.fixture(scope="module")
def results(platform: Platform, airflow: ClusterAirflow) -> list[dict[str, Any]]:
    """What it says, check by check. It runs the sample DAG, through the port-forward of these tests."""
    context = [word for key, value in platform.context.items() for word in ("--context", f"{key}={value}")]
    kubeconfig = str(platform.kube.kubeconfig)
    done = platform.ops("verify", "--kubeconfig", kubeconfig, "--url", airflow.url, "--output", "json", *context)
    # Its progress is in the same text, line by line.
    text = done.stdout
    start = text.index("\n{") if "\n{" in text else text.index("{")
    found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(text[start:].lstrip())[0]["results"]
    return found


def test_everything_is_checked(results: list[dict[str, Any]]) -> None:
    unchecked = {each["check"]: each["found"] for each in results if each["status"] == "not checked"}
    assert unchecked == {}
    assert {each["group"] for each in results} >= {"Stacks", "AWS", "Kubernetes", "Airflow"}


def test_everything_is_green(results: list[dict[str, Any]]) -> None:
    bad = {each["check"]: each["found"] for each in results if each["status"] in ("failure", "warning")}
    assert bad == {}
