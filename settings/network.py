"""The network's settings: a VPC of its own, or one that exists."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.section import Section
from settings.types import Cidr, Items, SubnetId, VpcId, ZoneCount, ZoneName


class ExistingVpc(Section):
    """A VPC that already exists. Give a subnet of each kind per zone, in the order of `network.availability_zones`."""

    id: VpcId = Field(description="Id of the VPC.")
    cidr: Cidr = Field(description="The VPC's CIDR block, the first one where it has several.")
    secondary_cidrs: Items[Cidr] = Field(
        default=(), description="Its other CIDR blocks, all of them: network policies let in and out what they name."
    )
    public_subnet_ids: Items[SubnetId] = Field(
        default=(), description="Public subnets. Needed only for an internet-facing load balancer."
    )
    private_subnet_ids: Items[SubnetId] = Field(
        description="Private subnets with a route to the internet or to the AWS endpoints: nodes, pods, load balancer."
    )
    isolated_subnet_ids: Items[SubnetId] = Field(description="Subnets for database, queue and file system.")


class NetworkSettings(Section):
    """VPC, zones and the ways out of it."""

    zones: ZoneCount = Field(
        description="Number of availability zones. A deployment stays in the zones that it was made in: Amazon EKS "
        "takes no subnet of another one afterwards."
    )
    availability_zones: Items[ZoneName] = Field(
        default=(),
        description="Names of the zones, where the region's first ones do not suit (Amazon EKS refuses some zones). "
        "Empty: the region's first zones.",
    )
    cidr: Cidr = Field(default="10.0.0.0/16", description="CIDR block of the VPC, from /16 to /22.")
    nat_gateways: Literal["single", "one_per_zone"] = Field(description="NAT gateways.")
    interface_endpoints: bool = Field(
        description="Interface endpoints for ECR, STS, Secrets Manager, CloudWatch Logs, EKS and EKS Auth."
    )
    flow_logs: bool = Field(default=True, description="VPC flow logs to CloudWatch Logs.")
    existing_vpc: ExistingVpc | None = Field(default=None, description="Use this VPC instead of a new one.")

    @property
    def vpc_cidrs(self) -> tuple[str, ...]:
        """CIDR blocks of the VPC in use."""
        vpc = self.existing_vpc
        return (vpc.cidr, *vpc.secondary_cidrs) if vpc else (self.cidr,)
