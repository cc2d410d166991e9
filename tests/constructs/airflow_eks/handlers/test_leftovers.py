"""What controllers left in AWS: found by the cluster's tags, in an AWS in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from airflow_eks.handlers import leftovers
from airflow_eks.handlers.leftovers import Leftovers
from tests.constructs.airflow_eks.handlers.events import Answers, error

REGION = "us-west-2"
OWNED = [{"Key": "kubernetes.io/cluster/airflow", "Value": "owned"}, {"Key": "karpenter.sh/nodepool", "Value": "p"}]
CONTROLLED = [{"Key": "elbv2.k8s.aws/cluster", "Value": "airflow"}]


class NoCluster:
    """A cluster with volumes, as a test gives them."""

    def __init__(self, *volumes: dict[str, Any]) -> None:
        self.volumes, self.deleted = volumes, []

    def find(self, kind: str) -> list[dict[str, Any]]:
        return list(self.volumes) if kind == "persistentvolumes" else []

    def delete(self, kind: str, item: dict[str, Any]) -> None:
        self.deleted.append(f"{kind}/{item['metadata']['name']}")

    def free(self, kind: str, item: dict[str, Any]) -> None:
        assert f"{kind}/{item['metadata']['name']}" in self.deleted


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        session = botocore.session.Session()
        session.set_credentials("key", "secret")
        yield lambda service: session.create_client(service, region_name=REGION)


@pytest.fixture
def subnets(aws: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws("ec2").describe_subnets()["Subnets"][:2]
    return found


def remove(aws: Any, vpc: str, kubectl: Any = None) -> list[str]:
    return list(Leftovers(aws, cluster="airflow", vpc=vpc).remove(kubectl))


def test_nothing_is_left_and_nothing_is_done(aws: Any, subnets: list[dict[str, Any]]) -> None:
    assert remove(aws, subnets[0]["VpcId"], NoCluster()) == []


def test_instances_of_karpenter_end_and_others_run(aws: Any, subnets: list[dict[str, Any]]) -> None:
    ec2 = aws("ec2")

    def start(*tags: dict[str, str]) -> str:
        given = [{"ResourceType": "instance", "Tags": list(tags)}] if tags else []
        started: str = ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnets[0]["SubnetId"], TagSpecifications=given
        )["Instances"][0]["InstanceId"]
        return started

    ours, system, others = (
        start(*OWNED),
        start(OWNED[0]),
        start({**OWNED[0], "Key": "kubernetes.io/cluster/b"}, OWNED[1]),
    )
    [said] = remove(aws, subnets[0]["VpcId"])
    assert said == f"instances ended: {ours}"
    states = {
        each["InstanceId"]: each["State"]["Name"]
        for group in ec2.describe_instances()["Reservations"]
        for each in group["Instances"]
    }
    assert states == {ours: "terminated", system: "running", others: "running"}


def test_load_balancer_target_group_and_security_groups_go(aws: Any, subnets: list[dict[str, Any]]) -> None:
    ec2, elb, vpc = aws("ec2"), aws("elbv2"), subnets[0]["VpcId"]
    tagged = [{"ResourceType": "security-group", "Tags": CONTROLLED}]
    front = ec2.create_security_group(GroupName="k8s-front", Description="x", VpcId=vpc, TagSpecifications=tagged)[
        "GroupId"
    ]
    nodes = ec2.create_security_group(GroupName="nodes", Description="x", VpcId=vpc)["GroupId"]
    pairs = [{"GroupId": front}, {"GroupId": nodes}]
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": pairs}
    ec2.authorize_security_group_ingress(GroupId=nodes, IpPermissions=[rule])
    ids = [each["SubnetId"] for each in subnets]
    elb.create_load_balancer(Name="airflow", Subnets=ids, Tags=CONTROLLED)
    elb.create_load_balancer(Name="other", Subnets=ids)
    elb.create_target_group(Name="k8s-a", Protocol="HTTP", Port=80, VpcId=vpc, Tags=CONTROLLED)
    elb.create_target_group(Name="other", Protocol="HTTP", Port=80, VpcId=vpc)
    said = remove(aws, vpc)
    assert [each.split(":")[0] for each in said] == [
        "load balancer deleted", "target group deleted", "security group deleted"]  # fmt: skip
    assert [each["LoadBalancerName"] for each in elb.describe_load_balancers()["LoadBalancers"]] == ["other"]
    assert [each["TargetGroupName"] for each in elb.describe_target_groups()["TargetGroups"]] == ["other"]
    groups = {each["GroupId"]: each for each in ec2.describe_security_groups()["SecurityGroups"]}
    assert front not in groups
    left = [pair["GroupId"] for each in groups[nodes]["IpPermissions"] for pair in each["UserIdGroupPairs"]]
    assert left == [nodes]


def test_a_released_volume_of_the_driver_goes(
    aws: Any, subnets: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2, zone = aws("ec2"), subnets[0]["AvailabilityZone"]

    def detach(**arguments: str) -> None:
        # moto fails where a volume is not attached; EC2 says this.
        assert arguments == {"VolumeId": ids[0]}
        raise error("IncorrectState")

    monkeypatch.setattr(type(ec2), "detach_volume", lambda _self, **arguments: detach(**arguments))
    ids = [ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"] for _ in range(4)]

    def volume(number: int, *, driver: str = "ebs.csi.aws.com", policy: str = "Delete", phase: str = "Released") -> Any:
        spec = {"csi": {"driver": driver, "volumeHandle": ids[number]}, "persistentVolumeReclaimPolicy": policy}
        return {"metadata": {"name": f"pv-{number}"}, "spec": spec, "status": {"phase": phase}}

    kept = (volume(1, driver="efs.csi.aws.com"), volume(2, policy="Retain"), volume(3, phase="Bound"))
    cluster = NoCluster(volume(0), *kept)
    assert len(remove(lambda service: {"ec2": ec2}.get(service) or aws(service), subnets[0]["VpcId"], cluster)) == 1
    assert cluster.deleted == ["persistentvolumes/pv-0"]
    assert {each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]} == set(ids[1:])


class TestPatience:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [0.0]
        monkeypatch.setattr(leftovers.time, "monotonic", lambda: now[0])
        monkeypatch.setattr(leftovers.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
        return now

    def _remove(self, *answers: Any) -> list[str]:
        groups = [{"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": []}]}]
        return remove(Answers(describe_security_groups=groups, delete_security_group=list(answers)), "vpc-1")

    def test_what_is_in_use_for_a_while_is_waited_for(self, clock: list[float]) -> None:
        assert self._remove(error("DependencyViolation"), error("DependencyViolation"), {})
        assert clock == [20.0]

    def test_what_is_gone_is_gone(self, clock: list[float]) -> None:
        assert self._remove(error("InvalidGroup.NotFound"))
        assert clock == [0.0]

    @pytest.mark.parametrize(("code", "within"), [("DependencyViolation", 15 * 60), ("UnauthorizedOperation", 1)])
    def test_what_cannot_be_deleted_ends_the_deletion(self, clock: list[float], code: str, within: float) -> None:
        with pytest.raises(ClientError, match=code):
            self._remove(error(code))
        assert clock[0] < within
