"""Connections: into Secrets Manager, whole or not at all."""

from __future__ import annotations

import json

import pytest

from tests.ops.migrate.conftest import Both
from tests.ops.migrate.fake_old import connection

SECRET = 'p@ss:w/rd?%#é"'
MY_DB = {
    "conn_type": "postgres",
    "description": "The warehouse",
    "login": "etl",
    "password": SECRET,
    "host": "db.example.com",
    "port": 5432,
    "schema": "dw",
    "extra": '{"sslmode": "require"}',
}
EXPORT = json.dumps({"my_db": MY_DB})
DEFAULT = {"conn_type": "postgres", "login": "postgres", "password": "airflow", "host": "postgres", "schema": "airflow"}


def test_an_export_becomes_secrets(both: Both) -> None:
    result = both.migrate("connections", stdin=EXPORT)
    assert result.exit_code == 0, result.output
    wanted = {key: value for key, value in MY_DB.items() if key != "description"} | {"extra": {"sslmode": "require"}}
    assert both.secrets == {"airflow/connections/my_db": wanted}
    described = both.aws.client("secretsmanager").describe_secret(SecretId="airflow/connections/my_db")
    assert described["Description"] == "The warehouse"
    assert {each["Key"] for each in described["Tags"]} == {"airflow-eks/deployment", "airflow-eks/made-by"}


def test_a_second_run_changes_nothing(both: Both) -> None:
    both.migrate("connections", stdin=EXPORT)
    assert both.states("connections", stdin=EXPORT) == {"my_db": "same"}
    versions = both.aws.client("secretsmanager").list_secret_version_ids(SecretId="airflow/connections/my_db")
    assert len(versions["Versions"]) == 1


def test_a_plan_makes_nothing(both: Both) -> None:
    result = both.migrate("connections", "--plan", stdin=EXPORT)
    assert result.exit_code == 0
    assert "1 new" in result.output
    assert not both.secrets


def test_no_secret_is_shown(both: Both) -> None:
    shown = [both.migrate("connections", *more, stdin=EXPORT).output for more in ((), ("-o", "json"), ("--overwrite",))]
    assert SECRET not in "".join(shown)
    both.aws.client("secretsmanager").delete_secret(SecretId="airflow/connections/my_db")
    assert SECRET not in both.migrate("connections", stdin=EXPORT).output


def test_another_value_is_a_conflict_until_it_may_be_overwritten(both: Both) -> None:
    both.migrate("connections", stdin=EXPORT)
    other = json.dumps({"my_db": {**MY_DB, "password": "new"}})
    result = both.migrate("connections", stdin=other)
    assert result.exit_code == 1
    assert "--overwrite" in result.output
    assert both.secrets["airflow/connections/my_db"]["password"] == SECRET
    assert both.states("connections", "--overwrite", stdin=other) == {"my_db": "changed"}
    assert both.secrets["airflow/connections/my_db"]["password"] == "new"


def test_one_that_the_deployment_has_by_hand(both: Both) -> None:
    both.new.connections["my_db"] = {"connection_id": "my_db"}
    result = both.migrate("connections", stdin=EXPORT)
    assert result.exit_code == 1
    assert "would hide" in result.output
    assert not both.secrets


@pytest.mark.parametrize("id_", ["airflow_db", "aws_default", "kubernetes_default"])
def test_those_of_the_deployment_stay(both: Both, id_: str) -> None:
    assert both.states("connections", "--with-defaults", "--overwrite", stdin=json.dumps({id_: MY_DB})) == {
        id_: "left out"
    }
    assert not both.secrets


@pytest.mark.parametrize(("id_", "why"), [("team--db", "team"), ("old:/style#1", "letters, digits")])
def test_ids_that_airflow_would_not_find(both: Both, id_: str, why: str) -> None:
    result = both.migrate("connections", stdin=json.dumps({id_: MY_DB}))
    assert result.exit_code == 1
    assert "refused" in result.output
    assert why in result.output


def test_a_secret_that_is_about_to_be_deleted(both: Both) -> None:
    both.migrate("connections", stdin=EXPORT)
    both.aws.client("secretsmanager").delete_secret(SecretId="airflow/connections/my_db")
    result = both.migrate("connections", stdin=EXPORT)
    assert result.exit_code == 1
    assert "restore-secret --region us-west-2 --secret-id airflow/connections/my_db" in result.output


class TestDefaults:
    def test_those_that_nobody_changed_are_left_out(self, both: Both) -> None:
        export = json.dumps({"postgres_default": DEFAULT})
        assert both.states("connections", stdin=export) == {"1 defaults": "left out"}
        assert both.states("connections", "--with-defaults", stdin=export) == {"postgres_default": "new"}

    def test_one_with_another_password_is_somebodys(self, both: Both) -> None:
        export = json.dumps({"postgres_default": {**DEFAULT, "password": "mine"}})
        assert both.states("connections", stdin=export) == {"postgres_default": "new"}


class TestByTheApi:
    def test_airflow_2_tells_no_password(self, both: Both) -> None:
        both.old.connections = [connection(f"c{number}") for number in range(4)] + [connection("a/b")]
        result = both.migrate("connections")
        assert result.exit_code == 1
        assert "5 not given" in result.output
        assert "airflow connections export - --file-format json | python -m ops migrate connections" in result.output
        assert not both.secrets

    def test_airflow_3_says_which_have_none(self, both: Both) -> None:
        both.old.version = "3.3.2"
        both.old.connections = [
            connection("open", host="https://api.example.com"),
            connection("empty", password=""),
            connection("locked", password="***"),
            connection("deep", extra='{"keyfile_dict": "***", "project": "p"}'),
        ]
        assert both.states("connections") == {
            "open": "new",
            "empty": "new",
            "locked": "not given",
            "deep": "not given",
        }
        assert both.secrets == {
            "airflow/connections/empty": {"conn_type": "generic"},
            "airflow/connections/open": {"conn_type": "generic", "host": "https://api.example.com"},
        }

    @pytest.mark.parametrize("version", ["2.11.2", "3.3.2"])
    def test_after_an_export_it_agrees(self, both: Both, version: str) -> None:
        both.migrate("connections", stdin=EXPORT)
        both.old.version = version
        told = {key: value for key, value in MY_DB.items() if key != "password"}
        told["extra"] = '{"sslmode":"require"}'
        both.old.connections = [connection("my_db", **told, **({} if version[0] == "2" else {"password": "***"}))]
        result = both.migrate("connections")
        assert result.exit_code == 0, result.output
        assert "as far as it can be seen" in result.output
        both.old.connections[0]["host"] = "elsewhere"
        assert both.states("connections") == {"my_db": "conflict"}
