"""Controllers: each with its own permissions, and with room for what Airflow may ask for."""

from __future__ import annotations

import math

from settings.quantities import cores, gibibytes
from tests.support.deployment import Deployment


def test_external_secrets_reads_the_secrets_of_this_deployment_alone(deployment: Deployment) -> None:
    role = deployment.one("AWS::IAM::Role", path="/ExternalSecretsIdentity/")
    statements = {each["Sid"]: each for each in role.properties["Policies"][0]["PolicyDocument"]["Statement"]}
    reads = [statements.pop("ReadAirflowSecrets")]
    if deployment.settings.addons.grafana:
        reads.append(statements.pop("ReadGrafanaSecret"))
    decrypt, *of_settings = statements.values()
    named = deployment.settings.airflow.ingress.oidc or deployment.settings.dags.git
    assert bool(of_settings) == bool(named)
    for read in reads:
        assert set(read["Action"]) == {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}
    made = {each.ref for each in deployment.all("AWS::SecretsManager::Secret")}
    by_rds = deployment.one("AWS::RDS::DBCluster").att("MasterUserSecret.SecretArn")
    named_by_arn = [read["Resource"] for read in reads]
    assert {arn for each in named_by_arn for arn in ([each] if isinstance(each, str) else each)} == {*made, by_rds}
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Resource"] == deployment.one("AWS::KMS::Key").att("Arn")


def test_each_runs_as_the_account_that_has_its_role(deployment: Deployment) -> None:
    for path, release in (
        ("/ExternalSecretsIdentity/", "external-secrets"),
        ("/KarpenterResources/", "karpenter"),
        ("/LoadBalancerControllerIdentity/", "aws-load-balancer-controller"),
    ):
        association = deployment.one("AWS::EKS::PodIdentityAssociation", path=path).properties
        installed = deployment.releases[release]
        assert association["Namespace"] == installed.namespace
        assert association["ServiceAccount"] == installed.manifest["serviceAccount"]["name"]


def test_there_is_room_for_every_worker(deployment: Deployment) -> None:
    workers = deployment.settings.airflow.workers
    limits = deployment.object("NodePool", "airflow-workers")["spec"]["limits"]
    assert int(limits["cpu"]) >= workers.max * cores(workers.cpu)
    assert int(limits["memory"].removesuffix("Gi")) >= workers.max * gibibytes(workers.memory)


def test_a_mistake_does_not_become_a_bill(deployment: Deployment) -> None:
    workers = deployment.settings.airflow.workers
    limits = deployment.object("NodePool", "airflow-workers")["spec"]["limits"]
    assert int(limits["cpu"]) <= math.ceil(2 * workers.max * cores(workers.cpu))


def test_every_controller_is_pinned(deployment: Deployment) -> None:
    for release in deployment.releases.values():
        assert release.resource.properties["Version"].count(".") == 2, str(release)
        assert release.resource.properties["Wait"] is True, str(release)


def test_helm_can_still_say_why(deployment: Deployment) -> None:
    # The function that runs it ends after 15 minutes.
    for release in deployment.releases.values():
        timeout = release.resource.properties["Timeout"]
        assert 60 <= int(timeout.removesuffix("s")) < 14 * 60, str(release)
