"""Each add-on's switch: off, and nothing of it is left in any template.

A synthesis costs more than a second, so two halves of the add-ons are switched off in turn: what is looked for is there
in one, and not in the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from settings import PARTITIONS
from settings.addons import AddonSettings, addon_switches
from tests.support.deployment import Deployment
from tests.support.synthesis import synthesize_with

SWITCHABLE = [switch.name for switch in addon_switches(AddonSettings()) if not switch.needed]
# Those that need another one are switched off with it; without its driver no file system carries the DAGs.
WITH_VOLUMES = frozenset(
    {
        "ebs_csi_driver",
        "snapshot_controller",
        "opencost",
        "metrics_server",
        "cluster_autoscaler",
        "fluent_bit",
        "alarm_metrics",
        "prometheus",
        "grafana",
    }
)
BESIDE: dict[str, Any] = {"dags.delivery": "sidecar"}

# Words that stand in a template because of the add-on alone: its name in EKS or in helm, its account, what it brings.
TRACES = {
    "ebs_csi_driver": ("aws-ebs-csi-driver", "AmazonEBSCSIDriverPolicy", "ebs.csi.aws.com"),
    "efs_csi_driver": ("aws-efs-csi-driver", "efs-csi-controller-sa", "efs.csi.aws.com", "efs-sc"),
    "snapshot_controller": ("snapshot-controller",),
    "node_monitoring_agent": ("eks-node-monitoring-agent",),
    "metrics_server": ("metrics-server",),
    "cluster_autoscaler": ("cluster-autoscaler", "SetDesiredCapacity", "ClusterAutoscalerIdentity"),
    "cluster_proportional_autoscaler": ("cluster-proportional-autoscaler", "coredns-autoscaler"),
    "opencost": ("opencost", "Opencost"),
    "fluent_bit": ("fluent-bit", "FluentBitIdentity", "/aws/containerinsights/airflow/application"),
    "container_insights": ("amazon-cloudwatch-observability", "/aws/containerinsights/airflow/performance"),
    "alarm_metrics": ("AlarmMetricsIdentity", "/airflow-eks/airflow/alarm-metrics", "cwagentconfig.json"),
    "prometheus": ("kube-prometheus-stack", "prometheus-operator-crds"),
    "grafana": ("grafana-admin", "grafana-board-airflow-overview", "GrafanaIdentity", "ReadGrafanaSecret"),
    "spark_operator": ("spark-operator", "spark-team-a", "sparkoperator.k8s.io", "SparkBucket"),
}


# What is there in one partition alone.
IN_AWS = {"prometheus": ("AWS::APS::Workspace", "aps:RemoteWrite")}


def traces(name: str, partition: str) -> list[str]:
    return [*TRACES[name], *(IN_AWS.get(name, ()) if partition == "aws" else ())]


NAMESPACES_OF_ADDONS = {"amazon-cloudwatch-observability": "amazon-cloudwatch"}


class Half(NamedTuple):
    """A deployment, and what is switched off in it."""

    off: frozenset[str]
    deployment: Deployment
    text: str


@cache
def half(partition: str, off: frozenset[str]) -> Half:
    context = {"size": "dev", "partition": partition, **{f"addons.{name}": "false" for name in off}}
    if "efs_csi_driver" in off:
        context |= BESIDE
    deployment = synthesize_with("-".join(sorted(off)), context)
    return Half(off, deployment, json.dumps(list(map(without_clearing, deployment.templates.values()))))


def without_clearing(template: Mapping[str, Any]) -> dict[str, Any]:
    """What clears the way of a deletion knows all kinds: definitions and volumes stay when their add-on is gone."""
    resources = {
        name: body
        for name, body in template["Resources"].items()
        if not any(
            part in body.get("Metadata", {}).get("aws:cdk:path", "") for part in ("/Clearing/", "/LeftoversRights/")
        )
    }
    return {**template, "Resources": resources}


def halves(partition: str) -> tuple[Half, Half]:
    return half(partition, WITH_VOLUMES), half(partition, frozenset(SWITCHABLE) - WITH_VOLUMES)


def test_every_switch_is_looked_at() -> None:
    assert set(TRACES) == set(SWITCHABLE)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("name", SWITCHABLE)
def test_what_is_off_is_gone(partition: str, name: str) -> None:
    for each in halves(partition):
        looked_for = traces(name, partition)
        found = [trace for trace in looked_for if trace in each.text]
        assert found == ([] if name in each.off else looked_for), each.off


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_role_is_of_something_that_is_there(partition: str) -> None:
    for each in halves(partition):
        installed = {item.namespace for item in each.deployment.releases.values()} | {
            item.name for item in each.deployment.objects if item.kind == "Namespace"
        }
        # Of an EKS add-on it brings the namespace itself.
        installed |= {
            NAMESPACES_OF_ADDONS.get(addon.properties["AddonName"], "kube-system")
            for addon in each.deployment.all("AWS::EKS::Addon")
        }
        associations = each.deployment.all("AWS::EKS::PodIdentityAssociation")
        assert associations
        for association in associations:
            assert association.properties["Namespace"] in installed


def test_all_of_them_can_be_off_at_once() -> None:
    everything = half("aws", frozenset(SWITCHABLE))
    assert [trace for name in SWITCHABLE for trace in traces(name, "aws") if trace in everything.text] == []
    assert "StorageClass" not in {item.kind for item in everything.deployment.objects}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_what_cannot_be_missed_stays(partition: str) -> None:
    for each in halves(partition):
        assert {"airflow", "keda", "karpenter", "external-secrets"} <= set(each.deployment.releases)
        names = {addon.properties["AddonName"] for addon in each.deployment.all("AWS::EKS::Addon")}
        assert {"vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent"} <= names
