"""How many of what a synthesized platform runs. What is counted is exact; what has to be assumed says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ops import names
from ops.contents import Contents
from ops.cost import products
from ops.cost.products import Product
from ops.errors import OpsError
from settings.published_metrics import ENDPOINTS
from settings.quantities import cores, gibibytes

# Nodes of Karpenter are of many types; their vCPUs are counted as those of this one, which has two.
_UNIT, _UNIT_CORES = "m7g.large", 2
# GB. Guesses for a month of an Airflow with some hundred DAGs, so that the lines are there: each is printed.
_DATABASE_GB, _DAGS_GB, _TASK_LOGS_GB, _CONTAINER_LOGS_GB = 20, 1, 10, 20
_PUBLISHER = "alarm-metrics"
_SERVERS = ("apiServer", "scheduler", "triggerer", "dagProcessor", "pgbouncer", "statsd")


class Per(StrEnum):
    """What a price is for, in time."""

    HOUR = "hour"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A line of the estimate."""

    component: str
    what: str
    product: Product
    least: float
    """Units that are always there."""
    most: float
    """Units at most: the same as ``least`` but for what scales."""
    per: Per = Per.HOUR
    assumed: str = ""
    """What of it is no count of the templates."""

    @property
    def scales(self) -> bool:
        """Whether it comes and goes with the load."""
        return self.most != self.least


def quantities(contents: Contents) -> list[Quantity]:
    """All lines. Raises OpsError where the application is not this platform."""
    if "airflow" not in contents.releases:
        raise OpsError("the synthesized application has no release of Airflow")
    values = contents.releases["airflow"].values
    return [
        *_cluster(contents, values),
        *_network(contents),
        *_data(contents),
        *_metrics(contents),
        *_alarms(contents),
        *_workers(contents, values),
    ]


def _line(component: str, what: str, product: Product, number: float, **more: Any) -> Quantity:
    return Quantity(component=component, what=what, product=product, least=number, most=number, **more)


def _cluster(contents: Contents, values: Mapping[str, Any]) -> Iterator[Quantity]:
    name = "EKS"
    for cluster in contents.resources("AWS::EKS::Cluster"):
        yield _line(name, "control plane", products.CONTROL_PLANE, 1)
        if cluster.properties.get("UpgradePolicy", {}).get("SupportType") != "STANDARD":
            yield Quantity(
                component=name,
                what="control plane in extended support",
                product=products.EXTENDED_CONTROL_PLANE,
                least=0,
                most=1,
                assumed="instead of the line above, once its version has left standard support",
            )
    for group in contents.resources("AWS::EKS::Nodegroup"):
        [type_], size = group.properties["InstanceTypes"], group.properties["ScalingConfig"]
        what = f"system nodes {type_}"
        yield _line(name, what, products.instance(type_), size["MinSize"], assumed="as many as at least")
        for template in contents.resources("AWS::EC2::LaunchTemplate"):
            for device in template.properties["LaunchTemplateData"].get("BlockDeviceMappings", ()):
                gigabytes = device["Ebs"]["VolumeSize"] * size["MinSize"]
                yield _line(name, "disks of system nodes, GB of gp3", products.DISK, gigabytes, per=Per.MONTH)
    asked = sum(
        cores(str(values[server]["resources"]["requests"]["cpu"])) * values[server].get("replicas", 1)
        for server in _SERVERS
    )
    yield _line(
        "Airflow",
        f"servers, {asked:g} vCPU",
        products.instance(_UNIT),
        asked / _UNIT_CORES,
        assumed=f"vCPUs that the pods ask for, as {_UNIT}; Karpenter chooses the nodes and leaves some room",
    )


def _network(contents: Contents) -> Iterator[Quantity]:
    name = "Network"
    interfaces = [
        endpoint.properties
        for endpoint in contents.resources("AWS::EC2::VPCEndpoint")
        if endpoint.properties.get("VpcEndpointType") == "Interface"
    ]
    for what, product, number in (
        ("NAT gateways", products.NAT_GATEWAY, contents.count("AWS::EC2::NatGateway")),
        ("public addresses", products.PUBLIC_ADDRESS, contents.count("AWS::EC2::EIP")),
        ("interface endpoints × zones", products.ENDPOINT, sum(len(each["SubnetIds"]) for each in interfaces)),  # noqa: RUF001
        ("load balancer", products.LOAD_BALANCER, 1),
    ):
        if number:
            yield _line(name, what, product, number)


