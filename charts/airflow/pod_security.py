"""What Kubernetes' `restricted` standard asks of pods and containers, in the words of Airflow's chart."""

from __future__ import annotations

from typing import Any

AIRFLOW_UID = 50000
NOBODY_UID = 65534

RESTRICTED_CONTAINER = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def restricted_pod(uid: int) -> dict[str, Any]:
    """Pod and container security of Airflow's own images, whose users belong to group 0."""
    return {
        "pod": {
            "runAsNonRoot": True,
            "runAsUser": uid,
            "runAsGroup": 0,
            "fsGroup": 0,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": RESTRICTED_CONTAINER,
    }


def as_nobody() -> dict[str, Any]:
    """Pod and container security of the images beside it."""
    restricted = restricted_pod(NOBODY_UID)
    pod = {key: value for key, value in restricted["pod"].items() if key not in ("runAsGroup", "fsGroup")}
    return {"pod": pod, "container": restricted["containers"]}
