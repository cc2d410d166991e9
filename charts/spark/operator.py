"""The Spark operator's release: it makes drivers out of SparkApplications, in the namespaces of the teams alone."""

from __future__ import annotations

from collections.abc import Sequence

from charts.helm_release import HelmRelease
from charts.placement import SYSTEM_POOL, node_selector, resources
from charts.spark.names import OPERATOR_NAMESPACE, OPERATOR_RELEASE, SERVICE_ACCOUNT
from constructs import Construct
from settings import Registry

# The chart takes these alone, and adds the labels itself.
_SPREAD = [
    {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway"}
    for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
]


def operator(scope: Construct, id_: str, *, registry: Registry, namespaces: Sequence[str]) -> HelmRelease:
    """The release. It makes roles for itself and for the drivers in each of the namespaces, which must be there.

    A selector of namespaces in the place of their names would spare it that, at the price of a cluster role that can
    make pods anywhere.
    """
    image = registry.image("spark-operator")
    server = {
        "replicas": 2,
        "leaderElection": {"enable": True},
        "nodeSelector": node_selector(SYSTEM_POOL),
        "priorityClassName": "system-cluster-critical",
        "topologySpreadConstraints": _SPREAD,
        "podDisruptionBudget": {"enable": True, "minAvailable": 1},
    }
    return HelmRelease(
        scope,
        id_,
        chart=registry.chart("spark-operator"),
        release=OPERATOR_RELEASE,
        namespace=OPERATOR_NAMESPACE,
        values={
            "image": {"registry": image.registry, "repository": image.path, "tag": image.tag_and_digest},
            "controller": {
                **server,
                # It runs a JVM, spark-submit, for each application that it starts; ten at a time by its own default.
                "workers": 4,
                "resources": resources(cpu="200m", memory="1536Mi"),
            },
            "webhook": {
                **server,
                "resources": resources(cpu="50m", memory="256Mi"),
            },
            "spark": {
                "jobNamespaces": list(namespaces),
                "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
                "rbac": {"create": True},
            },
        },
    )
