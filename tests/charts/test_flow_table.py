"""The table of flows says what the policies say: of all charts, with all that settings can add."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.charts.builders import Object
from tests.cluster.flow_table import CALLED, CALLING, Row, pods, rows
from tests.support import shut_in
from tests.support.policies import Pod, can_talk, concerned, lets, matches, openings

ADDRESSES = {
    "aws": "52.1.2.3",
    "kubernetes": "10.0.1.1",
    "database": "10.0.9.9",
    "queue": "10.0.9.8",
    "node": "10.0.3.3",
    "outside": "52.9.9.9",
    "credentials": "169.254.170.23",
    "metadata": "169.254.169.254",
    "vpc": "10.0.1.9",
}
STRANGER: Pod = ("default", {"app": "stranger"})
# What brings the flows that not every deployment has; their keys are the table's.
BY_SETTING: dict[str, dict[str, Any]] = {
    "git": {
        "dags": {
            "git": {
                "url": "ssh://git@git.example.com/team/dags.git",
                "secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:git-a1b2c3",
                "known_hosts": "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ",
            }
        }
    },
    "bundle": {"database": {"ca_bundle_url": "https://files.example.com:8443/bundle.pem"}},
    "destination": {"airflow": {"task_pods": {"destinations": ["52.9.9.0/24:5432"]}}},
}
HISTORY = {"spark": {"history_server": True}}
SETTINGS = {"none": HISTORY, **{name: {**HISTORY, **chosen} for name, chosen in BY_SETTING.items()}}


@pytest.fixture(scope="module")
def policies() -> dict[str, list[Object]]:
    """All policies, without and with each setting that adds one."""
    return {name: shut_in.policies(**chosen) for name, chosen in SETTINGS.items()}


def place(name: str) -> Pod | str:
    return STRANGER if name == "stranger" else ADDRESSES.get(name) or pods()[name]


def test_places_are_known_and_flows_are_told_once() -> None:
    for row in rows():
        assert row.caller in (*pods(), *CALLING), row
        assert row.called in (*pods(), *CALLED), row
        assert row.with_setting in (None, *BY_SETTING), row
    told = Counter((row.caller, row.called, row.port, row.allowed or row.with_setting) for row in rows())
    assert [flow for flow, number in told.items() if number > 1] == []
    assert sum(not row.allowed for row in rows()) >= 20


@pytest.mark.parametrize("row", rows(), ids=str)
def test_the_policies_say_so_too(policies: dict[str, list[Object]], row: Row) -> None:
    for name, found in policies.items():
        expected = row.allowed
        if row.with_setting:
            expected = name == row.with_setting
        assert can_talk(found, place(row.caller), place(row.called), row.port) is expected, f"{row}, with {name}"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_opening_of_every_policy_is_there_for_a_flow(policies: dict[str, list[Object]], name: str) -> None:
    """A policy, or a rule, peer or port of one, that no flow in the table takes is not needed, or not written down."""
    needed = [row for row in rows() if row.allowed and row.with_setting in (None, name)]
    unused = []
    for policy in policies[name]:
        for direction, peer, port in openings(policy):
            if not any(takes(row, policy, direction, peer, port) for row in needed):
                unused.append(
                    f"{policy['metadata']['namespace']}/{policy['metadata']['name']}: {direction} {port} {peer}"
                )
    assert unused == []


def takes(row: Row, policy: Object, direction: str, peer: Object, port: tuple[str, int] | None) -> bool:
    """Whether a flow goes through an opening."""
    one, other = place(row.caller), place(row.called)
    if direction == "Ingress":
        one, other = other, one
    if isinstance(one, str) or not concerned([policy], direction, one):
        return False
    return port in (None, row.port) and matches(peer, other, policy["metadata"]["namespace"])


def test_every_kind_of_pod_is_shut_in(policies: dict[str, list[Object]]) -> None:
    """Each of ours has policies for both directions: without one, all would be open."""
    for name, pod in pods().items():
        if pod[0] != "kube-system":
            assert not lets(policies["none"], "Ingress", pod, ADDRESSES["vpc"], ("TCP", 1)), name
            assert concerned(policies["none"], "Egress", pod), name


def test_every_namespace_with_policies_has_pods_in_the_table(policies: dict[str, list[Object]]) -> None:
    found = {policy["metadata"]["namespace"] for policy in policies["none"]}
    assert found == {pod[0] for pod in pods().values()} - {"kube-system"}
