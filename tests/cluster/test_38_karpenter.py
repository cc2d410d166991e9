"""Karpenter, real, against the in-memory EC2: a pending pod of each kind makes it ask for the right instance.

No instance ever joins as a node. What a test starts it takes away: pod, NodeClaim and instance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from charts.placement import SERVICES_POOL, TASK_PODS_POOL, node_selector, worker_pool
from settings.tags import COMPONENT_TAG
from tests.cluster.images import needs_image
from tests.cluster.karpenter import Probes
from tests.cluster.karpenter_pods import deployed, spark_pod, task_pod, with_cpu, worker
from tests.cluster.platform import Platform
from tests.support.scheduling import Object, requests

pytestmark = needs_image("karpenter")

SPARK_POOL = "spark-compute-optimized"
_GRAVITON = re.compile(r"(?P<category>[a-z]+)(?P<generation>\d+)g(?P<more>[a-z]*)\.(?P<size>\w+)")


@pytest.fixture(scope="module")
def probes(platform: Platform) -> Iterator[Probes]:
    """Probes, which leave no instance."""
    found = Probes(platform)
    try:
        found.open()
        yield found
    finally:
        found.close()
    assert found.instances() == []


def overrides(fleet: Object) -> list[Object]:
    return [each for config in fleet["LaunchTemplateConfigs"] for each in config["Overrides"]]


def check(platform: Platform, fleet: Object, pod: Object, *, pool: str, capacity: str, component: str) -> None:
    """What is asked for is what the pool allows, no smaller than the pod, and ours."""
    assert fleet["TargetCapacitySpecification"]["DefaultTargetCapacityType"] == capacity
    assert fleet["TargetCapacitySpecification"]["TotalTargetCapacity"] == 1
    name = platform.settings.name
    tags = {tag["Key"]: tag["Value"] for tag in fleet["Tags"]}
    expected = {
        **platform.settings.all_tags,
        COMPONENT_TAG: component,
        "Name": f"{name}/karpenter",
        "karpenter.sh/nodepool": pool,
        # The permissions of Karpenter's role ask for these two.
        f"kubernetes.io/cluster/{name}": "owned",
        "eks:eks-cluster-name": name,
    }
    assert expected.items() <= tags.items()
    spark = pool == SPARK_POOL
    _check_types(platform, fleet, pod, spark=spark)
    disk_gib = platform.settings.spark.disk_gib if spark else platform.settings.cluster.nodes.disk_gib
    _check_template(platform, fleet, disk_gib=disk_gib)
    _check_places(platform, fleet, spread="topologySpreadConstraints" in pod)


def _check_types(platform: Platform, fleet: Object, pod: Object, *, spark: bool) -> None:
    types = {each["InstanceType"] for each in overrides(fleet)}
    names = [(name, _GRAVITON.fullmatch(name)) for name in sorted(types)]
    assert [name for name, found in names if not found] == [], "not Graviton"
    assert all(int(found["generation"]) > 5 for _, found in names if found)
    categories = {found["category"] for _, found in names if found}
    assert categories <= ({"c"} if spark else {"c", "m", "r"})
    cpu, memory = requests(pod)
    described = platform.aws.call("ec2", "describe_instance_types", InstanceTypes=sorted(types))["InstanceTypes"]
    sizes = {each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in described}
    assert min(sizes.values()) >= max(cpu, 4 if spark else 0)
    assert min(each["MemoryInfo"]["SizeInMiB"] for each in described) >= memory * 1024
    # The smallest that the pool may start is asked for, not only what is large enough for much more.
    assert min(sizes.values()) <= max(2 * cpu, 4)
    if spark:
        assert max(sizes.values()) <= 32


def _check_places(platform: Platform, fleet: Object, *, spread: bool) -> None:
    asked = overrides(fleet)
    ids = sorted({each["SubnetId"] for each in asked})
    subnets = platform.aws.call("ec2", "describe_subnets", SubnetIds=ids)["Subnets"]
    kinds = {tag["Value"] for each in subnets for tag in each["Tags"] if tag["Key"] == "aws-cdk:subnet-type"}
    assert kinds == {"Private"}
    zones = {each["SubnetId"]: each["AvailabilityZone"] for each in subnets}
    assert all(each["AvailabilityZone"] == zones[each["SubnetId"]] for each in asked)
    # Replicas that are to be spread over zones get one each; all others whatever zone has capacity.
    assert len(set(zones.values())) == 1 if spread else len(set(zones.values())) > 1
    images = platform.aws.call("ec2", "describe_images", ImageIds=sorted({each["ImageId"] for each in asked}))
    assert {image["Architecture"] for image in images["Images"]} == {"arm64"}


def _check_template(platform: Platform, fleet: Object, *, disk_gib: int) -> None:
    """Instances are closed and encrypted, and are the cluster's."""
    data = fleet["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    (disk,) = [each["Ebs"] for each in data["BlockDeviceMappings"]]
    assert (disk["Encrypted"], disk["VolumeSize"]) == (True, disk_gib)
    assert disk["KmsKeyId"].startswith("arn:")
    cluster = platform.aws.call("eks", "describe_cluster", name=platform.settings.name)["cluster"]
    (interface,) = data["NetworkInterfaces"]
    assert interface["Groups"] == [cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]]
    assert data["IamInstanceProfile"]["Name"]


