"""Metrics for alarms: a CloudWatch agent that reads a few of Prometheus' kind and publishes them in CloudWatch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus

from charts.addons.alarm_metrics_pipeline import (
    AGENT_FILE,
    CONFIGURATION_FOLDER,
    PROMETHEUS_FILE,
    PROMETHEUS_FOLDER,
    agent,
    prometheus,
)
from charts.addons.base import AddonContext, HelmAddon, ServiceAccount, Statement
from charts.alarm_flow import NAMESPACE
from charts.namespace import namespace as make_namespace
from charts.network_policy import ALL_PODS, CREDENTIALS, DNS, HTTPS, Flow, NetworkPolicies, pods
from charts.placement import SYSTEM_POOL, node_selector, resources
from constructs import Construct
from settings.published_metrics import ENDPOINTS

_NAME = "alarm-metrics"
_HOME = "/opt/aws/amazon-cloudwatch-agent"
_UID = 10001


def log_group(deployment: str) -> str:
    """The group that metrics pass through: CloudWatch takes them from log events in its embedded metric format."""
    return f"/airflow-eks/{deployment}/alarm-metrics"


def addon(context: AddonContext) -> HelmAddon:
    """It writes to one group that is there already."""
    settings = context.settings
    group = log_group(settings.name)
    image = str(context.registry.image("cloudwatch-agent"))

    def chart(scope: Construct, id_: str) -> AlarmMetricsChart:
        return AlarmMetricsChart(
            scope,
            id_,
            image=image,
            deployment=settings.name,
            region=settings.region,
            network_policies=settings.cluster.network_policies,
        )

    return HelmAddon(
        chart=chart,
        service_account=ServiceAccount(namespace=NAMESPACE, name=_NAME),
        log_groups=(group,),
        statements=(
            Statement(
                sid="WriteMetrics",
                actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                # The streams of the group.
                resources=(context.arn("logs", f"log-group:{group}:*"),),
            ),
        ),
    )


class AlarmMetricsChart(cdk8s.Chart):
    """One pod: two would publish everything twice, and sums would be double."""

    def __init__(
        self, scope: Construct, id_: str, *, image: str, deployment: str, region: str, network_policies: bool
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE)
        metadata = cdk8s.ApiObjectMetadata(name=_NAME, namespace=NAMESPACE)
        account = kplus.ServiceAccount(self, "account", metadata=metadata, automount_token=True)
        # Pods of three namespaces, one of which is not there yet when this is installed. A pod's object has no secret.
        role = kplus.ClusterRole(self, "role", metadata=cdk8s.ApiObjectMetadata(name=_NAME))
        role.allow(["get", "list", "watch"], kplus.ApiResource.PODS)
        role.bind(account)
        files = {
            # The cluster has the deployment's name.
            AGENT_FILE: json.dumps(agent(cluster=deployment, region=region, log_group=log_group(deployment)), indent=2),
            PROMETHEUS_FILE: cdk8s.Yaml.stringify(prometheus(deployment=deployment)),
        }
        configuration = kplus.ConfigMap(self, "configuration", metadata=metadata, data=files)
        labels = {"app.kubernetes.io/name": _NAME}
        workload = cdk8s.ApiObject(self, "deployment", api_version="apps/v1", kind="Deployment", metadata=metadata)
        workload.add_json_patch(
            cdk8s.JsonPatch.add(
                "/spec",
                {
                    "replicas": 1,
                    "strategy": {"type": "Recreate"},
                    "selector": {"matchLabels": labels},
                    "template": {
                        # The agent reads its configuration once, when it starts.
                        "metadata": {"labels": labels, "annotations": {"checksum/configuration": _checksum(files)}},
                        "spec": _pod(image),
                    },
                },
            )
        )
        policies = []
        if network_policies:
            flows = [DNS, HTTPS, CREDENTIALS, *_reads()]
            policies.append(NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=flows))
        for part in (account, role, configuration, *policies):
            part.node.add_dependency(namespace)
        workload.node.add_dependency(account, role, configuration, *policies)


def _reads() -> list[Flow]:
    return [
        Flow(
            name=f"metrics-of-{each.job}",
            pods=ALL_PODS,
            to=[pods(ALL_PODS, namespace=each.namespace)],
            ports=[("TCP", each.port)],
        )
        for each in ENDPOINTS
    ]


def _checksum(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _pod(image: str) -> dict[str, object]:
    # The agent translates its configuration when it starts, and writes what came out beside its program.
    written = ("etc", "logs", "var")
    mounted = (
        ("configuration", CONFIGURATION_FOLDER, AGENT_FILE),
        ("prometheus", PROMETHEUS_FOLDER, PROMETHEUS_FILE),
    )
    return {
        "serviceAccountName": _NAME,
        "enableServiceLinks": False,
        "nodeSelector": node_selector(SYSTEM_POOL),
        "priorityClassName": "system-cluster-critical",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "agent",
                "image": image,
                # No pod reaches instance metadata, where it would look for where it is.
                "env": [{"name": "RUN_IN_AWS", "value": "True"}],
                "resources": resources(cpu="50m", memory="256Mi"),
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    *({"name": name, "mountPath": folder, "readOnly": True} for name, folder, _ in mounted),
                    *({"name": "written", "mountPath": f"{_HOME}/{each}", "subPath": each} for each in written),
                ],
            }
        ],
        "volumes": [
            *(
                {"name": name, "configMap": {"name": _NAME, "items": [{"key": file, "path": file}]}}
                for name, _, file in mounted
            ),
            {"name": "written", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }
