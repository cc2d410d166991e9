"""A deployment is destroyed although one of its controllers does not work: nothing stays, in the cluster or in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import Inventory, take_inventory
from ops.sandbox.pretend_cluster import faults
from ops.sandbox.pretend_cluster.state import everything, journal
from ops.sandbox.process import Sandbox, sandbox
from ops.sandbox.regions import ACCOUNT
from tests.sandbox.conftest import REGION, synthesize
from tests.sandbox.test_first_deployment import cdk, deploy

pytestmark = [pytest.mark.sandbox, pytest.mark.thorough]

NAME = "airflow"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A deployment of size dev, and what was there before it."""

    server: Sandbox
    assembly: Path
    aws: Aws
    before: Inventory


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("assembly"), REGION, "aws")


@pytest.fixture
def deployed(tmp_path: Path, assembly: Path) -> Iterator[Deployed]:
    with sandbox(tmp_path / "sandbox") as server:
        done = cdk(server, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
        assert done.returncode == 0, done.stderr
        aws = Aws(endpoint=server.endpoint, region=REGION)
        before = take_inventory(aws)
        done = deploy(server, assembly)
        assert done.returncode == 0, done.stderr
        yield Deployed(server=server, assembly=assembly, aws=aws, before=before)


def _leave_an_instance(aws: Aws) -> str:
    """What Karpenter started, and cannot end any more."""
    network = next(each for each in aws.call("ec2", "describe_subnets")["Subnets"] if each["CidrBlock"][:3] == "10.")
    tags = [
        {"Key": f"kubernetes.io/cluster/{NAME}", "Value": "owned"},
        {"Key": "karpenter.sh/nodepool", "Value": "airflow-workers"},
    ]
    started = aws.call(
        "ec2",
        "run_instances",
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=network["SubnetId"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    instance: str = started["Instances"][0]["InstanceId"]
    return instance


@pytest.mark.parametrize("release", ["external-secrets", "karpenter"])
def test_nothing_stays(deployed: Deployed, release: str) -> None:
    instance = _leave_an_instance(deployed.aws)
    faults.ask_for(deployed.server.state, f"broken {release}")
    destroyed = cdk(deployed.server, "destroy", "--force", "--app", str(deployed.assembly))
    assert destroyed.returncode == 0, destroyed.stderr
    assert everything(deployed.server.state) == {}
    # kubectl finds no more what the function took away before.
    problems = [entry.detail for entry in journal(deployed.server.state) if entry.action == "problem"]
    assert problems
    assert all("NotFound" in each for each in problems), problems
    reservations = deployed.aws.call("ec2", "describe_instances", InstanceIds=[instance])["Reservations"]
    assert [each["State"]["Name"] for group in reservations for each in group["Instances"]] == ["terminated"]
    left = [each for each in take_inventory(deployed.aws).since(deployed.before) if each.kind != "instance"]
    assert left == []
