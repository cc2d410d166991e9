"""Keys that are gone or old, asked of the charts as their publishers made them."""

from __future__ import annotations

import pytest

from ops.upgrade.archives import read_chart
from ops.upgrade.chart_keys import deprecated_keys, unknown_keys
from tests.charts import rendering
from tests.charts.builders import build_charts, settings_for


@pytest.mark.parametrize("key", ["airflow", "aws-load-balancer-controller", "external-secrets", "karpenter", "keda"])
def test_the_real_charts_know_every_key_and_miss_one_that_they_never_had(key: str) -> None:
    real = read_chart(rendering.chart_archive(key))
    charts = build_charts(settings_for("aws"))
    (found,) = [
        item
        for objects in charts.values()
        for item in objects
        if item["kind"] == "HelmRelease" and item["metadata"]["name"] == key
    ]
    values = found["spec"]["values"]
    assert list(unknown_keys(values, real)) == []
    assert list(unknown_keys({**values, "noSuchKeyEver": 1}, real)) == ["noSuchKeyEver"]
    assert list(deprecated_keys(values, real)) == []


def test_the_real_chart_names_what_is_old_in_it() -> None:
    real = read_chart(rendering.chart_archive("airflow"))
    assert [key for key, _ in deprecated_keys({"workers": {"replicas": 2}}, real)] == ["workers.replicas"]
