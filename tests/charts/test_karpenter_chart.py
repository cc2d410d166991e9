"""Karpenter's pools."""

from __future__ import annotations

import pytest

from charts.node_pools import NodeTemplate
from charts.spark.pools import SPARK_POOLS
from settings import load_releases
from settings.releases import UNPINNED
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


@pytest.mark.parametrize("version", ["1.35", "1.36"])
def test_nodes_start_from_the_pinned_image_of_the_cluster_s_version(version: str) -> None:
    """Not by an alias: that follows the control plane, and these nodes would be replaced beside the managed ones."""
    chart = build_charts(settings_for("aws-cn", cluster={"kubernetes_version": version}))["karpenter"]
    date = load_releases().kubernetes.versions[version].ami
    name = f"amazon-eks-node-al2023-arm64-standard-{version}-v{date}"
    parameter = f"/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/arm64/standard/{name}/image_id"
    for node_class in of_kind(chart, "EC2NodeClass").values():
        assert (node_class["amiFamily"], node_class["amiSelectorTerms"]) == ("AL2023", [{"ssmParameter": parameter}])


def test_an_image_that_is_not_pinned_is_the_newest() -> None:
    node = NodeTemplate(
        instance_profile="nodes", security_group_ids=(), subnet_selector_terms=(), disk_gib=50, kms_key_arn="key",
        tags={}, kubernetes_version="1.36", ami=UNPINNED,
    )  # fmt: skip
    assert node.image == {"amiSelectorTerms": [{"alias": "al2023@latest"}]}


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
    assert {name for name in pools if not name.startswith("spark-")} == {
        "airflow-services",
        "airflow-workers",
        "airflow-workers-heavy",
        "task-pods",
    }
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
    names = [(item["kind"], item["metadata"]["name"]) for item in chart if item["kind"] != "NetworkPolicy"]
    assert names == [
        ("Namespace", "karpenter"),
        ("HelmRelease", "karpenter-crd"),
        ("HelmRelease", "karpenter"),
        *(("EC2NodeClass", name) for name in ("default", "spark", "spark-nvme")),
        ("NodePool", "airflow-services"),
        ("NodePool", "airflow-workers"),
        ("NodePool", "task-pods"),
        *(("NodePool", pool.name) for pool in SPARK_POOLS),
    ]


def test_spark_has_pools_by_label_and_taint(chart: list[Object]) -> None:
    pools = of_kind(chart, "NodePool")
    found = {}
    for name, pool in pools.items():
        if not name.startswith("spark-"):
            continue
        template = pool["template"]
        (taint,) = template["spec"]["taints"]
        assert taint == {"key": name, "value": "true", "effect": "NoSchedule"}
        found[template["metadata"]["labels"]["NodeGroupType"]] = (
            requirement(pool, "karpenter.k8s.aws/instance-category"),
            template["spec"]["nodeClassRef"]["name"],
            pool["limits"],
        )
    compute, memory = {"cpu": "256", "memory": "512Gi"}, {"cpu": "256", "memory": "2048Gi"}
    assert found == {
        "SparkComputeOptimized": (["c"], "spark", compute),
        "SparkComputeOptimizedNvme": (["c"], "spark-nvme", compute),
        "SparkMemoryOptimized": (["r"], "spark", memory),
        "SparkMemoryOptimizedNvme": (["r"], "spark-nvme", memory),
    }


def test_spark_chooses_between_spot_and_on_demand_itself(chart: list[Object]) -> None:
    for pool in SPARK_POOLS:
        spec = of_kind(chart, "NodePool")[pool.name]
        assert requirement(spec, "karpenter.sh/capacity-type") == ["spot", "on-demand"]


def test_no_node_is_taken_from_under_a_job_to_save_money(chart: list[Object]) -> None:
    for pool in SPARK_POOLS:
        spec = of_kind(chart, "NodePool")[pool.name]
        assert spec["disruption"]["consolidationPolicy"] == "WhenEmpty"
        budgets = {reason: budget["nodes"] for budget in spec["disruption"]["budgets"] for reason in budget["reasons"]}
        assert budgets == {"Empty": "100%", "Underutilized": "0", "Drifted": "0"}
        # A driver may forbid to be disturbed; a node that is two weeks old waits for it, and not for ever.
        assert spec["template"]["spec"]["expireAfter"] == "336h"
        assert spec["template"]["spec"]["terminationGracePeriod"] == "24h"


def test_shuffles_go_to_nvme_where_there_is_one(chart: list[Object]) -> None:
    classes = of_kind(chart, "EC2NodeClass")
    policies = {name: spec.get("instanceStorePolicy") for name, spec in classes.items()}
    assert policies == {"default": None, "spark": None, "spark-nvme": "RAID0"}
    sizes = {name: spec["blockDeviceMappings"][0]["ebs"]["volumeSize"] for name, spec in classes.items()}
    assert sizes == {"default": "50Gi", "spark": "200Gi", "spark-nvme": "50Gi"}
    for pool in SPARK_POOLS:
        keys = {each["key"] for each in of_kind(chart, "NodePool")[pool.name]["template"]["spec"]["requirements"]}
        assert ("karpenter.k8s.aws/instance-local-nvme" in keys) is pool.nvme


def test_without_spark_it_has_no_pools() -> None:
    chart = build_charts(settings_for("aws", addons={"spark_operator": False}))["karpenter"]
    assert set(of_kind(chart, "NodePool")) == {"airflow-services", "airflow-workers", "task-pods"}
    assert set(of_kind(chart, "EC2NodeClass")) == {"default"}
