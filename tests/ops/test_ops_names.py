"""What ops may not import, it repeats; here each name is compared with the one that is deployed."""

from __future__ import annotations

from charts.addons import AddonContext, EksAddon, enabled_addons
from charts.airflow import COMPONENTS, LOG_PREFIX, NAMESPACE, components, dag_delivery, dag_volume, workers
from charts.placement import SERVICES_POOL, WORKERS_POOL
from ops import names
from ops.preflight import account, kubernetes
from settings import Registry, build_settings
from settings.types import RESERVED_QUEUES
from tests.support.deployment import Deployment


def test_of_charts() -> None:
    assert names.AIRFLOW_NAMESPACE == NAMESPACE
    assert names.RELEASE == components.RELEASE
    assert names.DAG_CLAIM == dag_volume.CLAIM
    assert names.TASK_LOG_PREFIX == LOG_PREFIX
    assert set(names.NODE_POOLS) == {SERVICES_POOL, WORKERS_POOL}
    assert set(names.AIRFLOW_COMPONENTS) > {*COMPONENTS, f"worker-{workers.DEFAULT_SET}"} - {"worker"}
    assert workers.DEFAULT_SET in RESERVED_QUEUES


def test_of_airflows_environment(aws: Deployment) -> None:
    environment = {item["name"] for item in aws.releases["airflow"].manifest["env"]}
    own = {name.removeprefix("AIRFLOW_CONN_").lower() for name in environment if name.startswith("AIRFLOW_CONN_")}
    # The chart itself adds the one of its own database.
    assert {*own, "airflow_db"} == set(names.OWN_CONNECTIONS)
    own = {name.removeprefix("AIRFLOW_VAR_").lower() for name in environment if name.startswith("AIRFLOW_VAR_")}
    assert own == set(names.OWN_VARIABLES)
    assert dag_delivery._CONNECTION == names.BUNDLE_CONNECTION


def test_of_spark(aws: Deployment) -> None:
    assert aws.releases["spark-operator"].namespace == names.SPARK_OPERATOR_NAMESPACE
    # The chart names them after the release.
    assert all(name.startswith(f"{aws.releases['spark-operator'].name}-") for name in names.SPARK_OPERATOR)
    quotas = {str(each.namespace): each.name for each in aws.objects if each.kind == "ResourceQuota"}
    of_teams = [name for namespace, name in quotas.items() if namespace.startswith(names.TEAM_NAMESPACE)]
    assert of_teams == [names.TEAM_QUOTA]
    assert "Spark" in aws.templates


def test_of_the_namespaces_of_controllers(aws: Deployment, internet: Deployment) -> None:
    installed = {
        str(each.namespace)
        for deployment in (aws, internet)
        for each in deployment.installed
        if each.kind in ("Deployment", "HelmRelease")
    }
    assert installed - {names.AIRFLOW_NAMESPACE} <= names.PLATFORM_NAMESPACES
    # A switch is off by default for the one that EKS makes.
    made = {each.name for each in aws.objects if each.kind == "Namespace"}
    assert names.PLATFORM_NAMESPACES - made <= {"kube-system", "amazon-cloudwatch", "spark-history"}


def test_of_constructs() -> None:
    settings = build_settings({})
    context = AddonContext(
        settings=settings,
        registry=Registry(settings=settings, account="123456789012"),
        partition="aws",
        account="123456789012",
        vpc_id="vpc-1",
        key_arn="arn:aws:kms:us-west-2:123456789012:key/1",
    )
    installed = {name: addon.name for name, addon in enabled_addons(context) if isinstance(addon, EksAddon)}
    assert installed == kubernetes.ADDONS
    assert set(names.ADDON_CONTROLLERS) < set(installed.values())


def test_of_the_synthesized_application(aws: Deployment) -> None:
    root = aws.templates["Root"]
    assert {"ClusterName", "KubeconfigCommand", "DagRepositoryUrl", "AdminSecretArn", "LogBucketName"} <= set(
        root["Outputs"]
    )
    assert aws.manifest["requiresBootstrapStackVersion"] == account.BOOTSTRAP_VERSION
    assert aws.manifest["bootstrapStackVersionSsmParameter"] == account.bootstrap_parameter()
    assert {resource.type for resource in aws.resources.values()} >= READ


# What verify and status look for among the resources of the stack.
READ = {
    "AWS::EFS::AccessPoint",
    "AWS::EFS::FileSystem",
    "AWS::EFS::MountTarget",
    "AWS::EKS::Addon",
    "AWS::EKS::Nodegroup",
    "AWS::EKS::PodIdentityAssociation",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "Custom::AWSCDK-EKS-HelmChart",
}
