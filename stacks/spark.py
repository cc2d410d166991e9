"""Spark: a bucket, an identity per team, the operator, and the History Server where it is wanted."""

from __future__ import annotations

import cdk8s
from aws_cdk import NestedStack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.chart_installer import ChartInstaller
from airflow_eks.cluster_clearing import ClusterClearing
from airflow_eks.pod_identity import PodIdentity
from airflow_eks.spark_permissions import history_statements, team_statements
from airflow_eks.tags import charge_to
from charts import airflow
from charts import spark as charts
from constructs import Construct
from settings import Registry, Settings
from settings.spark import team_namespace


class Spark(NestedStack):
    """After the controllers, beside Airflow."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        registry: Registry,
        cluster: eks.ICluster,
        clearing: ClusterClearing,
        bucket: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Spark: teams' identities, operator, History Server")
        charge_to(self, "spark")
        self._settings, self._bucket, self._key = settings, bucket, key
        identities = [self._team(name) for name in sorted(settings.spark.teams)]
        if settings.spark.history_server:
            identities.append(self._history_server())
        chart = charts.SparkChart(
            cdk8s.App(),
            "spark",
            spark=settings.spark,
            registry=registry,
            region=settings.region,
            bucket=bucket.bucket_name,
            airflow_namespace=airflow.NAMESPACE,
            airflow_accounts={each: airflow.service_account(each) for each in ("worker", "triggerer")},
            vpc_cidrs=settings.policed_cidrs,
        )
        ChartInstaller(self, "Spark", cluster=cluster, clearing=clearing, chart=chart, after=identities)

    def _team(self, name: str) -> PodIdentity:
        prefixes = [charts.event_log_prefix(name), charts.team_prefix(name)]
        identity = PodIdentity(
            self,
            f"Team-{name}",
            cluster_name=self._settings.name,
            namespace=team_namespace(name),
            service_account=charts.SERVICE_ACCOUNT,
            description=f"Spark jobs of {name} on {self._settings.name}",
            statements=team_statements(
                bucket_arn=self._bucket.bucket_arn, key_arn=self._key.key_arn, prefixes=prefixes
            ),
        )
        charge_to(identity, "spark", team=name)
        return identity

    def _history_server(self) -> PodIdentity:
        return PodIdentity(
            self,
            "HistoryServerIdentity",
            cluster_name=self._settings.name,
            namespace=charts.HISTORY_NAMESPACE,
            service_account=charts.HISTORY_SERVER,
            description=f"Spark History Server of {self._settings.name}",
            statements=history_statements(
                bucket_arn=self._bucket.bucket_arn, key_arn=self._key.key_arn, prefix=charts.EVENT_LOG_PREFIX
            ),
        )
