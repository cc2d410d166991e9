"""A deployment to bring things into, and an old Airflow to bring them from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.aws import Aws
from ops.commands import app
from tests.ops.answers import Answers, make_aws
from tests.ops.fake_airflow import PASSWORD as ADMIN_PASSWORD
from tests.ops.fake_airflow import USER as ADMIN
from tests.ops.migrate.fake_new import NewAirflow
from tests.ops.migrate.fake_old import PASSWORD, USER, OldAirflow
from tests.ops.servers import serve

STACK = "arn:aws:cloudformation:us-west-2:123456789012:stack/airflow/root"


@dataclass
class Both:
    """Both ends, and the command between them."""

    aws: Aws
    old: OldAirflow
    new: NewAirflow
    old_url: str
    new_url: str
    settings: list[str] = field(default_factory=list)

    def migrate(self, *arguments: str, stdin: str | None = None) -> Result:
        """Type the command."""
        ends = ["--url", self.new_url, "--region", "us-west-2", *self.settings]
        ends += ["--from-stdin"] if stdin is not None else ["--from", self.old_url, "--user", USER]
        return CliRunner().invoke(
            app,
            ["migrate", *arguments, *ends],
            input=stdin,
            env={"COLUMNS": "200", "MIGRATE_PASSWORD": PASSWORD},
        )

    def states(self, *arguments: str, stdin: str | None = None) -> dict[str, str]:
        """What the command says of each thing."""
        result = self.migrate(*arguments, "--output", "json", stdin=stdin)
        assert result.exit_code in (0, 1), result.output
        return {each["name"]: each["state"] for each in json.loads(result.stdout)["items"]}

    @property
    def secrets(self) -> dict[str, Any]:
        """What Secrets Manager holds for the deployment, by name."""
        client = self.aws.client("secretsmanager")
        names = [each["Name"] for each in client.list_secrets()["SecretList"] if "/" in each["Name"]]
        held = {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}
        return {name: json.loads(text) if text.startswith("{") else text for name, text in held.items()}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """An old Airflow that tells nothing yet, and an empty deployment."""
    old, new = OldAirflow(), NewAirflow()
    with mock_aws(), serve(old.respond) as old_url, serve(new.respond) as new_url:
        aws = make_aws()
        monkeypatch.setattr("ops.migrate.command.connect", lambda **_: aws)
        admin = json.dumps({"username": ADMIN, "password": ADMIN_PASSWORD})
        arn = aws.client("secretsmanager").create_secret(Name="Admin", SecretString=admin)["ARN"]
        outputs = {"AdminSecretArn": arn, "ClusterName": "airflow"}
        answers = Answers(aws)
        described = {
            "StackId": STACK,
            "StackName": "airflow",
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }
        answers.give("cloudformation", "DescribeStacks", {"Stacks": [described]})
        answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": []})
        yield Both(aws, old, new, old_url, new_url)
