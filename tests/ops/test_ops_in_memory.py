"""Against a server on loopback, as a demonstration runs it: what it does not know is never called well."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from ops.commands import app
from ops.verify.subject import NO_LOAD_BALANCER

REGION = "us-west-2"


@pytest.fixture
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield
    server.stop()
    for service in ("cloudformation", "eks", "sqs"):  # it shares them with the other tests of this process
        get_backend(service).reset()


@pytest.mark.usefixtures("_server")
def test_verify() -> None:
    session = boto3.Session(region_name=REGION)
    queue = {"Type": "AWS::SQS::Queue"}
    template = {"Resources": {"Queue": queue}, "Outputs": {"ClusterName": {"Value": "airflow"}}}
    session.client("cloudformation").create_stack(StackName="airflow", TemplateBody=json.dumps(template))
    role = "arn:aws:iam::123456789012:role/r"
    session.client("eks").create_cluster(name="airflow", roleArn=role, resourcesVpcConfig={"subnetIds": []})

    result = CliRunner().invoke(app, ["verify", "--output", "json"])

    results = {each["check"]: each for each in json.loads(result.stdout)["results"]}
    assert results["stack airflow"]["status"] == "ok"
    assert results["pod identities"]["status"] == "not checked"
    assert results["load balancer"]["found"] == NO_LOAD_BALANCER
    assert "in memory" in results["API server"]["found"]
    in_the_cluster = {each["status"] for each in results.values() if each["group"] in ("Kubernetes", "Airflow")}
    assert in_the_cluster == {"not checked"}
