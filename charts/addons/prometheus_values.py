"""Values of the chart kube-prometheus-stack, and of the two charts within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from charts.network_policy import one_of
from charts.placement import ARCHITECTURE, SERVICES_POOL, SYSTEM_POOL, node_selector, resources
from charts.scrape import NAMESPACE
from charts.storage import EBS_STORAGE_CLASS
from settings import Registry
from settings.metrics import MetricsSettings

NODE_EXPORTER_NAMESPACE = "node-exporter"
NODE_EXPORTER_PORT = 9100
KUBE_STATE_METRICS_PORT = 8080
SERVICE_ACCOUNT = "prometheus"

_INTERVAL = "60s"
# Prometheus deletes what is oldest when its blocks pass this part of the volume; the rest is for what it merges.
_PART_OF_VOLUME = 0.8

# Kinds whose state is of use here. Not Secrets and ConfigMaps: who lists them can read them.
_KINDS = (
    "cronjobs", "daemonsets", "deployments", "horizontalpodautoscalers", "jobs", "namespaces", "nodes",
    "persistentvolumeclaims", "persistentvolumes", "poddisruptionbudgets", "pods", "replicasets", "statefulsets",
)  # fmt: skip
# Labels by which nodes are told apart: pool, spot or not, zone.
_NODE_LABELS = (
    "airflow-eks/pool",
    "karpenter.sh/nodepool",
    "karpenter.sh/capacity-type",
    "topology.kubernetes.io/zone",
)

# The API server has more series than all else together; these say how it does.
_API_SERVER = (
    "apiserver_request_total", "apiserver_request_duration_seconds_(sum|count)", "apiserver_current_inflight_requests",
    "apiserver_storage_objects",
)  # fmt: skip
_CONTAINERS = (
    "container_cpu_usage_seconds_total", "container_cpu_cfs_(throttled_)?periods_total",
    "container_memory_working_set_bytes", "container_memory_rss", "container_oom_events_total",
    "container_network_(receive|transmit)_(bytes|packets_dropped|errors)_total",
    "container_fs_(reads|writes)_bytes_total", "container_start_time_seconds", "machine_.+",
)  # fmt: skip
_KUBELET = (
    "kubelet_running_(pods|containers)", "kubelet_volume_stats_.+", "kubelet_node_name",
    "kubelet_pleg_relist_duration_seconds_(sum|count)", "kubelet_evictions", "kubernetes_build_info",
)  # fmt: skip
# What programs say of their own insides. It stays in the cluster; a write of it would be paid for.
_NOT_WRITTEN = "(go|process|python|promhttp|scrape|prometheus_sd|prometheus_tsdb|workqueue|rest_client|certwatcher)_.+"


@dataclass(frozen=True, kw_only=True)
class RemoteWrite:
    """Where Prometheus writes to, by the identity of its pod."""

    url: str
    region: str


def stack_values(
    *, registry: Registry, metrics: MetricsSettings, cluster_name: str, remote_write: RemoteWrite | None
) -> dict[str, Any]:
    """Build the values."""
    return {
        "crds": {"enabled": False},
        "cleanPrometheusOperatorObjectNames": False,
        # Alarms are CloudWatch's, and Grafana is an add-on of its own.
        "alertmanager": {"enabled": False},
        "grafana": {"enabled": False, "forceDeployDashboards": False},
        "defaultRules": {"create": False},
        # EKS runs these where nobody reaches them.
        "kubeControllerManager": {"enabled": False},
        "kubeScheduler": {"enabled": False},
        "kubeEtcd": {"enabled": False},
        # It listens on the node's loopback alone.
        "kubeProxy": {"enabled": False},
        "kubeApiServer": {"serviceMonitor": {"metricRelabelings": [_keep(_API_SERVER)]}},
        "kubelet": {
            "serviceMonitor": {
                "probes": False,
                "cAdvisorInterval": _INTERVAL,
                "metricRelabelings": [_keep(_KUBELET)],
                # Series without a pod are sums over the node, which the node exporter has.
                "cAdvisorMetricRelabelings": [
                    _keep(_CONTAINERS),
                    {"action": "drop", "sourceLabels": ["id", "pod"], "regex": "/.+;"},
                ],
            }
        },
        "prometheusOperator": _operator(registry),
        "prometheus": _prometheus(registry, metrics, cluster_name, remote_write),
        "kube-state-metrics": _state(registry),
        "prometheus-node-exporter": _node_exporter(registry),
    }


def _keep(names: tuple[str, ...]) -> dict[str, Any]:
    return {"action": "keep", "sourceLabels": ["__name__"], "regex": "|".join(names)}


def _image(registry: Registry, key: str) -> dict[str, str]:
    image = registry.image(key)
    return {"registry": image.registry, "repository": image.path, "tag": image.tag_and_digest}


def _operator(registry: Registry) -> dict[str, Any]:
    return {
        "image": _image(registry, "prometheus-operator"),
        "prometheusConfigReloader": {
            "image": _image(registry, "prometheus-config-reloader"),
            "resources": resources(cpu="10m", memory="64Mi"),
        },
        # An image that nothing is started from: there is no kind that asks for Thanos. The chart wants one named.
        "thanosImage": _image(registry, "prometheus"),
        # What they would refuse, `make test` has refused. They take a certificate that jobs of Helm's make and leave,
        # and their absence would block every change while the operator is away.
        "admissionWebhooks": {"enabled": False},
        "tls": {"enabled": False},
        "kubeletService": {"enabled": True, "namespace": "kube-system"},
        "nodeSelector": node_selector(SYSTEM_POOL),
        "priorityClassName": "system-cluster-critical",
        "resources": resources(cpu="50m", memory="256Mi"),
    }


def _prometheus(
    registry: Registry, metrics: MetricsSettings, cluster_name: str, remote_write: RemoteWrite | None
) -> dict[str, Any]:
    several = metrics.replicas > 1
    version = registry.image("prometheus").tag.partition("-")[0]
    spec: dict[str, Any] = {
        "image": _image(registry, "prometheus"),
        "version": version,
        "replicas": metrics.replicas,
        "scrapeInterval": _INTERVAL,
        "retention": f"{metrics.days(managed=remote_write is not None)}d",
        # Prometheus counts in powers of two.
        "retentionSize": f"{int(metrics.volume_gib * _PART_OF_VOLUME)}GB",
        "walCompression": True,
        # What is read is ours to say: monitors of these namespaces alone, whichever release made them.
        **{f"{kind}SelectorNilUsesHelmValues": False for kind in ("serviceMonitor", "podMonitor", "probe", "rule")},
        **{
            f"{kind}NamespaceSelector": one_of("kubernetes.io/metadata.name", NAMESPACE, NODE_EXPORTER_NAMESPACE)
            for kind in ("serviceMonitor", "podMonitor", "probe", "rule")
        },
        # A label for who wrote it: several clusters may write into one place.
        "externalLabels": {"cluster": cluster_name},
        "prometheusExternalLabelNameClear": True,
        "nodeSelector": node_selector(SERVICES_POOL),
        # A volume stays in its zone, so each server is in a zone of its own from the first day.
        "podAntiAffinity": "hard",
        "podAntiAffinityTopologyKey": "topology.kubernetes.io/zone",
        "resources": resources(cpu=metrics.cpu, memory=metrics.memory),
        "storageSpec": {
            "volumeClaimTemplate": {
                "spec": {
                    "storageClassName": EBS_STORAGE_CLASS,
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": f"{metrics.volume_gib}Gi"}},
                }
            }
        },
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"},
    }
    if remote_write:
        spec["remoteWrite"] = [_remote_write(remote_write)]
    # Managed Prometheus keeps what one of them writes, and takes the other's when that one is silent.
    # https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-ingest-dedupe.html
    spec |= {"replicaExternalLabelName": "__replica__"} if several else {"replicaExternalLabelNameClear": True}
    return {
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        "podDisruptionBudget": {"enabled": several, "minAvailable": 1},
        "prometheusSpec": spec,
    }


def _remote_write(target: RemoteWrite) -> dict[str, Any]:
    return {
        "url": target.url,
        "sigv4": {"region": target.region},
        # https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-onboard-ingest-metrics-new-Prometheus.html
        "queueConfig": {"maxSamplesPerSend": 1000, "maxShards": 200, "capacity": 2500},
        "writeRelabelConfigs": [{"action": "drop", "sourceLabels": ["__name__"], "regex": _NOT_WRITTEN}],
    }


def _state(registry: Registry) -> dict[str, Any]:
    return {
        "image": _image(registry, "kube-state-metrics"),
        "collectors": list(_KINDS),
        "metricLabelsAllowlist": [f"nodes=[{','.join(_NODE_LABELS)}]"],
        "nodeSelector": node_selector(SYSTEM_POOL),
        "resources": resources(cpu="50m", memory="256Mi"),
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def _node_exporter(registry: Registry) -> dict[str, Any]:
    image = _image(registry, "node-exporter")
    return {
        "namespaceOverride": NODE_EXPORTER_NAMESPACE,
        # The tag has the word that the chart would add.
        "image": {**image, "distroless": False},
        # What the chart would read from the tag, and cannot from one with a digest.
        "version": registry.image("node-exporter").tag.partition("-")[0],
        "service": {"port": NODE_EXPORTER_PORT, "targetPort": NODE_EXPORTER_PORT},
        "nodeSelector": {"kubernetes.io/os": "linux", **ARCHITECTURE},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "system-node-critical",
        "resources": resources(cpu="20m", memory="64Mi"),
        "serviceAccount": {"automountServiceAccountToken": False},
        "prometheus": {"monitor": {"interval": _INTERVAL}},
    }
