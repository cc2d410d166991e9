"""The Spark History Server: the web page of applications that have ended, from their event logs in Amazon S3.

Apache's image has no libraries for S3 (hadoop-aws and 500 MB of AWS SDK). So a container with the AWS CLI copies the
logs, and the server reads files. Nobody is asked who they are there: it can be reached through the API server alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.namespace import RESTRICTED
from charts.network_policy import CREDENTIALS, DNS, HTTPS, NetworkPolicies
from charts.placement import SERVICES_POOL, node_selector, resources
from charts.spark.names import EVENT_LOG_PREFIX, HISTORY_NAMESPACE, HISTORY_PORT, HISTORY_SERVER
from constructs import Construct
from settings import Registry
from settings.spark import SparkSettings

_SCRIPT = Path(__file__).with_name("fetch_event_logs.sh")
_UID = 185  # of the user `spark` in Apache's image
_EVENTS, _TEMPORARY, _PROGRAM = "/event-logs", "/tmp", "/opt/fetch"  # noqa: S108 # a volume of the pod's own
_ROOM = "20Gi"


class HistoryServer(Construct):
    """One server, with a namespace of its own, so that no team's role reaches it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        spark: SparkSettings,
        registry: Registry,
        region: str,
        bucket: str,
        network_policies: bool,
    ) -> None:
        super().__init__(scope, id_)
        namespace = kplus.Namespace(
            self, "namespace", metadata=cdk8s.ApiObjectMetadata(name=HISTORY_NAMESPACE, labels=RESTRICTED)
        )
        metadata = cdk8s.ApiObjectMetadata(name=HISTORY_SERVER, namespace=HISTORY_NAMESPACE)
        account = kplus.ServiceAccount(self, "account", metadata=metadata, automount_token=False)
        script = kplus.ConfigMap(
            self, "script", metadata=metadata, data={_SCRIPT.name: _SCRIPT.read_text(encoding="utf-8")}
        )
        deployment = cdk8s.ApiObject(self, "deployment", api_version="apps/v1", kind="Deployment", metadata=metadata)
        labels = {"app.kubernetes.io/name": HISTORY_SERVER}
        pod = _pod(
            server=server_container(str(registry.image("spark")), days=spark.event_log_expiration_days),
            fetcher=fetcher_container(
                str(registry.image("aws-cli")),
                region=region,
                event_logs=f"s3://{bucket}/{EVENT_LOG_PREFIX}",
                teams=sorted(spark.teams),
            ),
        )
        deployment.add_json_patch(
            cdk8s.JsonPatch.add(
                "/spec",
                {
                    # Two would show the same; while one is away, jobs go on and so do their logs.
                    "replicas": 1,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": pod},
                },
            )
        )
        service = cdk8s.ApiObject(self, "service", api_version="v1", kind="Service", metadata=metadata)
        port = {"name": "http", "port": HISTORY_PORT, "targetPort": HISTORY_PORT}
        service.add_json_patch(cdk8s.JsonPatch.add("/spec", {"selector": labels, "ports": [port]}))
        policies = []
        if network_policies:
            # It reads from the bucket. People reach it through `kubectl port-forward`, which comes from the node.
            flows = [DNS, HTTPS, CREDENTIALS]
            policies.append(NetworkPolicies(self, "network-policies", namespace=HISTORY_NAMESPACE, flows=flows))
        for part in (account, script, service, *policies):
            part.node.add_dependency(namespace)
        deployment.node.add_dependency(account, script)


def _pod(*, server: dict[str, Any], fetcher: dict[str, Any]) -> dict[str, Any]:
    return {
        "serviceAccountName": HISTORY_SERVER,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # Both only read.
        "terminationGracePeriodSeconds": 5,
        "nodeSelector": node_selector(SERVICES_POOL),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [server, fetcher],
        "volumes": [
            {"name": "event-logs", "emptyDir": {"sizeLimit": _ROOM}},
            {"name": "temporary", "emptyDir": {"sizeLimit": "2Gi"}},
            {"name": "program", "configMap": {"name": HISTORY_SERVER}},
        ],
    }


def server_container(image: str, *, days: int) -> dict[str, Any]:
    options = {
        "spark.history.fs.logDirectory": f"file://{_EVENTS}",
        "spark.history.fs.update.interval": "30s",
        "spark.history.ui.port": str(HISTORY_PORT),
        # Copies go when their originals do: they carry the same times.
        "spark.history.fs.cleaner.enabled": "true",
        "spark.history.fs.cleaner.maxAge": f"{days}d",
    }
    probe = {"httpGet": {"path": "/api/v1/version", "port": HISTORY_PORT}}
    return {
        "name": "server",
        "image": image,
        "command": ["/opt/spark/bin/spark-class", "org.apache.spark.deploy.history.HistoryServer"],
        "env": [
            {"name": "SPARK_HISTORY_OPTS", "value": " ".join(f"-D{key}={value}" for key, value in options.items())},
            {"name": "SPARK_DAEMON_MEMORY", "value": "1500m"},
        ],
        "ports": [{"name": "http", "containerPort": HISTORY_PORT}],
        "readinessProbe": probe,
        "livenessProbe": {**probe, "initialDelaySeconds": 30, "failureThreshold": 6},
        "resources": resources(cpu="250m", memory="2Gi"),
        "securityContext": _closed(),
        "volumeMounts": [
            {"name": "event-logs", "mountPath": _EVENTS},
            {"name": "temporary", "mountPath": _TEMPORARY},
        ],
    }


def fetcher_container(image: str, *, region: str, event_logs: str, teams: list[str]) -> dict[str, Any]:
    environment = {
        "AWS_REGION": region,
        "EVENT_LOGS": event_logs,
        "TEAMS": " ".join(teams),
        "FOLDER": _EVENTS,
        "HOME": _TEMPORARY,
    }
    return {
        "name": "fetch-event-logs",
        "image": image,
        "command": ["/bin/bash", f"{_PROGRAM}/{_SCRIPT.name}"],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": resources(cpu="50m", memory="256Mi"),
        "securityContext": _closed(),
        "volumeMounts": [
            {"name": "event-logs", "mountPath": _EVENTS},
            {"name": "temporary", "mountPath": _TEMPORARY},
            {"name": "program", "mountPath": _PROGRAM, "readOnly": True},
        ],
    }


def _closed() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