def _data(contents: Contents) -> Iterator[Quantity]:
    name, month = "Data", Per.MONTH
    instances = [resource.properties["DBInstanceClass"] for resource in contents.resources("AWS::RDS::DBInstance")]
    io_optimized = any(
        cluster.properties.get("StorageType") == "aurora-iopt1" for cluster in contents.resources("AWS::RDS::DBCluster")
    )
    for class_ in sorted(set(instances)):
        product = products.database(class_, io_optimized=io_optimized)
        yield _line(name, f"Aurora {class_}", product, instances.count(class_))
    assumed = "a guess: see your own usage"
    storage = products.IO_OPTIMIZED_STORAGE if io_optimized else products.DATABASE_STORAGE
    yield _line(name, "Aurora storage, GB", storage, _DATABASE_GB, per=month, assumed=assumed)
    for group in contents.resources("AWS::ElastiCache::ReplicationGroup"):
        type_, nodes = group.properties["CacheNodeType"], group.properties.get("NumCacheClusters", 1)
        yield _line(name, f"ElastiCache {type_}", products.cache(type_, group.properties["Engine"]), nodes)
    if contents.count("AWS::EFS::FileSystem"):
        yield _line(name, "EFS, GB", products.FILES, _DAGS_GB, per=month, assumed=assumed)
    yield _line(name, "S3 task logs, GB", products.OBJECTS, _TASK_LOGS_GB, per=month, assumed=assumed)
    logs = products.LOGS
    yield _line(name, "CloudWatch logs, GB taken in", logs, _CONTAINER_LOGS_GB, per=month, assumed=assumed)
    yield _line(name, "KMS keys", products.KEY, contents.count("AWS::KMS::Key"), per=month)
    # Aurora makes its master password itself, and no template lists that secret.
    masters = sum(
        bool(each.properties.get("ManageMasterUserPassword")) for each in contents.resources("AWS::RDS::DBCluster")
    )
    number = contents.count("AWS::SecretsManager::Secret") + masters
    yield _line(name, "secrets", products.SECRET, number, per=month)


def _metrics(contents: Contents) -> Iterator[Quantity]:
    stack = contents.releases.get("kube-prometheus-stack")
    if stack is None:
        return
    spec = stack.values["prometheus"]["prometheusSpec"]
    volume = gibibytes(spec["storageSpec"]["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"])
    what = "volumes of Prometheus, GB of gp3"
    yield _line("Metrics", what, products.DISK, volume * spec["replicas"], per=Per.MONTH)


def _alarms(contents: Contents) -> Iterator[Quantity]:
    name, month = "Alarms", Per.MONTH
    plain = contents.resources("AWS::CloudWatch::Alarm")
    # An expression is billed for each metric that it reads.
    read = sum(sum("MetricStat" in each for each in alarm.properties.get("Metrics", ())) or 1 for alarm in plain)
    for what, product, number in (
        ("metrics that alarms look at", products.ALARM, read),
        ("composite alarms", products.COMPOSITE_ALARM, contents.count("AWS::CloudWatch::CompositeAlarm")),
        ("dashboards", products.DASHBOARD, contents.count("AWS::CloudWatch::Dashboard")),
    ):
        if number:
            yield _line(name, what, product, number, per=month)
    if any(each["metadata"]["name"] == _PUBLISHER for each in contents.objects("Deployment")):
        metrics = sum(len(each.metrics) for each in ENDPOINTS)
        yield _line(name, "metrics of the add-on alarm_metrics", products.METRIC, metrics, per=month)


def _workers(contents: Contents, values: Mapping[str, Any]) -> Iterator[Quantity]:
    assumed = f"vCPUs as {_UNIT} on demand; spot costs less"
    for workers in values["workers"]["celery"]["sets"]:
        each = cores(str(workers["resources"]["requests"]["cpu"])) / _UNIT_CORES
        least, most = workers["keda"]["minReplicaCount"], workers["keda"]["maxReplicaCount"]
        yield Quantity(
            component="Scales",
            what=f"Celery workers of queue {workers['queue']}, {least} to {most}",
            product=products.instance(_UNIT),
            least=least * each,
            most=most * each,
            assumed=assumed,
        )
    for quota in contents.objects("ResourceQuota"):
        limit = cores(str(quota["spec"]["hard"]["requests.cpu"]))
        namespace = quota["metadata"]["namespace"]
        team = namespace.removeprefix(names.TEAM_NAMESPACE)
        whose = "task pods" if namespace == names.TASK_PODS else f"Spark of {team}"
        yield Quantity(
            component="Scales",
            what=f"{whose}, 0 to {limit:g} vCPU",
            product=products.instance(_UNIT),
            least=0,
            most=limit / _UNIT_CORES,
            assumed=assumed,
        )
