"""Charts with made-up surroundings, for tests that need no stack."""

from __future__ import annotations

from typing import Any

import cdk8s

from charts import external_secrets, karpenter, keda, load_balancer_controller, storage
from charts.airflow import AirflowChart, DagRepository, DagVolume, Endpoints, LoadBalancer, SecretArns
from charts.node_pools import NodeTemplate
from charts.placement import TASK_PODS_POOL, worker_pool
from charts.spark import SparkChart
from charts.task_pods import TaskPodsChart
from settings import Registry, Settings, build_settings, load_releases
from tests.support.sources import of_sources

ACCOUNT = "111122223333"
SPARK_BUCKET = "spark-bucket"
Object = dict[str, Any]


def settings_for(partition: str, **chosen: Any) -> Settings:
    return build_settings({"partition": partition, **chosen})


def dag_repository(settings: Settings) -> DagRepository:
    """The repository of the settings, with the name of one in AWS CodeCommit made up."""
    git = settings.dags.git
    if git is None:
        url = settings.facts.codecommit_url(repository="airflow-dags", region=settings.region)
        return DagRepository(url=url, region=settings.region, credentials="codecommit")
    return DagRepository(
        url=git.url,
        region=settings.region,
        credentials="ssh-key" if git.known_hosts else "password" if git.secret_arn else "none",
        secret_arn=git.secret_arn,
        known_hosts=git.known_hosts,
    )


def build_charts(settings: Settings) -> dict[str, list[Object]]:
    """The output of every chart, by name: objects and releases in their order."""
    return of_sources("charts", (settings.model_dump_json(),), lambda: _built(settings))


def _built(settings: Settings) -> dict[str, list[Object]]:
    registry = Registry(settings=settings, account=ACCOUNT)
    app = cdk8s.App()

    def arn(service: str, resource: str) -> str:
        return f"arn:{settings.partition}:{service}:{settings.region}:{ACCOUNT}:{resource}"

    key = arn("kms", "key/00000000-1111-2222-3333-444444444444")
    charts = {
        "storage": storage.StorageChart(app, "storage", kms_key_arn=key, ebs=True, efs=True),
        "keda": keda.KedaChart(app, "keda", registry=registry, vpc_cidrs=settings.policed_cidrs),
        "external-secrets": external_secrets.ExternalSecretsChart(
            app,
            "external-secrets",
            registry=registry,
            vpc_cidrs=settings.policed_cidrs,
            bundle_url=settings.database.ca_bundle_url,
        ),
        "load-balancer-controller": load_balancer_controller.LoadBalancerControllerChart(
            app,
            "load-balancer-controller",
            registry=registry,
            cluster_name=settings.name,
            region=settings.region,
            vpc_id="vpc-0123456789abcdef0",
            waf=settings.airflow.ingress.waf,
            tags=settings.tags_of("airflow"),
        ),
        "karpenter": karpenter.KarpenterChart(
            app,
            "karpenter",
            registry=registry,
            cluster_name=settings.name,
            cluster_endpoint="https://cluster.example.com",
            interruption_queue="interruptions",
            network_policies=settings.cluster.network_policies,
            node=NodeTemplate(
                instance_profile="nodes",
                security_group_ids=("sg-0123456789abcdef0",),
                subnet_selector_terms=({"tags": {"karpenter.sh/discovery": settings.name}},),
                disk_gib=settings.cluster.nodes.disk_gib,
                kms_key_arn=key,
                tags=settings.all_tags,
                kubernetes_version=settings.cluster.kubernetes_version,
                ami=load_releases().kubernetes.versions[settings.cluster.kubernetes_version].ami,
            ),
            workers=tuple(
                karpenter.WorkerPool(
                    name=worker_pool(each.queue),
                    cpu_limit=60,
                    memory_limit_gib=240,
                    spot=each.spot,
                    instance_categories=each.instance_categories,
                )
                for each in settings.airflow.worker_sets
            ),
            task_pods=karpenter.WorkerPool(
                name=TASK_PODS_POOL,
                cpu_limit=64,
                memory_limit_gib=256,
                spot=settings.airflow.task_pods.spot,
                instance_categories=settings.airflow.task_pods.instance_categories,
                longest_task="24h",
            )
            if settings.airflow.task_pods.enabled
            else None,
            spark=karpenter.SparkNodes(max_vcpus=settings.spark.max_vcpus, disk_gib=settings.spark.disk_gib)
            if settings.addons.spark_operator
            else None,
        ),
        "spark": SparkChart(
            app,
            "spark",
            spark=settings.spark,
            registry=registry,
            region=settings.region,
            bucket=SPARK_BUCKET,
            airflow_namespace="airflow",
            airflow_accounts={"worker": "airflow-worker", "triggerer": "airflow-triggerer"},
            vpc_cidrs=settings.policed_cidrs,
        ),
        "task-pods": TaskPodsChart(
            app,
            "task-pods",
            task_pods=settings.airflow.task_pods,
            airflow_namespace="airflow",
            airflow_accounts={"worker": "airflow-worker", "triggerer": "airflow-triggerer"},
            network_policies=settings.cluster.network_policies,
        ),
        "airflow": AirflowChart(
            app,
            "airflow",
            settings=settings,
            registry=registry,
            secret_arns=SecretArns(
                **{
                    name: arn("secretsmanager", f"secret:{name}-AbCdEf")
                    for name in ("database", "pooler", "broker", "fernet", "api", "jwt", "admin")
                }
            ),
            endpoints=Endpoints(
                database_host="database.example.com",
                database_name="airflow",
                broker_host="broker.example.com",
                log_bucket="task-logs-bucket",
                spark_bucket=SPARK_BUCKET if settings.addons.spark_operator else None,
            ),
            dag_volume=DagVolume(file_system_id="fs-0123456789abcdef0", access_point_id="fsap-0123456789abcdef0")
            if settings.dags.delivery == "efs"
            else None,
            dag_repository=dag_repository(settings),
            load_balancer=LoadBalancer(
                name="airflow-airflow",
                certificate_arn=settings.airflow.ingress.certificate_arn,
                web_acl_arn=arn("wafv2", "regional/webacl/airflow/1") if settings.airflow.ingress.waf else None,
                arn_prefix=arn("elasticloadbalancing", "loadbalancer/app/"),
                keys_url=settings.facts.load_balancer_keys_url(settings.region),
            ),
        ),
    }
    return {name: chart.to_json() for name, chart in charts.items()}


def release_values(objects: list[Object], name: str) -> Object:
    """The values of the release with this name."""
    (release,) = [item for item in objects if item["kind"] == "HelmRelease" and item["metadata"]["name"] == name]
    values: Object = release["spec"]["values"]
    return values
