"""What AWS sells, as this platform uses it: a name in the table of prices, and what finds it in AWS' price list.

The names of services, attributes and usage types are those of the price list:
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Product:
    """One thing with one price."""

    key: str
    """Its name in the table."""
    service: str
    usage: str
    """How its usage type ends; before that stands a code of the region, in most regions."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Of the price list, beside the region."""


CONTROL_PLANE = Product(key="eks/cluster", service="AmazonEKS", usage="AmazonEKS-Hours:perCluster")
EXTENDED_CONTROL_PLANE = Product(
    key="eks/cluster-in-extended-support", service="AmazonEKS", usage="AmazonEKS-Hours:extendedSupport"
)
NAT_GATEWAY = Product(
    key="vpc/nat-gateway", service="AmazonEC2", usage="NatGateway-Hours", attributes={"productFamily": "NAT Gateway"}
)
PUBLIC_ADDRESS = Product(key="vpc/public-ipv4", service="AmazonVPC", usage="PublicIPv4:InUseAddress")
ENDPOINT = Product(key="vpc/endpoint", service="AmazonVPC", usage="VpcEndpoint-Hours")
LOAD_BALANCER = Product(
    key="elb/application",
    service="AWSELB",
    usage="LoadBalancerUsage",
    attributes={"productFamily": "Load Balancer-Application"},
)
KEY = Product(key="kms/key", service="awskms", usage="KMS-Keys")
SECRET = Product(key="secrets-manager/secret", service="AWSSecretsManager", usage="AWSSecretsManager-Secrets")
DISK = Product(key="ebs/gp3", service="AmazonEC2", usage="EBS:VolumeUsage.gp3")
DATABASE_STORAGE = Product(
    key="rds/aurora-storage", service="AmazonRDS", usage="Aurora:StorageUsage", attributes={"databaseEngine": "Any"}
)
IO_OPTIMIZED_STORAGE = Product(
    key="rds/aurora-io-optimized-storage",
    service="AmazonRDS",
    usage="Aurora:IO-OptimizedStorageUsage",
    attributes={"databaseEngine": "Any"},
)
FILES = Product(
    key="efs/standard",
    service="AmazonEFS",
    usage="TimedStorage-ByteHrs",
    attributes={"storageClass": "General Purpose"},
)
OBJECTS = Product(
    key="s3/standard", service="AmazonS3", usage="TimedStorage-ByteHrs", attributes={"volumeType": "Standard"}
)
LOGS = Product(
    key="cloudwatch/logs-ingested",
    service="AmazonCloudWatch",
    usage="DataProcessing-Bytes",
    attributes={"group": "Ingested Logs"},
)


ALARM = Product(key="cloudwatch/alarm", service="AmazonCloudWatch", usage="CW:AlarmMonitorUsage")
COMPOSITE_ALARM = Product(
    key="cloudwatch/composite-alarm", service="AmazonCloudWatch", usage="CW:CompositeAlarmMonitorUsage"
)
METRIC = Product(key="cloudwatch/metric", service="AmazonCloudWatch", usage="CW:MetricMonitorUsage")
DASHBOARD = Product(key="cloudwatch/dashboard", service="AmazonCloudWatch", usage="DashboardsUsageHour")


def instance(type_: str) -> Product:
    """A Linux instance on demand: ``m7g.large``."""
    attributes = {
        "instanceType": type_,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "operation": "RunInstances",
    }
    return Product(key=f"ec2/{type_}", service="AmazonEC2", usage=f"BoxUsage:{type_}", attributes=attributes)


def database(class_: str, *, io_optimized: bool) -> Product:
    """An instance of Aurora PostgreSQL, ``db.r7g.large``: with requests billed beside it, or with requests in it."""
    attributes = {"instanceType": class_, "databaseEngine": "Aurora PostgreSQL"}
    kind, key = ("IOOptimized", f"rds/io-optimized/{class_}") if io_optimized else ("", f"rds/{class_}")
    return Product(key=key, service="AmazonRDS", usage=f"InstanceUsage{kind}:{class_}", attributes=attributes)


def cache(type_: str, engine: str) -> Product:
    """A node of ElastiCache: ``cache.m7g.large``."""
    attributes = {"instanceType": type_, "cacheEngine": engine.capitalize()}
    return Product(
        key=f"elasticache/{engine}/{type_}",
        service="AmazonElastiCache",
        usage=f"NodeUsage:{type_}",
        attributes=attributes,
    )
