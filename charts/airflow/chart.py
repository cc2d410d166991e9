"""Apache Airflow: namespace, secrets, DAG volume, and the release of its own chart."""

from __future__ import annotations

import cdk8s

from charts.airflow.components import HELM_TIMEOUT_SECONDS, RELEASE
from charts.airflow.dag_volume import AirflowDagVolume
from charts.airflow.endpoints import NAMESPACE
from charts.airflow.git_askpass import GitAskpass
from charts.airflow.git_credentials import GitCredentials
from charts.airflow.inputs import DagRepository, DagVolume, Endpoints, LoadBalancer, SecretArns
from charts.airflow.network_policies import airflow_flows
from charts.airflow.pgbouncer import PgBouncerWatch
from charts.airflow.secrets import AirflowSecrets
from charts.airflow.setup_job import SetupJob
from charts.airflow.sign_in import SignIn
from charts.airflow.spark_variable import spark_environment
from charts.airflow.task_pods import LOCAL_SETTINGS, connection_extra, task_pods_environment
from charts.airflow.values import airflow_values
from charts.helm_release import HelmRelease
from charts.load_balancer_controller import READINESS_GATE
from charts.namespace import namespace as make_namespace
from charts.network_policy import NetworkPolicies
from constructs import Construct
from settings import Registry, Settings
from settings.urls import port_of


class AirflowChart(cdk8s.Chart):
    """Everything of Airflow's in the cluster.

    The release is named ``airflow``: with another name the chart's own host name of the result backend would be wrong.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        registry: Registry,
        secret_arns: SecretArns,
        endpoints: Endpoints,
        dag_volume: DagVolume | None,
        dag_repository: DagRepository,
        load_balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE, labels=READINESS_GATE)
        task_pods = settings.airflow.task_pods.enabled
        secrets = AirflowSecrets(
            self,
            "secrets",
            namespace=NAMESPACE,
            region=settings.region,
            arns=secret_arns,
            endpoints=endpoints,
            pgbouncer=settings.airflow.pgbouncer,
            database_ca_bundle_url=settings.database.ca_bundle_url
            or settings.facts.database_ca_bundle_url(region=settings.region),
        )
        values = airflow_values(
            name=settings.name,
            airflow=settings.airflow,
            dags=settings.dags,
            registry=registry,
            endpoints=endpoints,
            repository=dag_repository,
            load_balancer=load_balancer,
            environment=[*_spark(settings, registry, endpoints.spark_bucket), *_task_pods(settings, registry)],
            kubernetes=connection_extra(registry) if task_pods else None,
            local_settings=LOCAL_SETTINGS.read_text(encoding="utf-8") if task_pods else "",
        )
        watch = PgBouncerWatch(self, "pgbouncer-watch", namespace=NAMESPACE)
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart("airflow"),
            release=RELEASE,
            namespace=NAMESPACE,
            timeout_seconds=HELM_TIMEOUT_SECONDS,
            values=values,
        )
        setup = SetupJob(
            self,
            "setup",
            namespace=NAMESPACE,
            image=registry.image("airflow"),
            admin=settings.airflow.admin,
            config=values["config"],
        )
        self.setup_job = setup.name
        """The Job after which the database is prepared and the administrator there."""
        parts: list[Construct] = [secrets, watch]
        if dag_volume:
            parts.append(AirflowDagVolume(self, "dags", namespace=NAMESPACE, volume=dag_volume))
        if dag_repository.credentials == "codecommit" and not registry.is_built("git-sync"):
            parts.append(GitAskpass(self, "git-askpass", namespace=NAMESPACE))
        if dag_repository.secret_arn:
            credentials = GitCredentials(
                self,
                "git-credentials",
                namespace=NAMESPACE,
                repository=dag_repository,
                secret_arn=dag_repository.secret_arn,
            )
            parts.append(credentials)
        if settings.cluster.network_policies:
            flows = airflow_flows(
                vpc_cidrs=settings.network.vpc_cidrs,
                repository_port=port_of(dag_repository.url),
                delivery=settings.dags.delivery,
            )
            parts.append(NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=flows))
        if settings.airflow.ingress.oidc:
            parts.append(SignIn(self, "sign-in", namespace=NAMESPACE, oidc=settings.airflow.ingress.oidc))
        for part in parts:
            part.node.add_dependency(namespace)
            setup.node.add_dependency(part)
        release.node.add_dependency(setup)


def _spark(settings: Settings, registry: Registry, bucket: str | None) -> list[dict[str, str]]:
    if bucket is None:
        return []
    return spark_environment(spark=settings.spark, registry=registry, region=settings.region, bucket=bucket)


def _task_pods(settings: Settings, registry: Registry) -> list[dict[str, str]]:
    if not settings.airflow.task_pods.enabled:
        return []
    return task_pods_environment(
        task_pods=settings.airflow.task_pods,
        registry=registry,
        longest_task_hours=settings.airflow.workers.longest_task_hours,
    )
