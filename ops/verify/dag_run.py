"""Airflow itself: it is healthy, lets the administrator in, runs the sample DAG, and shows its log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

from ops.administrator import sign_in_as_administrator
from ops.airflow_api import AirflowError, UnreachableError
from ops.checks import Findings, failure, not_checked, ok, verdict
from ops.names import AIRFLOW_NAMESPACE
from ops.verify.subject import Deployment

_OVER = ("success", "failed")


def health(subject: Deployment) -> Findings:
    """Airflow's own view of its parts."""
    parts = subject.airflow.health()
    faults = [
        f"{part} is {state.get('status') or 'not there'}"
        for part, state in parts.items()
        if state and state.get("status") != "healthy"
    ]
    told = f"{subject.airflow.url}, version {subject.airflow.version()}, healthy: {', '.join(parts)}"
    advice = f"Run: kubectl --namespace {AIRFLOW_NAMESPACE} get pods"
    yield verdict("Airflow", told, faults=faults, advice=advice)


def sign_in(subject: Deployment) -> Findings:
    """The administrator's password in Secrets Manager is Airflow's, and every DAG file can be read."""
    username = _sign_in(subject)
    yield ok("sign-in", f"as {username}, with the password in Secrets Manager")
    broken = subject.airflow.import_errors()
    faults = [f"{error['filename']}: {_last_line(error['stack_trace'])}" for error in broken]
    yield verdict("DAG files", "no import error", faults=faults, advice="Correct the file and push it.")


def sample_dag(subject: Deployment) -> Findings:
    """The sample DAG runs green, and the log of its first task is read from where logs are kept."""
    test = subject.dag_test
    check = f"DAG {test.dag_id}"
    if test.skip:
        yield not_checked(check, "left out (--skip-dag)")
        return
    _sign_in(subject)
    deadline = time.monotonic() + test.timeout_seconds
    airflow, started = subject.airflow, time.monotonic()
    with _running(subject, deadline):
        run_id = airflow.trigger(test.dag_id, note="ops verify")
        state = _wait(subject, run_id, deadline)
    tasks = airflow.task_instances(test.dag_id, run_id)
    if state != "success":
        states = ", ".join(f"{task['task_id']} {task['state'] or 'waiting'}" for task in tasks)
        how = state if state in _OVER else f"still {state} after {test.timeout_seconds} s"
        advice = f"{airflow.url}/dags/{test.dag_id}/runs/{run_id} shows its logs; a first worker may need minutes."
        yield failure(check, f"run {run_id} is {how} ({states})", advice)
        return
    yield ok(check, f"run {run_id} succeeded in {time.monotonic() - started:.0f} s, {len(tasks)} tasks")
    yield from _log(subject, run_id, tasks[0])


def _sign_in(subject: Deployment) -> str:
    return sign_in_as_administrator(subject.aws, subject.stack, subject.airflow)


@contextmanager
def _running(subject: Deployment, deadline: float) -> Iterator[None]:
    """The DAG, known to Airflow and not paused, which a new DAG is; afterwards as it was."""
    airflow, test = subject.airflow, subject.dag_test
    dag = _known(subject, deadline)
    if dag["is_paused"]:
        airflow.pause(test.dag_id, paused=False)
    try:
        yield
    finally:
        if dag["is_paused"]:
            airflow.pause(test.dag_id, paused=True)


def _known(subject: Deployment, deadline: float) -> dict[str, Any]:
    """The DAG. After a first deployment git-sync and the DAG processor need a moment to bring it."""
    test = subject.dag_test
    while True:
        try:
            return subject.airflow.dag(test.dag_id)
        except AirflowError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            if time.monotonic() >= deadline:
                raise AirflowError(
                    f"Airflow knows no DAG {test.dag_id}: is it in the repository, and does git-sync get it? "
                    f"kubectl -n {AIRFLOW_NAMESPACE} logs deployment/airflow-dag-processor --container git-sync"
                ) from None
        time.sleep(test.poll_seconds)


def _wait(subject: Deployment, run_id: str, deadline: float) -> str:
    test, state = subject.dag_test, "queued"
    while time.monotonic() < deadline:
        # A port-forward that breaks, or an API server that is replaced, is no verdict on the run.
        with suppress(UnreachableError):
            state = subject.airflow.run_state(test.dag_id, run_id)
        if state in _OVER:
            break
        time.sleep(test.poll_seconds)
    return state


def _log(subject: Deployment, run_id: str, task: dict[str, Any]) -> Findings:
    test, check = subject.dag_test, f"log of {task['task_id']}"
    bucket = f"s3://{subject.stack.output('LogBucketName')}/"
    deadline = time.monotonic() + test.log_seconds
    while True:
        content = subject.airflow.log(test.dag_id, run_id, task["task_id"], task["try_number"])
        sources = list(_sources(content))
        there = next((source for source in sources if source.startswith(bucket)), None)
        if there or time.monotonic() >= deadline:
            break
        time.sleep(test.poll_seconds)
    if there:
        yield ok(check, f"{len(content)} messages, read from {there}")
    else:
        told = f"not read from {bucket} but from {', '.join(sources) or 'nowhere'}"
        yield failure(check, told, "May the worker write to the bucket, and the API server read it? See its log.")


def _sources(content: list[Any]) -> Iterator[str]:
    """Where a log was read: Airflow says so in a group of messages before it."""
    inside = False
    for message in content:
        event = str(message.get("event", "")) if isinstance(message, dict) else str(message)
        if event == "::endgroup::":
            return
        if inside:
            yield event
        inside = inside or event.startswith("::group::Log message source")


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
