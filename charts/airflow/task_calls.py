"""How a task bears API servers that do not answer for a while: they are started again, or their database is away.

A task says through an API server that it begins, that it runs, and how it ended. Airflow repeats each call four times,
within some ten seconds. After that the end of a task is known to nobody: Airflow takes it for one that runs, misses its
heartbeats after five minutes, and runs it once more.
"""

from __future__ import annotations

# Longer than a failover of the database, which takes a minute, and the start of an API server after it.
_CALLS = 30
_SECONDS_BETWEEN = (3, 5)

# A task that nobody can be told about ends before Airflow takes it for lost and starts it a second time beside it: one
# round of calls, each of which may wait for its answer for five seconds, is shorter than those five minutes.
_ROUNDS = 1

Config = dict[str, dict[str, str]]


def task_calls_config() -> Config:
    """Sections of airflow.cfg."""
    shortest, longest = _SECONDS_BETWEEN
    return {
        "workers": {
            "execution_api_retries": str(_CALLS),
            "execution_api_retry_wait_min": str(shortest),
            "execution_api_retry_wait_max": str(longest),
            "max_failed_heartbeats": str(_ROUNDS),
        }
    }
