"""Task pods: one message for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from settings import SettingsError, build_settings, capacity

EXISTING_VPC = {
    "id": "vpc-0123456789abcdef0",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": ["subnet-0a000001", "subnet-0a000002"],
    "isolated_subnet_ids": ["subnet-0b000001", "subnet-0b000002"],
}
OLD_NETWORK = {"zones": 2, "availability_zones": ["us-west-2a", "us-west-2b"], "existing_vpc": EXISTING_VPC}


def message(network: dict[str, Any] | None = None, **task_pods: Any) -> str:
    with pytest.raises(SettingsError) as error:
        build_settings({"airflow": {"task_pods": task_pods}, "network": network or {}})
    said = str(error.value)
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.parametrize(
    ("total", "value", "one", "default"), [("cpu", "100m", "cpu", "250m"), ("memory", "256Mi", "memory", "512Mi")]
)
def test_a_quota_that_no_pod_fits_into(total: str, value: str, one: str, default: str) -> None:
    assert message(**{total: value}) == (
        f"airflow.task_pods.{total} = {value}: one container that says nothing has airflow.task_pods.container_{one} = "
        f"{default}; raise this, or lower that"
    )


def test_a_policy_of_another_partition() -> None:
    arn = "arn:aws-cn:iam::123456789012:policy/read-orders"
    assert message(policies=[arn]) == f"airflow.task_pods.policies = {arn}: must be an ARN of the partition aws"


@pytest.mark.parametrize("arn", ["read-orders", "arn:aws:iam::123456789012:role/Admin", "arn:aws:iam:::policy/x"])
def test_what_is_no_policy(arn: str) -> None:
    assert "must be the ARN of an IAM policy" in message(policies=[arn])


def test_more_policies_than_a_role_takes() -> None:
    assert message(policies=[f"arn:aws:iam::123456789012:policy/{number}" for number in range(11)])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.1.2.0/24", "no TCP port after a colon"),
        ("10.1.2.0/24:", "no TCP port after a colon"),
        ("10.1.2.0/24:0", "from 1 to 65535"),
        ("10.1.2.0/24:70000", "from 1 to 65535"),
        ("10.1.2.3/24:443", "has host bits set"),
        ("db.example.com:5432", "Expected 4 octets"),
        ("169.254.169.254/32:80", "lead nowhere"),
        ("127.0.0.0/8:80", "lead nowhere"),
    ],
)
def test_what_is_no_destination(text: str, why: str) -> None:
    said = message(destinations=[text])
    assert "not an IPv4 CIDR block and a TCP port, like 10.1.2.0/24:5432" in said
    assert why in said


@pytest.mark.parametrize(("port", "store"), [(5432, "database"), (6379, "queue"), (2049, "file system")])
@pytest.mark.parametrize("block", ["10.0.0.0/16", "0.0.0.0/0", "10.0.216.0/21"])
def test_no_way_to_airflows_own_data(block: str, port: int, store: str) -> None:
    assert message(destinations=[f"{block}:{port}"]) == (
        f"airflow.task_pods.destinations = {block}:{port}: on port {port} the VPC, 10.0.0.0/16, has Airflow's own "
        f"{store}; name addresses outside of it"
    )


def test_in_a_vpc_that_was_there_before_a_smaller_block_will_do() -> None:
    chosen = {"airflow": {"task_pods": {"destinations": ["10.20.7.0/24:5432"]}}, "network": OLD_NETWORK}
    assert build_settings(chosen).airflow.task_pods.destinations == ("10.20.7.0/24:5432",)
    assert "network.existing_vpc.isolated_subnet_ids" in message(OLD_NETWORK, destinations=["10.0.0.0/8:5432"])


def test_other_ports_and_other_networks_are_free() -> None:
    destinations = ("10.0.0.0/16:8080", "192.168.0.0/16:5432", "0.0.0.0/0:22")
    assert build_settings({"airflow": {"task_pods": {"destinations": destinations}}})


def test_where_they_are_off_nothing_is_asked_of_them() -> None:
    assert build_settings({"airflow": {"task_pods": {"enabled": False, "cpu": "100m"}}})


@pytest.mark.parametrize("size", ["dev", "small", "medium", "large"])
def test_there_is_a_pod_for_each_task_that_the_workers_run(size: str) -> None:
    airflow = build_settings({"size": size}).airflow
    assert airflow.task_pods.pods >= capacity.tasks(airflow)
