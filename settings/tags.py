"""Tags that bills are read by: which deployment, which part of it, and which team pays."""

from __future__ import annotations

from typing import Literal

PREFIX = "airflow-eks/"
"""What the platform's own tag keys begin with."""
DEPLOYMENT_TAG = f"{PREFIX}deployment"
COMPONENT_TAG = f"{PREFIX}component"
TEAM_TAG = f"{PREFIX}team"

Component = Literal[
    "platform",
    "network",
    "cluster",
    "addons",
    "database",
    "queue",
    "storage",
    "logs",
    "secrets",
    "dags",
    "airflow",
    "spark",
    "monitoring",
]
"""What a resource is a part of. ``platform`` is what all share: the stack itself, and the key."""
