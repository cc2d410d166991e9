"""Probes of Airflow's processes, as values of its chart: what asks whether a process lives, and how long it may take.

The chart's own probes start Airflow's command line each time. That takes three seconds of CPU and 130 MiB (measured
with 3.3.2), once a minute per pod, and six times a minute while a scheduler starts. On a node without spare CPU the
answer takes longer than the chart's 20 seconds. The process is killed though it works, and its start takes the CPU that
the next answer would need.
"""

from __future__ import annotations

from typing import Any

Values = dict[str, Any]

_HEALTH_PORT = 8974
# Airflow's image has Python in any case, and no other program that asks by HTTP for certain.
_ASK_SCHEDULER = [
    "python",
    "-c",
    f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{_HEALTH_PORT}/health', timeout=15)",
]


def scheduler_health_environment() -> list[dict[str, str]]:
    """Variables that let a scheduler answer, from the same row of the database that the chart's probe reads.

    Nobody but the probe asks, so the scheduler listens inside its pod alone.
    """
    options = {
        "ENABLE_HEALTH_CHECK": "True",
        "SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(_HEALTH_PORT),
    }
    return [{"name": f"AIRFLOW__SCHEDULER__{option}", "value": value} for option, value in options.items()]


def scheduler_probes() -> Values:
    """The scheduler's probes; a scheduler may take five minutes to start (30 periods of the chart's 10 seconds)."""
    return {
        "livenessProbe": {"command": _ASK_SCHEDULER},
        "startupProbe": {"command": _ASK_SCHEDULER, "failureThreshold": 30},
    }


def patient_probe() -> Values:
    """Liveness probe of a process that only the command line can ask: as long for an answer as until the next one.

    60 seconds is the chart's period. The fifth answer in a row that does not come still ends the process.
    """
    return {"livenessProbe": {"timeoutSeconds": 60}}
