"""What `ops migrate` brings, the real Airflow reads: from Secrets Manager in memory, and from its own database."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from ops.airflow_api import AirflowError
from ops.commands import app
from tests.local.conftest import AIRFLOW_PYTHON, Running
from tests.ops.migrate.fake_old import PASSWORD, USER, OldAirflow, pool, role, user, variable
from tests.ops.servers import serve

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

SECRET = 'p@ss:w/rd?%#é"'
GREETING = 'Grüß dich, 世界 🚀 "x"'
EXTRA = {"sslmode": "require", "nested": {"password": "deep", "list": [1, None]}}
CONNECTION = {
    "conn_type": "postgres",
    "description": "The warehouse",
    "login": "us@er",
    "password": SECRET,
    "host": "db.example.com",
    "port": 5432,
    "schema": "dw",
    "extra": json.dumps(EXTRA),
}
READ = """
import json
from airflow.models import Connection, Variable
made = Connection.get_connection_from_secrets("my_db")
fields = ("conn_type", "login", "password", "host", "port", "schema", "extra_dejson")
print(json.dumps([{field: getattr(made, field) for field in fields}, Variable.get("my_api_key")]))
"""
BACKEND = {
    "AIRFLOW__SECRETS__BACKEND": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
    "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(
        {"connections_prefix": "airflow/connections", "variables_prefix": "airflow/variables"}
    ),
}


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch, running: Running) -> Iterator[None]:
    """An AWS in memory, with a stack that says where the administrator's password is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-west-2",
    }.items():
        monkeypatch.setenv(name, value)
    password = (running.folder.path / "admin-password").read_text(encoding="utf-8").strip()
    admin = json.dumps({"username": "admin", "password": password})
    arn = boto3.client("secretsmanager").create_secret(Name="Admin", SecretString=admin)["ARN"]
    outputs = {name: {"Value": value} for name, value in {"AdminSecretArn": arn, "ClusterName": "airflow"}.items()}
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName="airflow", TemplateBody=json.dumps(template))
    try:
        yield
    finally:
        server.stop()


@pytest.mark.usefixtures("in_memory")
def test_the_real_airflow_has_what_was_brought(running: Running) -> None:
    old = OldAirflow(
        variables=[
            variable("greeting", GREETING, "hello"),
            variable("version", "1.10"),
            variable("my_api_key", SECRET),
        ],
        pools=[pool("etl 1", 4, "The ETL pool", include_deferred=True)],
        users=[user("viv", "Viewer", "team_a")],
        roles=[role("team_a", ("can_read", "DAGs"), ("can_read", "Datasets"), ("can_read", "No such thing"))],
    )
    with serve(old.respond) as url:
        arguments = ("variables", "pools", "users", "--from", url, "--user", USER)
        assert "6 new" in _migrate(running, *arguments).output
        assert "6 same" in _migrate(running, *arguments).output
    export = json.dumps({"my_db": CONNECTION})
    for state in ("1 new", "1 same"):
        assert state in _migrate(running, "connections", "--from-stdin", stdin=export).output

    there = running.api.call("GET", "/api/v2/variables/greeting")
    assert (there["value"], there["description"]) == (GREETING, "hello")
    there = running.api.call("GET", "/api/v2/pools/etl%201")
    assert (there["slots"], there["description"], there["include_deferred"]) == (4, "The ETL pool", True)
    there = running.api.call("GET", "/auth/fab/v1/users/viv")
    assert {each["name"] for each in there["roles"]} == {"Viewer", "team_a"}
    with pytest.raises(AirflowError):
        running.api.call("GET", "/api/v2/connections/my_db")
    assert _read_by_airflow() == [
        {key: value for key, value in CONNECTION.items() if key not in ("description", "extra")}
        | {"extra_dejson": EXTRA},
        SECRET,
    ]


def _migrate(running: Running, *arguments: str, stdin: str | None = None) -> Result:
    typed = ["migrate", *arguments, "--url", running.api.url, "--region", "us-west-2"]
    result = CliRunner().invoke(app, typed, input=stdin, env={"MIGRATE_PASSWORD": PASSWORD, "COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result


def _read_by_airflow() -> object:
    """What Airflow's own code finds, with the backend that the deployment has."""
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-c", READ],
        env={**os.environ, **BACKEND},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])