@pytest.mark.parametrize("component", ["api-server", "scheduler", "dag-processor", "triggerer", "pgbouncer", "statsd"])
def test_airflows_services_get_a_node_on_demand(platform: Platform, probes: Probes, component: str) -> None:
    pod = deployed(platform, component)
    check(platform, probes.asked(pod)[0], pod, pool=SERVICES_POOL, capacity="on-demand", component="airflow")


def test_replicas_get_nodes_in_different_zones(platform: Platform, probes: Probes) -> None:
    pod = deployed(platform, "api-server")
    labels = pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]
    fleets = probes.asked(pod, replicas=2, labels=labels)
    zones = [{each["AvailabilityZone"] for each in overrides(fleet)} for fleet in fleets]
    assert [len(each) for each in zones] == [1, 1]
    assert zones[0] != zones[1]


def test_a_worker_gets_spot_capacity(platform: Platform, probes: Probes) -> None:
    pod = worker(platform)
    workers = next(each for each in platform.settings.airflow.worker_sets if each.queue == "default")
    capacity = "spot" if workers.spot else "on-demand"
    check(platform, probes.asked(pod)[0], pod, pool=worker_pool("default"), capacity=capacity, component="airflow")


def test_a_task_pod_gets_spot_capacity(platform: Platform, probes: Probes) -> None:
    pod = task_pod(platform)
    capacity = "spot" if platform.settings.airflow.task_pods.spot else "on-demand"
    check(platform, probes.asked(pod)[0], pod, pool=TASK_PODS_POOL, capacity=capacity, component="airflow")


@pytest.mark.parametrize(("part", "capacity"), [("driver", "on-demand"), ("executor", "spot")])
def test_sparks_driver_is_on_demand_and_its_executors_are_not(
    platform: Platform, probes: Probes, part: str, capacity: str
) -> None:
    pod = spark_pod(part)
    check(platform, probes.asked(pod)[0], pod, pool=SPARK_POOL, capacity=capacity, component="spark")


def test_a_pod_that_fits_no_pool_gets_nothing(platform: Platform, probes: Probes) -> None:
    pod = {**task_pod(platform), "nodeSelector": {"kubernetes.io/arch": "amd64"}}
    assert "incompatible" in probes.refused(pod)


def test_a_pod_that_tolerates_no_taint_gets_no_node_of_a_worker(platform: Platform, probes: Probes) -> None:
    pod = {**worker(platform), "tolerations": [], "nodeSelector": node_selector(worker_pool("default"))}
    assert "did not tolerate taint" in probes.refused(pod)


def test_a_pool_grows_no_further_than_its_limit(platform: Platform, probes: Probes) -> None:
    """A pod with all the CPUs of the limit: a node for it has some of its own, and so more than the limit."""
    pool = platform.kube.custom.get_cluster_custom_object("karpenter.sh", "v1", "nodepools", worker_pool("default"))
    cpu = pool["spec"]["limits"]["cpu"]
    assert "no instance type has enough resources" in probes.refused(with_cpu(worker(platform), cpu))
    # It is not the size: the services' nodes have no limit.
    assert len(probes.asked(with_cpu(deployed(platform, "scheduler"), cpu))) == 1
