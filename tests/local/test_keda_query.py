"""KEDA's query gives the right number of workers, on the real Airflow database."""

from __future__ import annotations

import pytest

from tests.charts.builders import build_charts, release_values, settings_for
from tests.local.conftest import Running, sql
from tests.support import reference

# With pytest-xdist, one process has them all: each would start a platform of its own.
pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

# `workers.celery.keda.query` of Airflow's chart, with the queue and the concurrency filled in.
QUERY = """
SELECT ceil(COUNT(*)::decimal / {concurrency})
FROM task_instance
WHERE (state='running' OR state='queued')
AND queue IN ('{queue}')
"""

NOT_FOR_WORKERS = ("success", "failed", "scheduled", "deferred", "up_for_retry")

# Rows like a real one, in a transaction that is rolled back: the scheduler never sees them.
INSERT = """
INSERT INTO task_instance SELECT (jsonb_populate_record(model, jsonb_build_object(
  'id', gen_random_uuid(), 'map_index', 1000 + {first} + number, 'state', '{state}', 'queue', '{queue}'))).*
FROM task_instance AS model, generate_series(1, {count}) AS number
WHERE model.id = (SELECT min(id::text)::uuid FROM task_instance WHERE map_index < 1000)
"""


@pytest.fixture(scope="module")
def database(full: Running) -> str:
    """A connection to a database that has a task."""
    full.api.pause("hello_world_scheduled_dag", paused=True)
    run_id = full.api.trigger("hello_world_scheduled_dag", note="rows for KEDA's query")
    assert full.api.task_instances("hello_world_scheduled_dag", run_id)
    return full.database


def concurrency(running: Running) -> int:
    return int(running.rendered.values["config"]["celery"]["worker_concurrency"])


def workers(running: Running, database: str, rows: list[tuple[int, str, str]]) -> int:
    """How many KEDA would ask for with these tasks: number, state, queue."""
    return ask(database, QUERY.format(concurrency=concurrency(running), queue="default"), rows)


def ask(database: str, query: str, rows: list[tuple[int, str, str]]) -> int:
    """What a query of KEDA's answers with these tasks: number, state, queue."""
    statements, first = ["BEGIN", "DELETE FROM task_instance WHERE map_index >= 1000"], 0
    statements.append("UPDATE task_instance SET state = NULL WHERE state IN ('queued', 'running')")
    for count, state, queue in rows:
        statements.append(INSERT.format(first=first, count=count, state=state, queue=queue))
        first += count
    answer = sql(database, ";\n".join([*statements, query, "ROLLBACK"]))
    assert len(answer) == 1
    return int(answer[0])


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([("1", "queued", "default")], 1, id="one waits"),
        pytest.param([("n", "running", "default")], 1, id="one worker is full"),
        pytest.param([("n", "running", "default"), ("1", "queued", "default")], 2, id="one more waits"),
        pytest.param([("n", "queued", "default")] * 2 + [("n", "running", "default")], 3, id="three workers"),
        pytest.param([("n", "queued", "spark"), ("n", "running", "spark")], 0, id="another queue"),
        pytest.param([("n", "queued", "spark"), ("1", "running", "default")], 1, id="both queues"),
        pytest.param([("1", state, "default") for state in NOT_FOR_WORKERS], 0, id="not for workers"),
    ],
)
def test_workers_follow_the_queue(
    full: Running, database: str, tasks: list[tuple[str, str, str]], expected: int
) -> None:
    rows = [(concurrency(full) if count == "n" else int(count), state, queue) for count, state, queue in tasks]
    assert workers(full, database, rows) == expected


@pytest.fixture(scope="module")
def queries() -> dict[str, str]:
    """The query of each queue; test_render_workers.py has the chart render the same ones."""
    queues = {"reports": {"concurrency": 4}, "heavy": {"concurrency": 1}}
    values = release_values(build_charts(settings_for("aws", airflow={"queues": queues}))["airflow"], "airflow")
    of_default = QUERY.format(concurrency=values["config"]["celery"]["worker_concurrency"], queue="default")
    return {each["queue"]: each["keda"].get("query", of_default) for each in values["workers"]["celery"]["sets"]}


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param([], (0, 0, 0), id="nothing"),
        pytest.param(
            [(1, "queued", "default"), (1, "queued", "heavy"), (1, "queued", "reports")], (1, 1, 1), id="each"
        ),
        pytest.param([(40, "queued", "default")], (3, 0, 0), id="the default one alone"),
        pytest.param([(9, "running", "reports"), (3, "queued", "reports")], (0, 0, 3), id="four at a time"),
        pytest.param([(13, "running", "reports"), (5, "queued", "heavy")], (0, 5, 4), id="one at a time"),
        pytest.param(
            [(1, state, queue) for state in NOT_FOR_WORKERS for queue in ("default", "heavy", "reports")],
            (0, 0, 0),
            id="not for workers",
        ),
        pytest.param([(7, "queued", "nobody's")], (0, 0, 0), id="a queue without workers"),
    ],
)
def test_every_queue_follows_its_own_tasks(
    database: str, queries: dict[str, str], tasks: list[tuple[int, str, str]], expected: tuple[int, int, int]
) -> None:
    quoted = [(count, state, queue.replace("'", "''")) for count, state, queue in tasks]
    found = {queue: ask(database, query, quoted) for queue, query in queries.items()}
    assert found == dict(zip(("default", "heavy", "reports"), expected, strict=True))


def test_our_values_leave_the_default_queue_s_query_to_the_chart(full: Running) -> None:
    celery = full.rendered.values["workers"]["celery"]
    (of_default,) = celery["sets"]
    assert "query" not in {**celery["keda"], **of_default["keda"]}


def test_the_query_is_the_chart_s() -> None:
    written = reference.default_values("airflow")["workers"]["keda"]["query"]
    known = {
        "{{ .Values.config.celery.worker_concurrency }}": "16",
        '{{- range $i, $q := splitList "," .Values.workers.queue -}}': "",
        "{{- if $i }},{{ end }}'{{ $q | trim }}'": "'default'",
        "{{- end -}}": "",
    }
    for template, value in known.items():
        written = written.replace(template, value, 1)
    words = written.partition("{{")[0].split()
    assert "".join(words) == "".join(QUERY.format(concurrency=16, queue="default").split())
