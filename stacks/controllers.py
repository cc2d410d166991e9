"""Controllers: what makes a cluster a platform. Storage classes, secrets, load balancers, autoscaling."""

from __future__ import annotations

import math
from typing import Any

import cdk8s
from aws_cdk import NestedStack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms

from airflow_eks.chart_installer import ChartInstaller
from airflow_eks.iam import allow, decrypt
from airflow_eks.karpenter import Karpenter
from airflow_eks.load_balancer_controller import load_balancer_controller_statements
from airflow_eks.pod_identity import PodIdentity
from charts import external_secrets, karpenter, keda, load_balancer_controller, storage
from charts.airflow import SecretArns
from constructs import Construct
from settings import Registry, Settings
from settings.model import WorkerSettings
from settings.quantities import cores, gibibytes

# A node carries more than the workers that it was started for: the kubelet's share and the DaemonSets.
_HEADROOM = 1.5


class Controllers(NestedStack):
    """Each controller comes after its permissions and goes before them."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        registry: Registry,
        cluster: eks.ICluster,
        vpc_id: str,
        node_subnet_terms: tuple[dict[str, Any], ...],
        secret_arns: SecretArns,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Controllers: storage, secrets, load balancers, autoscaling")
        self._app = cdk8s.App()
        self._settings = settings
        self._registry = registry
        self._cluster = cluster
        ChartInstaller(
            self,
            "Storage",
            cluster=cluster,
            chart=storage.StorageChart(self._app, "storage", kms_key_arn=key.key_arn),
        )
        ChartInstaller(self, "Keda", cluster=cluster, chart=keda.KedaChart(self._app, "keda", registry=registry))
        self._load_balancer_controller(vpc_id)
        self._external_secrets(secret_arns, key)
        self._karpenter(node_subnet_terms, key)

    def _load_balancer_controller(self, vpc_id: str) -> None:
        settings = self._settings
        identity = PodIdentity(
            self,
            "LoadBalancerControllerIdentity",
            cluster_name=settings.name,
            namespace=load_balancer_controller.NAMESPACE,
            service_account=load_balancer_controller.SERVICE_ACCOUNT,
            description=f"AWS Load Balancer Controller of {settings.name}",
            statements=load_balancer_controller_statements(
                cluster_name=settings.name, region=settings.region, vpc_id=vpc_id
            ),
        )
        chart = load_balancer_controller.LoadBalancerControllerChart(
            self._app,
            "load-balancer-controller",
            registry=self._registry,
            cluster_name=settings.name,
            region=settings.region,
            vpc_id=vpc_id,
        )
        ChartInstaller(self, "LoadBalancerController", cluster=self._cluster, chart=chart, after=[identity])

    def _external_secrets(self, secret_arns: SecretArns, key: kms.IKey) -> None:
        settings = self._settings
        identity = PodIdentity(
            self,
            "ExternalSecretsIdentity",
            cluster_name=settings.name,
            namespace=external_secrets.NAMESPACE,
            service_account=external_secrets.SERVICE_ACCOUNT,
            description=f"External Secrets of {settings.name}",
            statements=[
                allow(
                    "ReadAirflowSecrets",
                    ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                    secret_arns.all,
                ),
                decrypt(key.key_arn),
            ],
        )
        chart = external_secrets.ExternalSecretsChart(self._app, "external-secrets", registry=self._registry)
        ChartInstaller(self, "ExternalSecrets", cluster=self._cluster, chart=chart, after=[identity])

    def _karpenter(self, node_subnet_terms: tuple[dict[str, Any], ...], key: kms.IKey) -> None:
        settings = self._settings
        aws = Karpenter(
            self,
            "KarpenterResources",
            cluster=self._cluster,
            cluster_name=settings.name,
            namespace=karpenter.NAMESPACE,
            service_account=karpenter.SERVICE_ACCOUNT,
            region=settings.region,
            pass_role_services=settings.facts.pass_role_services,
        )
        chart = karpenter.KarpenterChart(
            self._app,
            "karpenter",
            registry=self._registry,
            cluster_name=settings.name,
            cluster_endpoint=self._cluster.cluster_endpoint,
            interruption_queue=aws.queue.queue_name,
            node=karpenter.NodeTemplate(
                instance_profile=aws.instance_profile.instance_profile_name,
                security_group_ids=(self._cluster.cluster_security_group_id,),
                subnet_selector_terms=node_subnet_terms,
                disk_gib=settings.cluster.nodes.disk_gib,
                kms_key_arn=key.key_arn,
                tags={"Name": f"{settings.name}/karpenter", **settings.all_tags},
            ),
            workers=_worker_pool(settings.airflow.workers),
        )
        ChartInstaller(self, "Karpenter", cluster=self._cluster, chart=chart, after=[aws])


def _worker_pool(workers: WorkerSettings) -> karpenter.WorkerPool:
    """Room for as many workers as may run, so that a mistake in a query does not become a bill."""
    return karpenter.WorkerPool(
        cpu_limit=math.ceil(workers.max * cores(workers.cpu) * _HEADROOM),
        memory_limit_gib=math.ceil(workers.max * gibibytes(workers.memory) * _HEADROOM),
        spot=workers.spot,
    )
