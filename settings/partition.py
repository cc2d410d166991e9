"""Partition: the answer to every question that differs between ``aws`` and ``aws-cn``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import botocore.loaders

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

    without_repositories: frozenset[str]
    """Regions in which CloudFormation makes no AWS CodeCommit repository; in some of them there is the service."""
    without_budgets: frozenset[str]
    """Regions in which CloudFormation makes no budget."""
    chat: bool
    """Whether AWS tells a chat of alarms (AWS::Chatbot)."""
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
        return tuple(sorted(_regions(self.name, "eks")))

    def has_codecommit(self, region: str) -> bool:
        """Whether there is AWS CodeCommit in a region."""
        return region in _regions(self.name, "codecommit")

    def has_managed_prometheus(self, region: str) -> bool:
        """Whether there is Amazon Managed Service for Prometheus in a region."""
        return region in _regions(self.name, "aps")

    def registry(self, *, account: str, region: str) -> str:
        """Host name of an account's private container registry (Amazon ECR)."""
        return f"{account}.dkr.ecr.{region}.{self.dns_suffix}"

    def load_balancer_keys_url(self, region: str) -> str:
        """Where the public keys are with which load balancers sign who has signed in.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
        """
        return f"https://public-keys.auth.elb.{region}.{self.dns_suffix}"

    def via_service(self, service: str, *, region: str) -> str:
        """What `kms:ViaService` says of a service that uses a key for who calls it."""
        return f"{service}.{region}.{self.dns_suffix}"

    def codecommit_url(self, *, repository: str, region: str) -> str:
        """HTTPS clone URL of a CodeCommit repository."""
        return f"https://git-codecommit.{region}.{self.dns_suffix}/v1/repos/{repository}"

    def database_ca_bundle_url(self, *, region: str) -> str:
        """The authorities that sign the certificates of a region's databases, in one PEM file."""
        return f"{self.database_truststore}/{region}/{region}-bundle.pem"


# An account sees two zones of Northern California.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
_TWO_ZONES = frozenset({"us-west-1"})

# Types that CloudFormation does not know in these regions ("Unrecognized resource types"), as of November 2026. A test
# compares them with the lists that cfn-lint carries.
_WITHOUT_REPOSITORIES = frozenset(
    {
        "af-south-1",
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "mx-central-1",
    }
)
_WITHOUT_BUDGETS = _WITHOUT_REPOSITORIES | {"ap-east-1", "ap-northeast-3", "eu-north-1", "eu-south-1"}

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
        without_repositories=_WITHOUT_REPOSITORIES,
        without_budgets=_WITHOUT_BUDGETS,
        chat=True,
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
        without_repositories=frozenset(),
        without_budgets=frozenset(),
        chat=False,
        currency="CNY",
        price_list_region="cn-northwest-1",
    ),
}


@cache
def _regions(partition: str, service: str) -> frozenset[str]:
    """The regions of a partition that offer a service, as botocore knows them.

    Read from its file and not through a session, which would read the person's configuration of AWS, and fail by it.
    """
    data = botocore.loaders.Loader().load_data("endpoints")
    (found,) = [each for each in data["partitions"] if each["partition"] == partition]
    endpoints = found["services"].get(service, {}).get("endpoints", {})
    return frozenset(region for region in endpoints if region in found["regions"])
