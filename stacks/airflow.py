"""Airflow: the ways from the cluster to its data, an identity per component, and the release."""

from __future__ import annotations

import cdk8s
from aws_cdk import Aws, Duration, NestedStack, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks import broker, database, file_system
from airflow_eks.chart_installer import ChartInstaller
from airflow_eks.cluster_clearing import ClusterClearing
from airflow_eks.front_door import DomainCertificate, DomainRecord, WebAcl
from airflow_eks.iam import allow, decrypt, use_key, use_key_of_repository
from airflow_eks.migration_snapshot import MigrationSnapshot
from airflow_eks.pod_identity import PodIdentity
from charts import airflow as charts
from charts.task_pods import NAMESPACE as TASK_PODS_NAMESPACE
from charts.task_pods import SERVICE_ACCOUNT, TaskPodsChart
from constructs import Construct
from settings import Registry, Settings
from stacks.removal import Removal
from stacks.state import State

# The servers are there by then, which have waited for its longest part.
_SETUP_TIMEOUT = Duration.minutes(10)


class Airflow(NestedStack):
    """The last to come and the first to go."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        registry: Registry,
        cluster: eks.ICluster,
        clearing: ClusterClearing,
        state: State,
        dag_repository: charts.DagRepository,
        codecommit_repository: str | None,
        load_balancer_subnet_ids: tuple[str, ...],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Airflow: identities and the release")
        permissions = self._permissions(settings, state.log_bucket, codecommit_repository, key)
        identities = [
            PodIdentity(
                self,
                f"Identity-{component}",
                cluster_name=settings.name,
                namespace=charts.NAMESPACE,
                service_account=charts.service_account(component),
                description=f"Airflow {component} of {settings.name}",
                statements=statements,
            )
            for component, statements in permissions.items()
        ]
        chart = charts.AirflowChart(
            cdk8s.App(),
            "airflow",
            settings=settings,
            registry=registry,
            secret_arns=state.secret_arns,
            endpoints=charts.Endpoints(
                database_host=state.database.cluster.cluster_endpoint.hostname,
                database_name=database.DATABASE_NAME,
                broker_host=state.broker.group.attr_primary_end_point_address,
                log_bucket=state.log_bucket.bucket_name,
                spark_bucket=state.spark_bucket.bucket_name if state.spark_bucket else None,
            ),
            dag_volume=_dag_volume(state.file_system),
            dag_repository=dag_repository,
            load_balancer=self._load_balancer(settings, load_balancer_subnet_ids),
        )
        before: list[Construct] = [*self._admit_cluster(cluster, state), *identities]
        before.append(self._snapshot(settings, registry, state, key, Stack.of(scope).stack_id))
        if settings.airflow.task_pods.enabled:
            # On the way back, Airflow starts no pods any more when those that run are deleted with their namespace.
            before.append(self._task_pods(settings, cluster, clearing))
        installed = ChartInstaller(self, "Airflow", cluster=cluster, clearing=clearing, chart=chart, after=before)
        _wait_for_setup(self, cluster, chart).node.add_dependency(installed)
        ingress = settings.airflow.ingress
        if ingress.hosted_zone_id and ingress.domain:
            DomainRecord(
                self,
                "DomainRecord",
                cluster=cluster,
                domain=ingress.domain,
                hosted_zone_id=ingress.hosted_zone_id,
                namespace=charts.NAMESPACE,
                ingress=charts.INGRESS,
                scheme=ingress.effective_scheme,
            ).node.add_dependency(installed)

    def _snapshot(
        self, settings: Settings, registry: Registry, state: State, key: kms.IKey, root_stack: str
    ) -> MigrationSnapshot:
        image = registry.image("airflow")
        return MigrationSnapshot(
            self,
            "MigrationSnapshot",
            name=settings.name,
            cluster=state.database.cluster,
            image=str(image),
            version=image.tag,
            kept=settings.database.snapshots_before_migration,
            removed=not Removal.of(settings).keep,
            root_stack=root_stack,
            tags=settings.tags_of("database"),
            via_rds=settings.facts.via_service("rds", region=settings.region),
            key=key,
        )

    def _task_pods(self, settings: Settings, cluster: eks.ICluster, clearing: ClusterClearing) -> ChartInstaller:
        task_pods = settings.airflow.task_pods
        identity = PodIdentity(
            self,
            "TaskPodsIdentity",
            cluster_name=settings.name,
            namespace=TASK_PODS_NAMESPACE,
            service_account=SERVICE_ACCOUNT,
            description=f"Task pods of {settings.name}",
            policy_arns=task_pods.policies,
        )
        chart = TaskPodsChart(
            cdk8s.App(),
            "task-pods",
            task_pods=task_pods,
            airflow_namespace=charts.NAMESPACE,
            airflow_accounts={each: charts.service_account(each) for each in ("worker", "triggerer")},
            network_policies=settings.cluster.network_policies,
        )
        return ChartInstaller(self, "TaskPods", cluster=cluster, clearing=clearing, chart=chart, after=[identity])

    def _load_balancer(self, settings: Settings, subnet_ids: tuple[str, ...]) -> charts.LoadBalancer:
        """What the load balancer's controller is told of what is outside the cluster."""
        ingress, region = settings.airflow.ingress, settings.region
        certificate_arn, web_acl_arn = ingress.certificate_arn, None
        if ingress.makes_certificate and ingress.domain and ingress.hosted_zone_id:
            certificate_arn = DomainCertificate(
                self, "DomainCertificate", domain=ingress.domain, hosted_zone_id=ingress.hosted_zone_id
            ).arn
        if ingress.waf:
            web_acl_arn = WebAcl(self, "WebAcl", name=settings.name, rate_limit=ingress.waf_rate_limit).arn
        self.certificate_arn = certificate_arn
        return charts.LoadBalancer(
            name=charts.load_balancer_name(settings.name),
            subnet_ids=subnet_ids,
            certificate_arn=certificate_arn,
            web_acl_arn=web_acl_arn,
            arn_prefix=f"arn:{Aws.PARTITION}:elasticloadbalancing:{region}:{Aws.ACCOUNT_ID}:loadbalancer/app/",
            keys_url=settings.facts.load_balancer_keys_url(region),
        )

    def _admit_cluster(self, cluster: eks.ICluster, state: State) -> list[Construct]:
        """Let the cluster's security group, and nobody else, reach database, queue and file system.

        The rules are here, in the stack that comes after both sides: in either of them they would make a cycle.
        """
        doors = {
            "Database": (state.database.security_group, database.PORT),
            "Broker": (state.broker.security_group, broker.PORT),
        }
        if state.file_system:
            doors["DagFileSystem"] = (state.file_system.security_group, file_system.PORT)
        return [
            ec2.CfnSecurityGroupIngress(
                self,
                f"ClusterTo{name}",
                group_id=group.security_group_id,
                source_security_group_id=cluster.cluster_security_group_id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                description="Nodes and pods of the cluster",
            )
            for name, (group, port) in doors.items()
        ]

    def _permissions(
        self, settings: Settings, log_bucket: s3.IBucket, repository: str | None, key: kms.IKey
    ) -> dict[str, list[iam.PolicyStatement]]:
        """What each component may do: a table to be read in an audit."""
        logs = log_bucket.arn_for_objects(f"{charts.LOG_PREFIX}/*")
        connections = allow(
            "ReadConnectionsAndVariables",
            ["secretsmanager:GetSecretValue"],
            [
                f"arn:{Aws.PARTITION}:secretsmanager:{settings.region}:{Aws.ACCOUNT_ID}:secret:{prefix}/*"
                for prefix in charts.secret_prefixes(settings.name)
            ],
        )
        list_logs = allow(
            "ListTaskLogs",
            ["s3:ListBucket"],
            [log_bucket.bucket_arn],
            {"StringLike": {"s3:prefix": [f"{charts.LOG_PREFIX}/*"]}},
        )
        read_logs = allow("ReadTaskLogs", ["s3:GetObject"], [logs])
        write_logs = allow("WriteTaskLogs", ["s3:GetObject", "s3:PutObject"], [logs])
        pull = []
        if repository:
            arn = f"arn:{Aws.PARTITION}:codecommit:{settings.region}:{Aws.ACCOUNT_ID}:{repository}"
            pull = [allow("PullDags", ["codecommit:GitPull"], [arn])]
            # One of the deployment's own has the deployment's key.
            its_key = settings.dags.existing_repository_key_arn if settings.dags.existing_repository else key.key_arn
            if its_key:
                via = settings.facts.via_service("codecommit", region=settings.region)
                pull.append(use_key_of_repository(its_key, via=via))
        # The file system is written by one pod and read by the others; in the other ways each fetches for itself.
        readers_pull = [] if settings.dags.delivery == "efs" else pull
        return {
            "api-server": [connections, list_logs, read_logs, decrypt(key.key_arn)],
            "scheduler": [connections, decrypt(key.key_arn)],
            "dag-processor": [connections, *pull, decrypt(key.key_arn)],
            "triggerer": [connections, *readers_pull, list_logs, write_logs, use_key(key.key_arn)],
            "worker": [connections, *readers_pull, list_logs, write_logs, use_key(key.key_arn)],
        }


def _wait_for_setup(scope: Construct, cluster: eks.ICluster, chart: charts.AirflowChart) -> Construct:
    """The deployment is done when its administrator can sign in, and says which Job it is where that does not end."""
    return eks.KubernetesObjectValue(
        scope,
        f"Finished-{chart.setup_job}",
        cluster=cluster,
        object_type="job",
        object_name=chart.setup_job,
        object_namespace=charts.NAMESPACE,
        json_path=".status.succeeded",
        timeout=_SETUP_TIMEOUT,
    )


def _dag_volume(dags: file_system.DagFileSystem | None) -> charts.DagVolume | None:
    if dags is None:
        return None
    return charts.DagVolume(
        file_system_id=dags.file_system.file_system_id, access_point_id=dags.access_point.access_point_id
    )
