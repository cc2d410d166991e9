"""Platform: the one stack that a person deploys and destroys. It wires the nested ones."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Environment, NestedStack, Stack, Tags
from aws_cdk import aws_kms as kms

from airflow_eks.deployment_guard import DeploymentGuard
from airflow_eks.encryption_key import EncryptionKey
from airflow_eks.tags import charge_to
from charts.airflow import DagRepository
from constructs import Construct
from settings import Registry, Settings
from stacks.airflow import Airflow
from stacks.alarms import Alarms
from stacks.cluster import Cluster
from stacks.controllers import Controllers
from stacks.dag_source import DagSource
from stacks.network import ExistingNetwork, Network
from stacks.removal import Removal
from stacks.spark import Spark
from stacks.state import State


class Platform(Stack):
    """Airflow on Amazon EKS.

    The account is not fixed, so that no look-up is needed to synthesize; the region is, because China's endpoints and
    the container registry's name depend on it.
    """

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.name,
            env=Environment(region=settings.region),
            description=f"Apache Airflow on Amazon EKS, size {settings.size}",
            termination_protection=settings.deletion_protection,
            # CloudFormation passes these on to what has no tags in a template.
            tags=settings.tags_of("platform"),
        )
        for tag, value in settings.tags_of("platform").items():
            Tags.of(self).add(tag, value)
        registry = Registry(settings=settings, account=Aws.ACCOUNT_ID)
        key = EncryptionKey(
            self,
            "EncryptionKey",
            name=settings.name,
            region=settings.region,
            dns_suffix=settings.facts.dns_suffix,
            removal_policy=Removal.of(settings).everything_else,
        ).key

        guard = DeploymentGuard(self, "Guard", name=settings.name, key=key)
        network = self._network(settings, key)
        state = State(self, "State", settings=settings, vpc=network.vpc, subnets=network.data, guard=guard, key=key)
        cluster = Cluster(
            self,
            "Cluster",
            settings=settings,
            registry=registry,
            vpc=network.vpc,
            subnets=network.private,
            guard=guard,
            key=key,
        )
        controllers = Controllers(
            self,
            "Controllers",
            settings=settings,
            registry=registry,
            cluster=cluster.eks,
            clearing=cluster.clearing,
            vpc_id=network.vpc.vpc_id,
            node_subnet_terms=network.node_subnet_terms,
            secret_arns=state.secret_arns,
            grafana=state.grafana_inputs,
            key=key,
        )
        codecommit_repository = settings.dags.existing_repository
        dag_source = None
        if codecommit_repository is None and settings.dags.git is None:
            dag_source = DagSource(self, "DagSource", settings=settings, key=key)
            codecommit_repository = dag_source.name
        dag_repository = _dag_repository(settings, codecommit_repository)
        airflow = Airflow(
            self,
            "Airflow",
            settings=settings,
            registry=registry,
            cluster=cluster.eks,
            clearing=cluster.clearing,
            state=state,
            dag_repository=dag_repository,
            codecommit_repository=codecommit_repository,
            load_balancer_subnet_ids=network.load_balancer_subnet_ids,
            key=key,
        )
        # What a value passes between is ordered by CloudFormation; this is the rest: who needs whom while it runs.
        state.node.add_dependency(network)
        cluster.node.add_dependency(network)
        controllers.node.add_dependency(cluster)
        airflow.node.add_dependency(controllers)
        if state.spark_bucket is not None:
            Spark(
                self,
                "Spark",
                settings=settings,
                registry=registry,
                cluster=cluster.eks,
                clearing=cluster.clearing,
                bucket=state.spark_bucket,
                key=key,
            ).node.add_dependency(controllers)
        if dag_source is not None:
            airflow.node.add_dependency(dag_source)
        if settings.alarms.enabled:
            Alarms(
                self,
                "Alarms",
                settings=settings,
                cluster=cluster.eks,
                state=state,
                spot_rule=controllers.spot_rule,
                certificate_arn=airflow.certificate_arn,
                key=key,
            ).node.add_dependency(airflow)
        charge_to(network, "network")
        charge_to(cluster, "cluster")
        charge_to(controllers, "addons")
        charge_to(airflow, "airflow")
        nested = [each for each in self.node.children if isinstance(each, NestedStack)]
        for stack in nested:
            stack.node.add_dependency(guard.ready)
        cluster.clearing.before_everything(self, "Clearing", nested=nested)
        guard.protect_database(state.database.cluster, protected=settings.deletion_protection, after=nested)
        self._outputs(settings, state=state, dag_repository_url=dag_repository.url)

    def _network(self, settings: Settings, key: kms.IKey) -> Network | ExistingNetwork:
        if settings.network.existing_vpc is not None:
            return ExistingNetwork(self, "Network", settings=settings, vpc=settings.network.existing_vpc)
        return Network(self, "Network", settings=settings, key=key)

    def _outputs(self, settings: Settings, *, state: State, dag_repository_url: str) -> None:
        outputs = {
            "ClusterName": settings.name,
            "KubeconfigCommand": f"aws eks update-kubeconfig --region {settings.region} --name {settings.name}",
            "DagRepositoryUrl": dag_repository_url,
            "AdminSecretArn": state.secret_arns.admin,
            "LogBucketName": state.log_bucket.bucket_name,
            "DatabaseEndpoint": state.database.cluster.cluster_endpoint.hostname,
        }
        for id_, value in outputs.items():
            CfnOutput(self, id_, value=value)


def _dag_repository(settings: Settings, codecommit_repository: str | None) -> DagRepository:
    git = settings.dags.git
    if git is None:
        url = settings.facts.codecommit_url(repository=str(codecommit_repository), region=settings.region)
        return DagRepository(url=url, region=settings.region, credentials="codecommit")
    by_key = git.is_ssh
    return DagRepository(
        url=git.url,
        region=settings.region,
        credentials="ssh-key" if by_key else "password" if git.secret_arn else "none",
        secret_arn=git.secret_arn,
        known_hosts=git.known_hosts,
    )
