"""What other programs leave behind: helpers that answer nonsense, half an assembly, a file that is no kubeconfig."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.assembly import AssemblyError, read_assembly
from ops.aws import connect
from ops.aws_errors import AwsError, Kind
from ops.commands import app
from ops.errors import OpsError
from ops.kubernetes_api import kubeconfig_api
from ops.local.endpoints import Ports

BROKEN_DATE = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": "tomorrow"}


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An AWS configuration of one's own, and none of the environment; its file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path / "config"


@pytest.mark.parametrize(
    "helper",
    ["echo nonsense", "echo []", "echo {}", "printf ''", "/nonexistent/helper", '"unclosed', "false", "printf '\\xff'",
     f"echo '{json.dumps(BROKEN_DATE)}'"],
)  # fmt: skip
def test_a_helper_that_gives_no_credentials(no_credentials: Path, helper: str) -> None:
    no_credentials.write_text(f"[default]\ncredential_process = {helper}\n", encoding="utf-8")
    with pytest.raises(AwsError, match="cannot be read") as raised:
        connect(region="us-west-2", partition="aws")
    assert raised.value.kind is Kind.CREDENTIALS
    assert "\n" not in str(raised.value)


def test_what_a_helper_is_given_is_not_repeated(no_credentials: Path) -> None:
    no_credentials.write_text("[default]\ncredential_process = echo --password hunter2\n", encoding="utf-8")
    with pytest.raises(AwsError, match=r"of the profile default, which its credential_process \(echo\)") as raised:
        connect(region="us-west-2", partition="aws")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("endpoint", ["nonsense", "http://localhost:99999"])
def test_an_endpoint_that_is_none(no_credentials: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(AwsError, match="the AWS configuration cannot be used"):
        connect(region="us-west-2", partition="aws")
    assert not no_credentials.exists()


MANIFEST = {
    "artifacts": {
        "airflow": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "airflow.template.json"},
            "environment": "aws://unknown-account/us-west-2",
        }
    }
}
NESTED = {"Resources": {"A": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}}}}


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.json": ""},
        {"manifest.json": '{"artifacts": {'},
        {"manifest.json": "[]"},
        {"manifest.json": "{}"},
        {"manifest.json": '{"artifacts": {}}'},
        {"manifest.json": json.dumps(MANIFEST)},
        {"manifest.json": json.dumps(MANIFEST), "airflow.template.json": "{"},
        {"manifest.json": json.dumps(MANIFEST), "airflow.template.json": "{}"},
        {"manifest.json": json.dumps(MANIFEST), "airflow.template.json": json.dumps(NESTED)},
        {
            "manifest.json": json.dumps(MANIFEST),
            "airflow.template.json": json.dumps(NESTED),
            "airflow.assets.json": '{"files": {}}',
        },
    ],
)
@pytest.mark.parametrize("command", [["summary"], ["cost", "--prices", "table"], ["airflow", "--assembly"]])
def test_half_an_assembly(tmp_path: Path, files: dict[str, str], command: list[str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(AssemblyError):
        read_assembly(tmp_path)
    done = CliRunner().invoke(app, [*command, str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert str(tmp_path) in done.stderr
    assert "synth" in done.stderr


def test_a_file_is_no_assembly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AssemblyError, match="Not a directory"):
        read_assembly(tmp_path / "file")


@pytest.mark.parametrize("text", ["", "x: [", "[]", "a: b", "clusters: 5\ncurrent-context: c\ncontexts: 7"])
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    (tmp_path / "kubeconfig").write_text(text, encoding="utf-8")
    with pytest.raises(OpsError, match=r"^--kubeconfig .*kubeconfig: ") as raised:
        kubeconfig_api(tmp_path / "kubeconfig", None)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
@pytest.mark.parametrize("option", ["--web-port", "--database-port", "--pooler-port", "--broker-port"])
def test_a_port_that_there_is_not(option: str, port: str) -> None:
    done = CliRunner().invoke(app, ["airflow", option, port])
    assert done.exit_code == 2
    assert option in done.stderr


def test_one_port_for_two() -> None:
    free = Ports(web=0, database=0, pooler=0, broker=0).taken()
    with pytest.raises(OpsError, match=f"port {free.web} is taken"):
        Ports(web=free.web, database=free.web, pooler=0, broker=0).taken()
