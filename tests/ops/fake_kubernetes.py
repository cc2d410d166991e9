"""A Kubernetes API with the objects that a healthy deployment has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ops import names

Object = dict[str, Any]


@dataclass
class FakeKubernetes:
    """Answers GET by path. A test takes objects out, changes them, or has a path refused."""

    objects: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    """Paths that are answered with a status."""
    tokens: set[str] = field(default_factory=set)
    """What callers showed."""

    def __post_init__(self) -> None:
        self.objects = self.objects or healthy()

    def respond(self, _method: str, path: str, headers: dict[str, str], _body: Any) -> tuple[int, Any]:
        """See servers.Respond."""
        self.tokens.add(headers.get("authorization", ""))
        status = self.refused.get(path) or self.refused.get("*")
        if status:
            return status, {"kind": "Status", "code": status}
        if path in self.objects:
            return 200, self.objects[path]
        return 404, {"kind": "Status", "code": 404}

    def items(self, path: str) -> list[Object]:
        """The objects of a list, to be changed."""
        return self.objects[path]["items"]


AIRFLOW = f"namespaces/{names.AIRFLOW_NAMESPACE}"
NODES = "/api/v1/nodes"
CLAIM = f"/api/v1/{AIRFLOW}/persistentvolumeclaims/{names.DAG_CLAIM}"
ALL_DEPLOYMENTS = "/apis/apps/v1/deployments"
DEPLOYMENTS = f"/apis/apps/v1/{AIRFLOW}/deployments"
STATEFUL_SETS = f"/apis/apps/v1/{AIRFLOW}/statefulsets"
SECRETS = f"/apis/external-secrets.io/v1/{AIRFLOW}/externalsecrets"
POOLS = "/apis/karpenter.sh/v1/nodepools"
CLASSES = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"
SCALERS = f"/apis/keda.sh/v1alpha1/{AIRFLOW}/scaledobjects"
INGRESSES = f"/apis/networking.k8s.io/v1/{AIRFLOW}/ingresses"
ADDRESS = "internal-k8s-airflow-0123456789.us-west-2.elb.amazonaws.com"


def healthy() -> dict[str, Any]:
    """Every object that verify looks at, as it should be."""
    airflow = [
        deployment(
            names.AIRFLOW_NAMESPACE,
            f"{names.RELEASE}-{component}",
            replicas=0 if component.startswith(names.WORKERS) else 2,
        )
        for component in names.AIRFLOW_COMPONENTS
    ]
    others = [
        deployment(namespace, name, replicas=2)
        for namespace, name in (*names.CONTROLLERS, *names.ADDON_CONTROLLERS.values())
    ]
    return {
        "/version": {"gitVersion": "v1.36.1-eks-0123456"},
        NODES: listed(*(node(f"ip-10-0-{index}-7", zone=f"us-west-2{zone}") for index, zone in enumerate("abc"))),
        CLAIM: {
            "metadata": {"name": names.DAG_CLAIM},
            "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "efs-sc"},
            "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
        },
        ALL_DEPLOYMENTS: listed(*others, *airflow),
        DEPLOYMENTS: listed(*airflow),
        STATEFUL_SETS: listed(),
        SECRETS: listed(*(conditioned(name, "Ready") for name in ("airflow-metadata-connection", "airflow-admin"))),
        POOLS: listed(*(conditioned(name, "Ready") for name in names.NODE_POOLS)),
        CLASSES: listed(conditioned("default", "Ready")),
        SCALERS: listed(
            conditioned("airflow-worker-main", "Ready", spec={"minReplicaCount": 0, "maxReplicaCount": 20})
        ),
        INGRESSES: listed(
            {"metadata": {"name": "airflow"}, "status": {"loadBalancer": {"ingress": [{"hostname": ADDRESS}]}}}
        ),
    }


def listed(*objects: Object) -> Object:
    """A list as the API server sends it."""
    return {"items": list(objects)}


def conditioned(name: str, type_: str, *, status: str = "True", **more: Any) -> Object:
    """An object with one condition."""
    said = {"type": type_, "status": status, "reason": "Because", "message": "somebody said so"}
    return {"metadata": {"name": name}, "status": {"conditions": [said]}, **more}


def deployment(namespace: str, name: str, *, replicas: int, ready: int | None = None) -> Object:
    """A Deployment with so many replicas, all ready unless said otherwise."""
    return {
        "metadata": {"namespace": namespace, "name": name, "generation": 3},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 3, "readyReplicas": replicas if ready is None else ready},
    }


def node(name: str, *, zone: str, architecture: str = "arm64") -> Object:
    """A ready node."""
    made = conditioned(name, "Ready")
    made["metadata"]["labels"] = {"topology.kubernetes.io/zone": zone}
    made["status"]["nodeInfo"] = {"architecture": architecture}
    return made
