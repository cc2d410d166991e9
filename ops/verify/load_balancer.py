"""The way in, as AWS describes it."""

from __future__ import annotations

from ops.checks import Findings, failure, not_checked, verdict
from ops.names import AIRFLOW_NAMESPACE
from ops.verify.subject import NO_LOAD_BALANCER, Deployment


def load_balancer(subject: Deployment) -> Findings:
    """Airflow's load balancer is active, with healthy API servers behind it."""
    entry = subject.entry
    if entry is None:
        if subject.aws.in_memory:
            yield not_checked("load balancer", NO_LOAD_BALANCER)
            return
        advice = (
            "Ask the controller: kubectl --namespace kube-system logs deployment/aws-load-balancer-controller; "
            f"kubectl --namespace {AIRFLOW_NAMESPACE} describe ingress"
        )
        yield failure("load balancer", "there is none", advice)
        return
    faults = [] if entry.state == "active" else [f"it is {entry.state}"]
    sick = [state for state in entry.targets if state not in ("healthy", "draining")]
    healthy = entry.targets.count("healthy")
    if not healthy:
        faults.append(f"no API server behind it is healthy ({', '.join(sick) or 'there is none'})")
    scheme = "internal" if entry.internal else "internet-facing"
    told = f"{entry.url}, {scheme}, {healthy} of {healthy + len(sick)} targets healthy"
    advice = f"Look at the API server: kubectl --namespace {AIRFLOW_NAMESPACE} get pods --selector component=api-server"
    yield verdict("load balancer", told, faults=faults, advice=advice)
