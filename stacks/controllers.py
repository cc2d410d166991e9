"""Controllers: what makes a cluster a platform. Storage classes, secrets, load balancers, autoscaling."""

from __future__ import annotations

from typing import Any

import cdk8s
from aws_cdk import NestedStack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from airflow_eks.chart_installer import ChartInstaller
from airflow_eks.cluster_clearing import ClusterClearing
from airflow_eks.iam import allow, decrypt
from airflow_eks.karpenter import Karpenter
from airflow_eks.load_balancer_controller import load_balancer_controller_statements
from airflow_eks.metrics_store import MetricsStore
from airflow_eks.pod_identity import PodIdentity
from charts import external_secrets, karpenter, keda, load_balancer_controller, storage
from charts.addons.base import GrafanaInputs, MetricsWorkspace
from charts.airflow import SecretArns
from charts.node_pools import NodeTemplate
from charts.placement import TASK_PODS_POOL, worker_pool
from constructs import Construct, IDependable
from settings import Registry, Settings, capacity, load_releases
from settings.dags import GitSettings
from settings.ingress import OidcSettings
from settings.workers import WorkerSet
from stacks.addons import addon_context, install_addons


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
        clearing: ClusterClearing,
        vpc_id: str,
        node_subnet_terms: tuple[dict[str, Any], ...],
        secret_arns: SecretArns,
        grafana: GrafanaInputs | None,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Controllers: storage, secrets, load balancers, autoscaling")
        self._app = cdk8s.App()
        self._settings = settings
        self._registry = registry
        self._cluster, self._clearing = cluster, clearing
        # What is made before all of them goes after all of them.
        self._leftovers = clearing.after_controllers(self, "Leftovers")
        storage_classes = self._install(
            "Storage",
            storage.StorageChart(
                self._app,
                "storage",
                kms_key_arn=key.key_arn,
                ebs=settings.addons.ebs_csi_driver,
                efs=settings.addons.efs_csi_driver,
            ),
        )
        self._install("Keda", keda.KedaChart(self._app, "keda", registry=registry, vpc_cidrs=settings.policed_cidrs))
        self._load_balancer_controller(vpc_id)
        secrets = self._external_secrets(secret_arns, grafana, key)
        nodes = self._karpenter(node_subnet_terms, key)
        install_addons(
            self,
            context=addon_context(
                settings=settings,
                registry=registry,
                vpc_id=vpc_id,
                key_arn=key.key_arn,
                metrics_workspace=self._metrics_workspace(key) if settings.has_managed_prometheus else None,
                grafana=grafana,
            ),
            cluster=cluster,
            clearing=clearing,
            app=self._app,
            key=key,
            nodes=nodes,
            secrets=secrets,
            after=[self._leftovers, storage_classes],
        )

    def _install(self, id_: str, chart: cdk8s.Chart, *after: IDependable) -> ChartInstaller:
        after = (self._leftovers, *after)
        return ChartInstaller(self, id_, cluster=self._cluster, clearing=self._clearing, chart=chart, after=after)

    def _metrics_workspace(self, key: kms.IKey) -> MetricsWorkspace:
        made = MetricsStore(self, "MetricsStore", name=self._settings.name, key=key)
        return MetricsWorkspace(arn=made.arn, remote_write_url=made.remote_write_url)

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
                cluster_name=settings.name,
                region=settings.region,
                vpc_id=vpc_id,
                web_acl=settings.airflow.ingress.waf,
            ),
        )
        chart = load_balancer_controller.LoadBalancerControllerChart(
            self._app,
            "load-balancer-controller",
            registry=self._registry,
            cluster_name=settings.name,
            region=settings.region,
            vpc_id=vpc_id,
            waf=settings.airflow.ingress.waf,
            # The one load balancer that there is leads to Airflow.
            tags=settings.tags_of("airflow"),
        )
        self._install("LoadBalancerController", chart, identity)

    def _external_secrets(
        self, secret_arns: SecretArns, grafana: GrafanaInputs | None, key: kms.IKey
    ) -> ChartInstaller:
        settings = self._settings
        read = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        identity = PodIdentity(
            self,
            "ExternalSecretsIdentity",
            cluster_name=settings.name,
            namespace=external_secrets.NAMESPACE,
            service_account=external_secrets.SERVICE_ACCOUNT,
            description=f"External Secrets of {settings.name}",
            statements=[
                allow("ReadAirflowSecrets", read, secret_arns.all),
                *([allow("ReadGrafanaSecret", read, [grafana.admin_secret_arn])] if grafana else []),
                decrypt(key.key_arn),
                *_read_client_secret(settings.airflow.ingress.oidc),
                *_read_git_secret(settings.dags.git),
            ],
        )
        chart = external_secrets.ExternalSecretsChart(
            self._app,
            "external-secrets",
            registry=self._registry,
            vpc_cidrs=settings.policed_cidrs,
            bundle_url=settings.database.ca_bundle_url,
        )
        return self._install("ExternalSecrets", chart, identity)

    def _karpenter(self, node_subnet_terms: tuple[dict[str, Any], ...], key: kms.IKey) -> IDependable:
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
            network_policies=settings.cluster.network_policies,
            node=NodeTemplate(
                instance_profile=aws.instance_profile.instance_profile_name,
                security_group_ids=(self._cluster.cluster_security_group_id,),
                subnet_selector_terms=node_subnet_terms,
                disk_gib=settings.cluster.nodes.disk_gib,
                kms_key_arn=key.key_arn,
                tags={"Name": f"{settings.name}/karpenter", **settings.all_tags},
                kubernetes_version=settings.cluster.kubernetes_version,
                ami=load_releases().kubernetes.versions[settings.cluster.kubernetes_version].ami,
            ),
            workers=tuple(_worker_pool(each) for each in settings.airflow.worker_sets),
            task_pods=_task_pods(settings),
            spark=karpenter.SparkNodes(max_vcpus=settings.spark.max_vcpus, disk_gib=settings.spark.disk_gib)
            if settings.addons.spark_operator
            else None,
        )
        self.spot_rule = aws.spot_rule
        pools = self._install("Karpenter", chart, aws)
        # Between the pools and what needs their nodes: a deletion looks there whether Karpenter can take them away.
        asked = self._clearing.before_node_pools(self, "BeforeNodePools")
        asked.node.add_dependency(pools)
        return asked


