"""How long a task may wait in the queue, and what Airflow does while the queue or the scheduler is away."""

from __future__ import annotations

import json

from tests.charts.builders import Object, build_charts, release_values, settings_for


def values_with() -> Object:
    return release_values(build_charts(settings_for("aws"))["airflow"], "airflow")


def test_a_task_that_no_message_was_written_for_is_queued_again_soon_and_fails_late() -> None:
    """A scheduler may be lost between the two; workers may take long to come."""
    scheduler = values_with()["config"]["scheduler"]
    timeout, every = int(scheduler["task_queued_timeout"]), int(scheduler["task_queued_timeout_check_interval"])
    assert timeout <= 600
    assert timeout * (1 + int(scheduler["num_stuck_in_queued_retries"])) >= 3 * 60 * 60
    assert int(scheduler["orphaned_tasks_check_interval"]) <= 60
    assert every <= 15
    # A token has the same life as a message. Nobody replaces messages while the only scheduler is being replaced.
    assert int(values_with()["config"]["api_auth"]["jwt_leeway"]) >= every + 180


def test_a_queue_that_is_away_uses_up_no_try() -> None:
    """Airflow repeats what its own timeout cut off, and nothing else: Celery must not give up before that."""
    config = values_with()["config"]
    policy = json.loads(config["celery"]["extra_celery_config"])["task_publish_retry_policy"]
    assert policy["max_retries"] is None
    assert policy["interval_max"] < 1
    # A try takes a second at least: the queue's own timeout comes first.
    assert int(config["celery"]["task_publish_max_retries"]) >= int(config["scheduler"]["task_queued_timeout"])
    options = config["celery_broker_transport_options"]
    # Longer than a failover; within the five minutes after which a scheduler that says nothing is ended.
    assert 90 < float(options["connect_retries_timeout"]) <= 240
    assert 0 < float(options["socket_timeout"]) < float(options["connect_retries_timeout"])
    assert 0 < float(options["socket_connect_timeout"]) < 60
