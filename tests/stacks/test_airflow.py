"""Airflow: a role per component, each with what it needs, and a release that points at this deployment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from charts.airflow import COMPONENTS
from tests.support.deployment import Deployment
from tests.support.order import Order

# What each component may do, without what is for all.
DUTIES = {
    "api-server": {"s3:ListBucket", "s3:GetObject"},
    "scheduler": set(),
    "dag-processor": set(),
    "triggerer": {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey"},
    "worker": {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey"},
}
# With the key of the repository, for CodeCommit to use it in the name of who pulls.
PULL = {
    "codecommit:GitPull",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
FOR_ALL = {"secretsmanager:GetSecretValue", "kms:Decrypt"}


def statements(deployment: Deployment, component: str) -> list[dict[str, Any]]:
    role = deployment.one("AWS::IAM::Role", path=f"/Identity-{component}/")
    found: list[dict[str, Any]] = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def actions(found: list[dict[str, Any]]) -> set[str]:
    listed = (each["Action"] for each in found)
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def test_every_component_has_a_duty() -> None:
    assert set(DUTIES) == set(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_may_do_what_it_has_to(deployment: Deployment, component: str) -> None:
    duties = DUTIES[component] | FOR_ALL
    dags = deployment.settings.dags
    pulls = component == "dag-processor" or (dags.delivery != "efs" and component in ("triggerer", "worker"))
    if pulls and dags.git is None:
        has_key = dags.existing_repository is None or dags.existing_repository_key_arn
        duties = duties | (PULL if has_key else {"codecommit:GitPull"})
    assert actions(statements(deployment, component)) == duties


def test_the_key_of_the_repository_is_for_codecommit_alone(deployment: Deployment) -> None:
    dags = deployment.settings.dags
    found = [each for each in statements(deployment, "dag-processor") if each["Sid"] == "UseKeyOfRepository"]
    if dags.git is not None or (dags.existing_repository and not dags.existing_repository_key_arn):
        assert found == []
        return
    (use,) = found
    suffix = "amazonaws.com.cn" if deployment.settings.partition == "aws-cn" else "amazonaws.com"
    via = {"kms:ViaService": f"codecommit.{deployment.settings.region}.{suffix}"}
    assert use["Condition"] == {"StringEquals": via}
    own = deployment.one("AWS::KMS::Key").att("Arn")
    assert use["Resource"] == (dags.existing_repository_key_arn or own)


@pytest.mark.parametrize("component", COMPONENTS)
def test_its_pods_get_the_role(deployment: Deployment, component: str) -> None:
    association = deployment.one("AWS::EKS::PodIdentityAssociation", path=f"/Identity-{component}/").properties
    role = deployment.one("AWS::IAM::Role", path=f"/Identity-{component}/")
    assert association["RoleArn"] == role.att("Arn")
    assert association["Namespace"] == deployment.releases["airflow"].namespace
    # The chart names service accounts after release and component.
    assert association["ServiceAccount"] == f"{deployment.releases['airflow'].name}-{component}"


@pytest.mark.parametrize("component", COMPONENTS)
def test_it_reads_the_deployments_connections_alone(internet: Deployment, component: str) -> None:
    [read] = [each for each in statements(internet, component) if each["Action"] == "secretsmanager:GetSecretValue"]
    prefix = "arn:${AWS::Partition}:secretsmanager:eu-central-1:${AWS::AccountId}:secret:team-a/"
    assert set(read["Resource"]) == {f"{prefix}connections/*", f"{prefix}variables/*"}


def test_logs_are_under_one_prefix(deployment: Deployment) -> None:
    bucket = deployment.one("AWS::S3::Bucket", path="/LogBucket/")
    folder = deployment.releases["airflow"].manifest["config"]["logging"]["remote_base_log_folder"]
    assert folder == f"s3://{bucket.ref}/task-logs"
    for component in ("api-server", "triggerer", "worker"):
        for each in statements(deployment, component):
            if "s3:ListBucket" in actions([each]):
                assert each["Condition"] == {"StringLike": {"s3:prefix": ["task-logs/*"]}}
                assert each["Resource"] == bucket.att("Arn")
            elif "s3:GetObject" in actions([each]):
                assert each["Resource"] == f"{bucket.att('Arn')}/task-logs/*"


def test_the_secrets_backend_looks_where_the_roles_may(internet: Deployment) -> None:
    backend = internet.releases["airflow"].manifest["config"]["secrets"]
    assert json.loads(backend["backend_kwargs"]) == {
        "connections_prefix": "team-a/connections",
        "variables_prefix": "team-a/variables",
    }


def test_the_pooler_reaches_the_database_and_all_else_the_pooler(deployment: Deployment) -> None:
    host = deployment.one("AWS::RDS::DBCluster").att("Endpoint.Address")
    config = deployment.object("ExternalSecret", "airflow-pgbouncer-config")["spec"]["target"]["template"]["data"]
    assert f"host={host} port=5432 dbname=airflow" in config["pgbouncer.ini"]
    connection = deployment.object("ExternalSecret", "airflow-metadata-connection")["spec"]["target"]["template"][
        "data"
    ]
    assert host not in str(connection)
    assert "@airflow-pgbouncer.airflow:6543/" in connection["connection"]


def test_the_deployment_ends_when_the_administrator_is_there(deployment: Deployment) -> None:
    (wait,) = [
        each
        for each in deployment.all("Custom::AWSCDK-EKS-KubernetesObjectValue")
        if each.properties["ObjectType"] == "job"
    ]
    job = deployment.object("Job", wait.properties["ObjectName"])
    assert job["metadata"]["namespace"] == wait.properties["ObjectNamespace"]
    assert wait.properties["JsonPath"] == ".status.succeeded"
    # Not before the release: the Job needs the pooler, which comes with it.
    assert deployment.releases["airflow"].address in Order(deployment.templates).before(wait.address)


def test_celery_reaches_the_queue_by_tls(deployment: Deployment) -> None:
    host = deployment.one("AWS::ElastiCache::ReplicationGroup").att("PrimaryEndPoint.Address")
    url = deployment.object("ExternalSecret", "airflow-broker-url")["spec"]["target"]["template"]["data"]["connection"]
    assert url.startswith("rediss://")
    assert f"@{host}:6379/0" in url


def test_the_load_balancer(aws: Deployment, internet: Deployment, cn_own_vpc: Deployment) -> None:
    def annotations(deployment: Deployment) -> dict[str, str]:
        found = deployment.releases["airflow"].manifest["ingress"]["apiServer"]["annotations"]
        return {key.partition("/")[2]: value for key, value in found.items()}

    assert annotations(aws)["scheme"] == "internal"
    for deployment in (internet, cn_own_vpc):
        found = annotations(deployment)
        assert found["scheme"] == "internet-facing"
        assert found["certificate-arn"] == deployment.settings.airflow.ingress.certificate_arn
        assert found["ssl-redirect"] == "443"
    assert annotations(internet)["inbound-cidrs"] == "203.0.113.0/24"
    assert internet.releases["airflow"].manifest["config"]["api"]["base_url"] == "https://airflow.example.com"


def test_a_snapshot_is_taken_where_the_image_changes(deployment: Deployment) -> None:
    settings = deployment.settings
    taken = deployment.one("Custom::MigrationSnapshot").properties
    (job,) = [each for each in deployment.objects if each.kind == "Job" and each.namespace == "airflow"]
    (container,) = job.manifest["spec"]["template"]["spec"]["containers"]
    assert taken["Image"] == container["image"]
    assert taken["Kept"] == str(settings.database.snapshots_before_migration)
    assert taken["Removed"] == str(settings.removal == "destroy").lower()


def test_snapshots_are_on_from_small_on(deployment: Deployment) -> None:
    assert (deployment.settings.database.snapshots_before_migration > 0) == (deployment.settings.size != "dev")


def test_the_snapshots_function_changes_no_other_snapshot(deployment: Deployment) -> None:
    role = deployment.one("AWS::IAM::Role", path="/MigrationSnapshot/")
    for statement in role.properties["Policies"][0]["PolicyDocument"]["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        snapshots = [each for each in resources if ":cluster-snapshot:" in each]
        if not statement["Sid"].startswith("Find"):
            assert all(each.endswith("-before-*") for each in snapshots)
