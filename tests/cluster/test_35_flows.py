"""Network policies on a real cluster: what is allowed works, what is forbidden is refused. flows.yaml has the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from settings import Settings
from tests.cluster.flow_runs import ANSWERED, Flows
from tests.cluster.flow_table import Row, rows
from tests.cluster.platform import Platform

EVERY_DEPLOYMENT = [row for row in rows() if row.with_setting is None or not row.allowed]


@pytest.fixture(scope="module")
def flows(platform: Platform) -> Iterator[Flows]:
    """Probes that stand in for the real pods."""
    if not platform.settings.cluster.network_policies:
        pytest.skip("this deployment has no network policies")
    with Flows(platform, EVERY_DEPLOYMENT).running() as flows:
        yield flows


@pytest.fixture(scope="module")
def results(flows: Flows) -> dict[Row, str]:
    """What came of each flow: all are tried at once."""
    return flows.results()


def test_somebody_would_answer_what_is_forbidden(flows: Flows) -> None:
    assert flows.unanswered() == []


@pytest.mark.parametrize("row", [row for row in EVERY_DEPLOYMENT if row.allowed], ids=str)
def test_what_is_needed_works(results: dict[Row, str], row: Row) -> None:
    assert results[row] == ANSWERED, f"{row} ({row.why}), and cannot: {results[row]}"


@pytest.mark.parametrize("row", [row for row in EVERY_DEPLOYMENT if not row.allowed], ids=str)
def test_what_is_forbidden_is_refused(platform: Platform, results: dict[Row, str], row: Row) -> None:
    if row.with_setting and _has(platform.settings, row.with_setting):
        pytest.skip(f"this deployment has the setting that allows it ({row.with_setting})")
    assert results[row] != ANSWERED, f"{row} ({row.why}), and did"


def _has(settings: Settings, name: str) -> bool:
    chosen = {
        "git": settings.dags.git,
        "bundle": settings.database.ca_bundle_url,
        "destination": settings.airflow.task_pods.destinations,
    }
    return bool(chosen[name])
