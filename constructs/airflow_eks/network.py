"""The network: three tiers over two or three zones, and the ways out of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from aws_cdk import Fn, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from airflow_eks.log_groups import OwnedLogGroup, own_handler_log_group
from constructs import Construct

DISCOVERY_TAG = "karpenter.sh/discovery"

PUBLIC, PRIVATE, DATA = "public", "private", "data"

# Of a VPC of /16: private subnets of /18 (a quarter each), public and data subnets of /21. Three zones of each use
# 30 of 32 parts. A load balancer needs a /27, which a /22 just gives. The plan is the same for two zones, so that a
# subnet's addresses never depend on how many there are: EC2 changes none of a subnet that exists.
_PLANNED_ZONES = 3
_PRIVATE_BITS = 2
_SMALL_BITS = 5


class Network(Construct):
    """A VPC with public subnets, private subnets that reach out through NAT, and data subnets that reach nothing.

    Subnets carry the tags by which the load balancer controller and Karpenter find them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        cidr: str,
        zones: int,
        zone_names: Sequence[str],
        nat_gateways: int,
        interface_endpoints: Sequence[str],
        flow_log_retention: logs.RetentionDays | None,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self._name = name
        prefix = ipaddress.IPv4Network(cidr).prefixlen
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            # Written as intrinsic functions, so that no look-up needs credentials, and three zones come out of it
            # where a stack without an account would be given two.
            availability_zones=list(zone_names) or [Fn.select(index, Fn.get_azs()) for index in range(zones)],
            reserved_azs=_PLANNED_ZONES - zones,
            nat_gateways=nat_gateways,
            restrict_default_security_group=True,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=PRIVATE, subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=prefix + _PRIVATE_BITS
                ),
                ec2.SubnetConfiguration(
                    name=PUBLIC,
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=prefix + _SMALL_BITS,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name=DATA, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=prefix + _SMALL_BITS
                ),
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        own_handler_log_group(self, provider="Custom::VpcRestrictDefaultSGCustomResourceProvider", key=key)
        self._tag_subnets(name)
        if interface_endpoints:
            self._add_interface_endpoints(interface_endpoints)
        if flow_log_retention is not None:
            self._add_flow_log(flow_log_retention, key)

    @property
    def node_subnet_terms(self) -> tuple[dict[str, Any], ...]:
        """How Karpenter finds the subnets for its nodes."""
        return ({"tags": {DISCOVERY_TAG: self._name}},)

    def _tag_subnets(self, name: str) -> None:
        for subnet in self.vpc.private_subnets:
            Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")
            Tags.of(subnet).add(DISCOVERY_TAG, name)
        for subnet in self.vpc.public_subnets:
            Tags.of(subnet).add("kubernetes.io/role/elb", "1")

    def _add_interface_endpoints(self, services: Sequence[str]) -> None:
        group = ec2.SecurityGroup(
            self,
            "EndpointsSecurityGroup",
            vpc=self.vpc,
            description="Interface endpoints, reached from within the VPC",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(ec2.Peer.ipv4(self.vpc.vpc_cidr_block), ec2.Port.HTTPS, "HTTPS from the VPC")
        for service in services:
            self.vpc.add_interface_endpoint(
                service.title().replace("_", ""),
                service=getattr(ec2.InterfaceVpcEndpointAwsService, service),
                subnets=ec2.SubnetSelection(subnet_group_name=PRIVATE),
                security_groups=[group],
                open=False,
            )

    def _add_flow_log(self, retention: logs.RetentionDays, key: kms.IKey) -> None:
        group = OwnedLogGroup(self, "FlowLogs", retention=retention, key=key).log_group
        role = iam.Role(
            self,
            "FlowLogsRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            inline_policies={
                "Write": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                            resources=[group.log_group_arn],
                        )
                    ]
                )
            },
        )
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=self.vpc.vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