def _read_client_secret(oidc: OidcSettings | None) -> list[iam.PolicyStatement]:
    """Read the secret of the client that the load balancer signs people in with."""
    return _read_given("OidcClientSecret", oidc.client_secret_arn, oidc.client_secret_key_arn) if oidc else []


def _read_git_secret(git: GitSettings | None) -> list[iam.PolicyStatement]:
    """Read what a git repository outside AWS CodeCommit is read with."""
    return _read_given("GitSecret", git.secret_arn, git.secret_key_arn) if git and git.secret_arn else []


def _read_given(sid: str, secret_arn: str, key_arn: str | None) -> list[iam.PolicyStatement]:
    """Read a secret that the settings name, and use the key that it is encrypted with."""
    read = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    found = [allow(f"Read{sid}", read, [secret_arn])]
    if key_arn:
        found.append(allow(f"Decrypt{sid}", ["kms:Decrypt"], [key_arn]))
    return found


def _worker_pool(workers: WorkerSet) -> karpenter.WorkerPool:
    room = capacity.node_room(workers)
    return karpenter.WorkerPool(
        name=worker_pool(workers.queue),
        cpu_limit=room.vcpus,
        memory_limit_gib=room.memory_gib,
        spot=workers.spot,
        instance_categories=workers.instance_categories,
    )


def _task_pods(settings: Settings) -> karpenter.WorkerPool | None:
    task_pods = settings.airflow.task_pods
    if not task_pods.enabled:
        return None
    room = capacity.task_pod_room(task_pods)
    return karpenter.WorkerPool(
        name=TASK_PODS_POOL,
        cpu_limit=room.vcpus,
        memory_limit_gib=room.memory_gib,
        spot=task_pods.spot,
        instance_categories=task_pods.instance_categories,
        longest_task=f"{settings.airflow.workers.longest_task_hours}h",
    )
