"""Partition: the answer to every question that differs between ``aws`` and ``aws-cn``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import botocore.session

PartitionName = Literal["aws", "aws-cn"]
ImageSource = Literal["upstream", "private"]


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Facts of one AWS partition. Nothing else in the project may compare partition names."""

    name: PartitionName
    default_region: str
    dns_suffix: str
    """Domain of the service endpoints and of the private registries."""
    image_source: ImageSource
    """Where images and charts come from by default: the public registries cannot be reached from China."""
    timezone: str
    """What a time without a zone means to the people who work there."""
    interface_endpoints: tuple[str, ...]
    """Services reached by interface endpoints where ``network.interface_endpoints`` is set, by the CDK's names."""
    pass_role_services: tuple[str, ...]
    """Values of ``iam:PassedToService`` that mean EC2: in China either of two is seen."""
    database_truststore: str
    """Where Amazon RDS publishes the authorities of its certificates, for all regions of the partition."""

    chat: bool
    """Whether AWS tells a chat of alarms (AWS::Chatbot)."""
    managed_prometheus: bool
    """Whether AWS offers Amazon Managed Service for Prometheus."""
    currency: str
    """What AWS bills in."""
    price_list_region: str
    """Where the Price List API answers for the partition's regions.

    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
    """

    def zones(self, region: str) -> int:
        """How many availability zones of a region a deployment uses by default."""
        return 2 if region in _TWO_ZONES else 3

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the partition that offer Amazon EKS, sorted, as botocore knows them."""
        return _eks_regions(self.name)

    def registry(self, *, account: str, region: str) -> str:
        """Host name of an account's private container registry (Amazon ECR)."""
        return f"{account}.dkr.ecr.{region}.{self.dns_suffix}"

    def load_balancer_keys_url(self, region: str) -> str:
        """Where the public keys are with which load balancers sign who has signed in.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
        """
        return f"https://public-keys.auth.elb.{region}.{self.dns_suffix}"

    def codecommit_url(self, *, repository: str, region: str) -> str:
        """HTTPS clone URL of a CodeCommit repository."""
        return f"https://git-codecommit.{region}.{self.dns_suffix}/v1/repos/{repository}"

    def database_ca_bundle_url(self, *, region: str) -> str:
        """The authorities that sign the certificates of a region's databases, in one PEM file."""
        return f"{self.database_truststore}/{region}/{region}-bundle.pem"


# An account sees two zones of Northern California.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
_TWO_ZONES = frozenset({"us-west-1"})

_INTERFACE_ENDPOINTS = ("ECR", "ECR_DOCKER", "STS", "SECRETS_MANAGER", "CLOUDWATCH_LOGS", "EKS")

PARTITIONS: dict[str, Partition] = {
    "aws": Partition(
        name="aws",
        default_region="us-west-2",
        dns_suffix="amazonaws.com",
        image_source="upstream",
        timezone="UTC",
        interface_endpoints=(*_INTERFACE_ENDPOINTS, "EKS_AUTH"),
        pass_role_services=("ec2.amazonaws.com",),
        database_truststore="https://truststore.pki.rds.amazonaws.com",
        chat=True,
        managed_prometheus=True,
        currency="USD",
        price_list_region="us-east-1",
    ),
    "aws-cn": Partition(
        name="aws-cn",
        default_region="cn-north-1",
        dns_suffix="amazonaws.com.cn",
        image_source="private",
        timezone="Asia/Shanghai",
        # Without EKS Auth: the CDK does not know its name in China, where the endpoints of some services have a prefix
        # of their own, and a wrong name fails the deployment. Pods reach it through NAT.
        interface_endpoints=_INTERFACE_ENDPOINTS,
        pass_role_services=("ec2.amazonaws.com", "ec2.amazonaws.com.cn"),
        # One bucket, in Beijing, for both regions:
        # https://docs.amazonaws.cn/en_us/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
        database_truststore="https://rds-truststore.s3.cn-north-1.amazonaws.com.cn",
        chat=False,
        # https://www.amazonaws.cn/en/about-aws/regional-product-services/
        managed_prometheus=False,
        currency="CNY",
        price_list_region="cn-northwest-1",
    ),
}


@cache
def _eks_regions(partition: str) -> tuple[str, ...]:
    regions = botocore.session.Session().get_available_regions("eks", partition_name=partition)
    return tuple(sorted(regions))
