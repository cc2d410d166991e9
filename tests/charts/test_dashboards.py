"""The boards: each query asks for what exists, each panel says what it is, and each board fits."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from charts.addons.prometheus_values import stack_values
from charts.dashboards import HOME, boards
from charts.dashboards.board import CLOUDWATCH, PROMETHEUS
from charts.data_stores import DataStores
from settings import Registry, load_releases
from settings.addons import AddonSettings
from tests.charts.builders import ACCOUNT, settings_for
from tests.support import promql

ROOT = Path(__file__).parents[2]
STORES = DataStores(database_cluster="airflow-0123", queue_nodes=("queue-001", "queue-002"), file_system="fs-1")
BOARDS = {board.name: json.loads(board.json()) for board in boards(addons=AddonSettings(), stores=STORES)}
COLUMNS = 24
Panel = dict[str, Any]

each_board = pytest.mark.parametrize("name", BOARDS)


def panels(name: str) -> list[Panel]:
    """Panels that show something: rows are titles."""
    return [panel for panel in BOARDS[name]["panels"] if panel["type"] != "row"]


def variables(name: str) -> dict[str, str]:
    """The board's own variables, with a value."""
    return {each["name"]: "a-value" for each in BOARDS[name]["templating"].get("list", [])}


def targets(source: str) -> Iterator[Any]:
    for name in BOARDS:
        for panel in panels(name):
            for number, target in enumerate(panel["targets"]):
                if target["datasource"]["uid"] == source:
                    yield pytest.param(name, target, id=f"{name}: {panel['title']} {number}")


@pytest.mark.parametrize(("name", "target"), targets(PROMETHEUS))
def test_a_query_parses_and_asks_for_metrics_and_labels_that_exist(name: str, target: Panel) -> None:
    expression = promql.parse(target["expr"], variables(name))
    answer = promql.labels(expression)
    assert promql.metrics(expression)
    shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    assert answer is not None
    assert shown <= answer, "the legend names a label that the answer has not"
    # What has labels needs names by them, or all lines are called the same.
    assert shown == answer or target["legendFormat"] == "__auto", f"{answer} in the answer, {shown} in the legend"


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("sum(airflow_scheduler_hartbeat_total)", "no such metric: airflow_scheduler_hartbeat_total"),
        ('airflow_ti_queued{dag="x"}', "no such label: dag"),
        ("sum by (dag_id) (airflow_pool_open_slots)", "no such label: dag_id"),
        ("histogram_quantile(0.9, sum(rate(airflow_task_duration_seconds_bucket[5m])))", "no such label: le"),
        ("node_total_hourly_cost * on (node) group_left (zone) kube_node_labels", "no such label: zone"),
        ("sum by (pool) (airflow_pool_open_slots) / sum(airflow_pool_open_slots)", "no series of both sides"),
        ('keda_scaler_active{namespace="airflow"} * on (scaler) keda_scaler_gone', "no such metric: keda_scaler_gone"),
    ],
)
def test_a_name_that_nothing_has_is_found_out(expression: str, error: str) -> None:
    with pytest.raises(promql.UnknownNameError, match=re.escape(error)):
        promql.labels(promql.parse(expression, {}))


def test_a_query_that_does_not_parse_or_a_variable_without_a_value_is_found_out() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        promql.parse("sum(airflow_ti_queued", {})
    with pytest.raises(ValueError, match="a variable that is not there"):
        promql.parse('airflow_ti_queued{dag_id="$dag"}', {"dag_id": "x"})


@pytest.mark.parametrize(("name", "target"), targets(CLOUDWATCH))
def test_a_metric_of_cloudwatch_exists(name: str, target: Panel) -> None:
    del name
    known = promql.lists()["cloudwatch"][target["namespace"]]
    assert target["metricName"] in known["metrics"]
    assert list(target["dimensions"]) == known["dimensions"]
    assert all(target["dimensions"].values())
    assert target["statistic"] in {"Average", "Maximum", "Minimum", "Sum"}
    assert (target["region"], target["matchExact"]) == ("default", True)


def test_lists_are_of_the_versions_that_are_pinned() -> None:
    releases = load_releases()
    for exporter in promql.lists()["exporters"].values():
        kind, _, key = exporter["release"].partition(".")
        pinned = {
            "images": lambda key: releases.images[key].tag,
            "charts": lambda key: releases.charts[key].version,
            "kubernetes": lambda _: releases.kubernetes.default,
        }[kind](key)
        assert exporter["version"] in pinned.split("-"), (
            f"{key}: read {exporter['source']} at {pinned}, and say so there"
        )


