"""Airflow's secrets: generated, in a form that Airflow takes, and handed over under the names that it reads."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.deployment import Deployment, Resource

SECRET = "AWS::SecretsManager::Secret"

# Kubernetes Secret, key that Airflow's chart reads, where the value comes from.
SECRETS = [
    ("airflow-fernet-key", "fernet-key", "/Secrets/FernetKey/"),
    ("airflow-api-secret-key", "api-secret-key", "/Secrets/ApiSecretKey/"),
    ("airflow-jwt-secret", "jwt-secret", "/Secrets/JwtSecret/"),
    ("airflow-admin", "password", "/Secrets/Admin/"),
    ("airflow-metadata-connection", "connection", "/Secrets/Pooler/"),
    ("airflow-result-backend-connection", "connection", "/Secrets/Pooler/"),
    ("airflow-pgbouncer-stats", "connection", "/Secrets/Pooler/"),
    ("airflow-broker-url", "connection", "/Broker/"),
]


def generated(secret: Resource) -> dict[str, object]:
    found: dict[str, object] = secret.properties["GenerateSecretString"]
    return found


def test_a_fernet_key_comes_out(aws: Deployment) -> None:
    spec = generated(aws.one(SECRET, path="/FernetKey/"))
    assert spec["ExcludePunctuation"] is True
    template = aws.object("ExternalSecret", "airflow-fernet-key")["spec"]["target"]["template"]["data"]["fernet-key"]
    length = spec["PasswordLength"]
    assert isinstance(length, int)
    key = template.replace("{{ .key }}", "aB3" * 15)[:length] + template.removeprefix("{{ .key }}")
    assert len(base64.urlsafe_b64decode(key)) == 32


def test_the_administrators_name_is_the_settings(aws: Deployment) -> None:
    spec = generated(aws.one(SECRET, path="/Secrets/Admin/"))
    assert json.loads(str(spec["SecretStringTemplate"])) == {"username": aws.settings.airflow.admin.username}
    assert spec["GenerateStringKey"] == "password"


@pytest.mark.parametrize(("name", "key", "path"), SECRETS)
def test_it_comes_from_secrets_manager(aws: Deployment, name: str, key: str, path: str) -> None:
    spec = aws.object("ExternalSecret", name)["spec"]
    assert key in spec["target"]["template"]["data"]
    assert spec["target"]["name"] == name
    assert {each["remoteRef"]["key"] for each in spec["data"]} == {aws.one(SECRET, path=path).ref}


def test_the_databases_own_login_is_the_poolers(aws: Deployment) -> None:
    spec = aws.object("ExternalSecret", "airflow-pgbouncer-config")["spec"]
    assert set(spec["target"]["template"]["data"]) == {"pgbouncer.ini", "users.txt"}
    sources = {each["secretKey"]: each["remoteRef"]["key"] for each in spec["data"]}
    managed = aws.one("AWS::RDS::DBCluster").att("MasterUserSecret.SecretArn")
    assert sources["database_username"] == sources["database_password"] == managed
    assert sources["username"] == sources["password"] == aws.one(SECRET, path="/Secrets/Pooler/").ref


def test_the_poolers_login_is_not_the_databases(aws: Deployment) -> None:
    spec = generated(aws.one(SECRET, path="/Secrets/Pooler/"))
    assert (
        json.loads(str(spec["SecretStringTemplate"]))["username"]
        != (aws.one("AWS::RDS::DBCluster").properties["MasterUsername"])
    )
    # It is carried in URLs and in PgBouncer's file of users.
    assert spec["ExcludePunctuation"] is True


def test_all_that_a_template_asks_for_is_fetched(aws: Deployment) -> None:
    for each in aws.objects:
        if each.kind == "ExternalSecret":
            spec = each.manifest["spec"]
            fetched = {source["secretKey"] for source in spec["data"]}
            text = json.dumps(spec["target"]["template"]["data"])
            asked = {part.split()[0].rstrip("}") for part in text.split("{{ .")[1:]}
            assert asked == fetched, str(each)


def test_no_two_deployments_meet_by_name(deployment: Deployment) -> None:
    # A secret that waits for its deletion keeps its name for days.
    assert not any("Name" in each.properties for each in deployment.all(SECRET))


@pytest.mark.parametrize(("name", "removal"), [("dev", "Delete"), ("aws", "Retain"), ("own_vpc", "Delete")])
def test_what_is_left_of_them(request: pytest.FixtureRequest, name: str, removal: str) -> None:
    # Without the Fernet key, what a kept database holds could not be read.
    secrets = request.getfixturevalue(name).all(SECRET)
    assert len(secrets) == 7
    assert {each.removal for each in secrets} == {(removal.replace("Retain", "RetainExceptOnCreate"), removal)}
