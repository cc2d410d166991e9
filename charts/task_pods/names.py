"""Names of task pods in the cluster."""

from __future__ import annotations

NAMESPACE = "task-pods"
SERVICE_ACCOUNT = "task"
"""Of each pod whose task names no other."""
