"""In the cluster: nodes, volumes, secrets, controllers, and Airflow's processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ops import names
from ops.checks import Finding, Findings, NotCheckedError, failure, ok, verdict
from ops.kubernetes_api import (
    APPS,
    CORE,
    EXTERNAL_SECRETS,
    KARPENTER,
    KARPENTER_AWS,
    KEDA,
    NETWORKING,
    Object,
    condition,
    named,
)
from ops.verify.subject import Deployment

_ZONE = "topology.kubernetes.io/zone"
_IN_AIRFLOW = f"--namespace {names.AIRFLOW_NAMESPACE}"


def api_server(subject: Deployment) -> Findings:
    """The API server answers, and says what it is."""
    if isinstance(subject.kubernetes, NotCheckedError):
        raise subject.kubernetes
    yield ok("API server", f"answers, Kubernetes {subject.api.get('/version')['gitVersion']}")


def nodes(subject: Deployment) -> Findings:
    """Every node is ready, and arm64."""
    found = subject.api.list(CORE, "nodes")
    faults = [] if found else ["there is none"]
    for node in found:
        ready, why = condition(node, "Ready")
        if not ready:
            faults.append(f"{named(node)} is not ready: {why}")
        architecture = node["status"]["nodeInfo"]["architecture"]
        if architecture != "arm64":
            faults.append(f"{named(node)} is {architecture}")
    zones = Counter(node["metadata"].get("labels", {}).get(_ZONE, "?") for node in found)
    told = f"{len(found)} ready, arm64: " + ", ".join(f"{count} in {zone}" for zone, count in sorted(zones.items()))
    yield verdict("nodes", told, faults=faults, advice="Run: kubectl describe node NAME")


def claim(subject: Deployment) -> Findings:
    """The claim of the DAG volume is bound, where there is a file system for it."""
    if not subject.stack.of_type("AWS::EFS::FileSystem"):
        return
    check = f"claim {names.DAG_CLAIM}"
    found = subject.api.find(CORE, "persistentvolumeclaims", names.DAG_CLAIM, names.AIRFLOW_NAMESPACE)
    advice = f"Run: kubectl {_IN_AIRFLOW} describe pvc {names.DAG_CLAIM}"
    if found is None:
        yield failure(check, "does not exist", "Deploy again.")
        return
    phase = found["status"]["phase"]
    size = found["status"].get("capacity", {}).get("storage", "?")
    modes, class_ = ", ".join(found["spec"]["accessModes"]), found["spec"].get("storageClassName")
    faults = [] if phase == "Bound" else [f"is {phase}"]
    yield verdict(check, f"bound, {size}, {modes}, {class_}", faults=faults, advice=advice)


def external_secrets(subject: Deployment) -> Findings:
    """Each Kubernetes Secret of Airflow's is written from Secrets Manager."""
    found = subject.api.list(EXTERNAL_SECRETS, "externalsecrets", names.AIRFLOW_NAMESPACE)
    faults = [] if found else ["there is none"]
    for secret in found:
        ready, why = condition(secret, "Ready")
        if not ready:
            faults.append(f"{named(secret)}: {why}")
    advice = f"Run: kubectl {_IN_AIRFLOW} describe externalsecret NAME"
    yield verdict("secrets", f"{len(found)} in step with Secrets Manager", faults=faults, advice=advice)


def node_pools(subject: Deployment) -> Findings:
    """Karpenter's node class and pools are ready."""
    found = {
        **{f"EC2NodeClass {named(each)}": each for each in subject.api.list(KARPENTER_AWS, "ec2nodeclasses")},
        **{f"NodePool {named(each)}": each for each in subject.api.list(KARPENTER, "nodepools")},
    }
    faults = [f"NodePool {pool} does not exist" for pool in names.NODE_POOLS if f"NodePool {pool}" not in found]
    for name, each in found.items():
        ready, why = condition(each, "Ready")
        if not ready:
            faults.append(f"{name}: {why}")
    advice = "Run: kubectl describe nodepool,ec2nodeclass"
    yield verdict("node pools", f"ready: {', '.join(found)}", faults=faults, advice=advice)


