"""Queues: what is not set follows the default queue's workers, and a name is one that everybody takes."""

from __future__ import annotations

from typing import Any

import pytest

from settings import SettingsError, load_settings
from settings.workers import WorkerSet


def sets(**chosen: Any) -> tuple[WorkerSet, ...]:
    return load_settings({"settings": {"airflow": chosen}}).airflow.worker_sets


def test_without_queues_there_is_the_default_one() -> None:
    (only,) = sets()
    assert (only.queue, only.key, only.max, only.concurrency) == ("default", "airflow.workers", 20, 16)


def test_a_queue_follows_the_workers_but_for_what_it_sets() -> None:
    _, reports = sets(
        workers={"max": 6, "min": 3, "cpu": "3", "spot": False, "instance_categories": ["m"]},
        queues={"reports": {"concurrency": 2, "memory": "6Gi"}},
    )
    assert reports == WorkerSet(
        queue="reports",
        min=0,
        max=6,
        concurrency=2,
        cpu="3",
        memory="6Gi",
        spot=False,
        instance_categories=("m",),
    )


def test_a_queue_may_differ_in_everything() -> None:
    chosen = {"min": 1, "max": 4, "concurrency": 1, "cpu": "7", "memory": "50Gi", "spot": False}
    _, heavy = sets(queues={"heavy": {**chosen, "instance_categories": ["r"]}})
    assert heavy == WorkerSet(queue="heavy", instance_categories=("r",), **chosen)


def test_a_queue_changes_nothing_of_the_default_one() -> None:
    (alone,) = sets()
    assert sets(queues={"reports": {"max": 2, "cpu": "4"}})[0] == alone


def test_the_order_in_a_file_means_nothing() -> None:
    assert sets(queues={"b": {}, "a": {}}) == sets(queues={"a": {}, "b": {}})


def test_a_queue_can_be_typed_on_a_command_line() -> None:
    _, reports = load_settings(
        {"airflow.queues.reports.max": "2", "airflow.queues.reports.instance_categories": "c,m"}
    ).airflow.worker_sets
    assert (reports.max, reports.instance_categories) == (2, ("c", "m"))


QUEUE = "airflow.queues.<name>"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("airflow.queues.reports.mx", "4", f"did you mean {QUEUE}.max? allowed here: {QUEUE}.concurrency, {QUEUE}.cpu"),
        ("airflow.queues.reports", "4", f"not a single setting but a section, of {QUEUE}.concurrency"),
        ("airflow.queues", "reports", f"not a single setting but a section, of {QUEUE}"),
        ("airflow.queues.reports.max", "many", "must be a whole number from 1 to 200"),
        ("airflow.queues.reports.max", True, "must be a whole number from 1 to 200"),
        ("airflow.queues.reports.max", "0", "must be a whole number from 1 to 200"),
        ("airflow.queues.reports.cpu", "lots", "must be a number of CPUs, like 2"),
        ("airflow.queues.reports.instance_categories", "t", "must be c, m or r"),
        ("airflow.workers.instance_categories", "", "must be one or more of c, m and r"),
        ("airflow.workers.longest_task_hours", "200", "must be a whole number from 1 to 168"),
    ],
)
def test_a_mistake_is_named(key: str, value: object, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({key: value})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{key} = ")
    assert message in line


@pytest.mark.parametrize("name", ["Reports", "reports_", "-reports", "reports-", "1st", "r" * 31, "ré"])
def test_a_name_that_kubernetes_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="must be a queue's name, 1 to 30 lower-case letters") as caught:
        load_settings({f"airflow.queues.{name}.max": "4"})
    assert str(caught.value).startswith(f"airflow.queues.{name} = ")


@pytest.mark.parametrize("name", ["default", "main"])
def test_the_default_queue_is_not_set_twice(name: str) -> None:
    with pytest.raises(SettingsError, match=r"this name is taken: airflow\.workers sets the workers"):
        load_settings({f"airflow.queues.{name}.max": "4"})
