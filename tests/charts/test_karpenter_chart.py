"""Karpenter's pools."""

from __future__ import annotations

import pytest

from tests.charts.builders import Object, build_charts, settings_for


def of_kind(chart: list[Object], kind: str) -> dict[str, Object]:
    return {item["metadata"]["name"]: item["spec"] for item in chart if item["kind"] == kind}


@pytest.fixture(scope="module")
def chart() -> list[Object]:
    return build_charts(settings_for("aws"))["karpenter"]


def requirement(pool: Object, key: str) -> list[str]:
    (found,) = [entry for entry in pool["template"]["spec"]["requirements"] if entry["key"] == key]
    values: list[str] = found["values"]
    return values


def test_every_pool_is_graviton(chart: list[Object]) -> None:
    for pool in of_kind(chart, "NodePool").values():
        assert requirement(pool, "kubernetes.io/arch") == ["arm64"]


def test_workers_take_spot_first_and_are_alone_on_their_nodes(chart: list[Object]) -> None:
    pool = of_kind(chart, "NodePool")["airflow-workers"]
    assert requirement(pool, "karpenter.sh/capacity-type") == ["spot", "on-demand"]
    assert [taint["effect"] for taint in pool["template"]["spec"]["taints"]] == ["NoSchedule"]
    assert pool["disruption"]["consolidationPolicy"] == "WhenEmpty"
    budgets = {reason: budget["nodes"] for budget in pool["disruption"]["budgets"] for reason in budget["reasons"]}
    assert budgets == {"Empty": "100%", "Underutilized": "0", "Drifted": "0"}
    assert "terminationGracePeriod" not in pool["template"]["spec"], "a worker has as long as its pod says"
    assert pool["limits"] == {"cpu": "60", "memory": "240Gi"}


def test_spot_can_be_switched_off() -> None:
    chart = build_charts(settings_for("aws", airflow={"workers": {"spot": False}}))["karpenter"]
    assert requirement(of_kind(chart, "NodePool")["airflow-workers"], "karpenter.sh/capacity-type") == ["on-demand"]


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_a_queue_has_nodes_of_its_own(partition: str) -> None:
    queue = {"spot": False, "instance_categories": ["r"]}
    chart = build_charts(settings_for(partition, airflow={"queues": {"heavy": queue}}))["karpenter"]
    pools = of_kind(chart, "NodePool")
    assert set(pools) == {"airflow-services", "airflow-workers", "airflow-workers-heavy"}
    heavy = pools["airflow-workers-heavy"]
    assert requirement(heavy, "karpenter.sh/capacity-type") == ["on-demand"]
    assert requirement(heavy, "karpenter.k8s.aws/instance-category") == ["r"]
    assert heavy["template"]["metadata"]["labels"] == {"airflow-eks/pool": "airflow-workers-heavy"}
    (taint,) = heavy["template"]["spec"]["taints"]
    assert (taint["key"], taint["value"]) == ("airflow-eks/pool", "airflow-workers-heavy")
    alone = of_kind(build_charts(settings_for(partition))["karpenter"], "NodePool")
    assert pools["airflow-workers"] == alone["airflow-workers"]


def test_servers_stay_on_demand(chart: list[Object]) -> None:
    assert requirement(of_kind(chart, "NodePool")["airflow-services"], "karpenter.sh/capacity-type") == ["on-demand"]


def test_nodes_are_closed_and_encrypted(chart: list[Object]) -> None:
    node_class = of_kind(chart, "EC2NodeClass")["default"]
    assert node_class["metadataOptions"]["httpTokens"] == "required"
    assert node_class["metadataOptions"]["httpPutResponseHopLimit"] == 1
    (disk,) = node_class["blockDeviceMappings"]
    assert (disk["ebs"]["encrypted"], disk["ebs"]["volumeType"]) == (True, "gp3")
    assert node_class["instanceProfile"] == "nodes", "Karpenter must not make a profile that it has to clean up"


def test_pools_come_after_their_class_and_it_after_the_controller(chart: list[Object]) -> None:
    names = [(item["kind"], item["metadata"]["name"]) for item in chart]
    assert names == [
        ("Namespace", "karpenter"),
        ("HelmRelease", "karpenter-crd"),
        ("HelmRelease", "karpenter"),
        ("EC2NodeClass", "default"),
        ("NodePool", "airflow-services"),
        ("NodePool", "airflow-workers"),
    ]