def controllers(subject: Deployment) -> Findings:
    """What Airflow cannot do without is ready; what else the platform has installed, too."""
    installed = {physical_id.rpartition("|")[2] for physical_id in subject.stack.of_type("AWS::EKS::Addon")}
    needed = [*names.CONTROLLERS, *(each for addon, each in names.ADDON_CONTROLLERS.items() if addon in installed)]
    found = {(each["metadata"]["namespace"], named(each)): each for each in subject.api.list(APPS, "deployments")}
    faults = [f"{namespace}/{name} does not exist" for namespace, name in needed if (namespace, name) not in found]
    others = {key: each for key, each in found.items() if key[0] in names.PLATFORM_NAMESPACES}
    for (namespace, name), each in others.items():
        ready, wanted = _replicas(each)
        if ready < wanted:
            faults.append(f"{namespace}/{name} has {ready} of {wanted} replicas ready")
    told = "ready: " + ", ".join(sorted(name for _, name in others))
    yield verdict(
        "controllers", told, faults=faults, advice="Run: kubectl --namespace NAMESPACE describe deployment NAME"
    )


def deployments(subject: Deployment) -> Findings:
    """Airflow's processes, one line each."""
    found = {
        named(each).removeprefix(f"{names.RELEASE}-"): each
        for kind in ("statefulsets", "deployments")
        for each in subject.api.list(APPS, kind, names.AIRFLOW_NAMESPACE)
        if named(each).startswith(f"{names.RELEASE}-")
    }
    queues = sorted(name for name in found if name.startswith(names.WORKERS) and name not in names.AIRFLOW_COMPONENTS)
    for component in (*names.AIRFLOW_COMPONENTS, *queues):
        yield _component(component, found.get(component))


def scaler(subject: Deployment) -> Findings:
    """KEDA watches the queue and scales the workers."""
    found = subject.api.list(KEDA, "scaledobjects", names.AIRFLOW_NAMESPACE)
    faults = [] if found else ["there is no ScaledObject: workers would stay as many as they are"]
    told = []
    for each in found:
        ready, why = condition(each, "Ready")
        if not ready:
            faults.append(f"{named(each)}: {why}")
        spec = each["spec"]
        told.append(f"{named(each)}, {spec.get('minReplicaCount', 0)} to {spec.get('maxReplicaCount', '?')} workers")
    advice = f"Run: kubectl {_IN_AIRFLOW} describe scaledobject"
    yield verdict("scaling", ", ".join(told), faults=faults, advice=advice)


def ingress(subject: Deployment) -> Findings:
    """The Ingress has the address of a load balancer."""
    found = subject.api.list(NETWORKING, "ingresses", names.AIRFLOW_NAMESPACE)
    addresses = [
        point.get("hostname") or point.get("ip")
        for each in found
        for point in each.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    ]
    faults = [] if addresses else ["has no address" if found else "does not exist"]
    advice = f"Run: kubectl {_IN_AIRFLOW} describe ingress"
    yield verdict("ingress", ", ".join(map(str, addresses)), faults=faults, advice=advice)


def _component(component: str, found: Object | None) -> Finding:
    name = f"{names.RELEASE}-{component}"
    if found is None:
        return failure(name, "does not exist", "Deploy again.")
    ready, wanted = _replicas(found)
    told = f"{ready}/{wanted} ready"
    if ready >= wanted:
        return ok(name, told if wanted else f"{told}: scaled to zero while nothing is queued")
    available, why = condition(found, "Available")
    reason = "" if available else f": {why}"
    return failure(name, f"{told}{reason}", f"Run: kubectl {_IN_AIRFLOW} get pods --selector component={component}")


def _replicas(workload: Mapping[str, Any]) -> tuple[int, int]:
    """Ready and wanted replicas; what has not been looked at by its controller since it was changed is not ready."""
    wanted = workload["spec"].get("replicas", 1)
    status = workload.get("status", {})
    current = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    return (status.get("readyReplicas", 0) if current else 0), wanted