def asked_for() -> set[str]:
    return {
        metric
        for parameter in targets(PROMETHEUS)
        for metric in promql.metrics(promql.parse(parameter.values[1]["expr"], variables(parameter.values[0])))
    }


def test_what_is_asked_for_is_not_dropped_when_it_is_read() -> None:
    settings = settings_for("aws")
    values = stack_values(
        registry=Registry(settings=settings, account=ACCOUNT),
        metrics=settings.metrics,
        cluster_name=settings.name,
        remote_write=None,
    )
    kept = values["kubelet"]["serviceMonitor"]["cAdvisorMetricRelabelings"][0]["regex"]
    containers = asked_for() & set(promql.lists()["exporters"]["cadvisor"]["metrics"])
    assert containers
    assert [name for name in containers if not re.fullmatch(kept, name)] == []
    state = values["kube-state-metrics"]
    (allowed,) = state["metricLabelsAllowlist"]
    for label in promql.lists()["exporters"]["kube-state-metrics"]["metrics"]["kube_node_labels"][1:]:
        assert any(
            re.sub(r"\W", "_", f"label_{each}") == label
            for each in allowed.removeprefix("nodes=[").removesuffix("]").split(",")
        ), label
    kinds = {re.match(r"kube_([a-z]+)_", name)[1] for name in asked_for() if name.startswith("kube_")}  # type: ignore[index]
    assert kinds <= {each.removesuffix("s") for each in state["collectors"]}


@each_board
def test_panels_fill_the_grid(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = set(
            itertools.product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"]))
        )
        assert not cells & taken, panel["title"]
        taken |= cells
    height = max(y for _, y in taken) + 1
    assert len(taken) == COLUMNS * height, "there is a gap"


@each_board
def test_panels_say_what_they_are(name: str) -> None:
    board = BOARDS[name]
    assert board["uid"] == name
    assert board["editable"] is False
    assert board["description"]
    identifiers = [panel["id"] for panel in board["panels"]]
    assert len(identifiers) == len(set(identifiers))
    titles = [panel["title"] for panel in board["panels"]]
    rows = [list(group) for _, group in itertools.groupby(board["panels"], key=lambda panel: panel["type"])]
    assert len(rows) > 2
    for row in rows:
        assert len(row) == len({panel["title"] for panel in row}), titles
    for panel in panels(name):
        assert panel["description"].endswith((".", ".md")), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert len({target["datasource"]["uid"] for target in panel["targets"]}) == 1
        for page in re.findall(r"docs/\S+\.md", panel["description"]):
            assert (ROOT / page).exists(), page


@each_board
def test_a_board_begins_with_numbers_that_say_whether_all_is_well(name: str) -> None:
    first, second, *_ = BOARDS[name]["panels"]
    assert first["type"] == "row"
    assert second["type"] == "stat"
    colours = [panel["fieldConfig"]["defaults"]["thresholds"]["steps"] for panel in panels(name)[:6]]
    assert any(steps[-1]["color"] in ("red", "green") and len(steps) > 1 for steps in colours)


def test_runbooks_are_links_where_they_are_published() -> None:
    plain, linked = (
        [board.json(runbook_url=url) for board in boards(addons=AddonSettings(), stores=STORES)]
        for url in (None, "https://git.example.com/docs/runbooks/")
    )
    assert "docs/runbooks/scheduler-heartbeat.md" in plain[0]
    assert "[scheduler-heartbeat](https://git.example.com/docs/runbooks/scheduler-heartbeat.md)" in linked[0]
    assert all(json.loads(board) for board in linked)


def test_the_board_of_the_page_asks_for_what_exists() -> None:
    page = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/dashboards.md", "exec"), names)
    asked = [target for panel in json.loads(names["board"]().json())["panels"] for target in panel.get("targets", [])]
    assert len(asked) == 2
    for target in asked:
        assert promql.labels(promql.parse(target["expr"], {})) is not None


def test_what_is_off_has_no_board_and_no_panel() -> None:
    off = AddonSettings(opencost=False, spark_operator=False)
    without = DataStores(database_cluster="c", queue_nodes=("n",), file_system=None)
    made = {board.name: board.json() for board in boards(addons=off, stores=without)}
    assert set(made) == set(BOARDS) - {"spark"}
    assert "hourly_cost" not in "".join(made.values())
    assert "hourly_cost" in json.dumps(BOARDS)
    assert "AWS/EFS" not in "".join(made.values())
    assert HOME in made
