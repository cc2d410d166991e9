"""Spark: a team reaches its own files and nothing else; where it is off, nothing of it is there."""

from __future__ import annotations

from typing import Any

from settings.spark import SparkSettings
from tests.support.deployment import Deployment


def statements(deployment: Deployment, path: str) -> dict[str, dict[str, Any]]:
    role = deployment.one("AWS::IAM::Role", stack="Spark", path=path)
    listed = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    return {each["Sid"]: each for each in listed}


def bucket(deployment: Deployment) -> str:
    return deployment.one("AWS::S3::Bucket", path="/SparkBucket/").att("Arn")


def test_each_team_has_an_identity_in_its_namespace(internet: Deployment) -> None:
    found = {
        each.properties["Namespace"]: each.properties["ServiceAccount"]
        for each in internet.all("AWS::EKS::PodIdentityAssociation", stack="Spark")
    }
    assert found == {
        "spark-analytics": "spark",
        "spark-reports": "spark",
        "spark-history": "spark-history-server",
    }


def test_a_team_reaches_its_own_files_alone(internet: Deployment) -> None:
    arn = bucket(internet)
    for team, other in (("analytics", "reports"), ("reports", "analytics")):
        found = statements(internet, f"/Team-{team}/")
        assert set(found) == {"ListOwnFiles", "UseOwnFiles", "UseKey"}
        assert found["UseOwnFiles"]["Resource"] == [f"{arn}/event-logs/{team}/*", f"{arn}/teams/{team}/*"]
        assert found["ListOwnFiles"]["Resource"] == arn
        prefixes = found["ListOwnFiles"]["Condition"]["StringLike"]["s3:prefix"]
        assert set(prefixes) == {f"event-logs/{team}", f"event-logs/{team}/*", f"teams/{team}", f"teams/{team}/*"}
        assert other not in str(found)


def test_a_team_whose_name_begins_like_another_is_another(internet: Deployment) -> None:
    # `teams/report*` would let the team `report` at what is of `reports`.
    for team in internet.settings.spark.teams:
        for statement in statements(internet, f"/Team-{team}/").values():
            resources = statement["Resource"]
            for resource in [resources] if isinstance(resources, str) else resources:
                assert "*" not in resource or resource.endswith("/*")


def test_the_history_server_only_reads_event_logs(internet: Deployment) -> None:
    found = statements(internet, "/HistoryServerIdentity/")
    assert {sid: each["Action"] for sid, each in found.items()} == {
        "ListEventLogs": "s3:ListBucket",
        "ReadEventLogs": "s3:GetObject",
        "Decrypt": "kms:Decrypt",
    }
    assert found["ReadEventLogs"]["Resource"] == f"{bucket(internet)}/event-logs/*"


def test_event_logs_expire_and_files_of_teams_do_not(deployment: Deployment) -> None:
    for each in deployment.all("AWS::S3::Bucket", path="/SparkBucket/"):
        rules = {rule["Id"]: rule for rule in each.properties["LifecycleConfiguration"]["Rules"]}
        expiring = [rule for rule in rules.values() if "ExpirationInDays" in rule]
        assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [
            ("event-logs/", deployment.settings.spark.event_log_expiration_days)
        ]
        key = deployment.one("AWS::KMS::Key").att("Arn")
        [encryption] = each.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


def test_where_it_is_off_nothing_of_it_is_there(sidecar: Deployment) -> None:
    assert not sidecar.settings.addons.spark_operator
    assert "Spark" not in sidecar.templates
    assert not sidecar.all("AWS::S3::Bucket", path="/SparkBucket/")
    left = [str(each) for each in sidecar.installed if "spark" in str(each)]
    assert left == []
    environment = sidecar.releases["airflow"].manifest["env"]
    assert "AIRFLOW_VAR_SPARK" not in {entry["name"] for entry in environment}


def test_the_default_is_one_team_and_no_history_server(aws: Deployment) -> None:
    assert list(SparkSettings().teams) == ["team-a"]
    namespaces = {each.name for each in aws.objects if each.kind == "Namespace"}
    assert {"spark-operator", "spark-team-a"} <= namespaces
    assert "spark-history" not in namespaces
