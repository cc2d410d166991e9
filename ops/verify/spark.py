"""Spark: the operator, the teams' quotas, and what has become of the applications."""

from __future__ import annotations

from collections import Counter

from ops import names
from ops.checks import Findings, verdict
from ops.kubernetes_api import APPS, CORE, SPARK, Object, named
from ops.verify.subject import Deployment

_CHECK = "Spark"
_STACK = "SparkNestedStack"
_QUANTITIES = {"requests.cpu": "CPUs", "requests.memory": "memory", "pods": "pods"}


def spark(subject: Deployment) -> Findings:
    """The operator is there, each team has its quota, and of the applications it says how they ended.

    One that has failed is its author's business, and no fault of the platform's. That the operator's pods are ready is
    among the controllers.
    """
    if not any(each.logical_id.startswith(_STACK) for each in subject.stack.nested):
        return  # it is switched off
    there = {named(each) for each in subject.api.list(APPS, "deployments", names.SPARK_OPERATOR_NAMESPACE)}
    faults = [f"{name} does not exist" for name in names.SPARK_OPERATOR if name not in there]
    quotas = [
        each
        for each in subject.api.list(CORE, "resourcequotas")
        if named(each) == names.TEAM_QUOTA and each["metadata"]["namespace"].startswith(names.TEAM_NAMESPACE)
    ]
    if not quotas:
        faults.append("there is no team")
    states: Counter[str] = Counter(
        each.get("status", {}).get("applicationState", {}).get("state") or "NEW"
        for each in subject.api.list(SPARK, "sparkapplications")
    )
    told = [_team(quota) for quota in quotas]
    if states:
        told.append("applications: " + ", ".join(f"{count} {state.lower()}" for state, count in sorted(states.items())))
    advice = f"Run: kubectl --namespace {names.SPARK_OPERATOR_NAMESPACE} get deployments,events"
    yield verdict(_CHECK, "; ".join(told), faults=faults, advice=advice)


def _team(quota: Object) -> str:
    """How much of its quota a team uses."""
    status = quota.get("status", {})
    hard, used = status.get("hard") or {}, status.get("used") or {}
    parts = [f"{used.get(key, '0')} of {hard.get(key, '?')} {what}" for key, what in _QUANTITIES.items()]
    return f"{quota['metadata']['namespace']}: {', '.join(parts)}"
