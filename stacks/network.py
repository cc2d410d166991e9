"""Network: the VPC, made or taken over."""

from __future__ import annotations

from typing import Any

from aws_cdk import Acknowledgment, NestedStack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from airflow_eks.log_groups import retention
from airflow_eks.network import Network as NetworkConstruct
from constructs import Construct
from settings import Settings
from settings.network import ExistingVpc

# Where Prometheus writes to, by the CDK's name.
_METRICS = "PROMETHEUS_WORKSPACES"


class Network(NestedStack):
    """The VPC and its subnets: ``private`` for nodes and load balancer, ``data`` for what holds state."""

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, key: kms.IKey) -> None:
        super().__init__(scope, id_, description="Network: VPC, subnets, endpoints, flow logs")
        network = settings.network
        made = NetworkConstruct(
            self,
            "Network",
            name=settings.name,
            cidr=network.cidr,
            zones=network.zones,
            zone_names=network.availability_zones,
            nat_gateways=1 if network.nat_gateways == "single" else network.zones,
            interface_endpoints=_endpoints(settings),
            flow_log_retention=retention(settings.logs.retention_days) if network.flow_logs else None,
            key=key,
        )
        self.vpc: ec2.IVpc = made.vpc
        self.private = ec2.SubnetSelection(subnets=self.vpc.private_subnets)
        self.data = ec2.SubnetSelection(subnets=self.vpc.isolated_subnets)
        self.node_subnet_terms: tuple[dict[str, Any], ...] = made.node_subnet_terms
        self.load_balancer_subnet_ids: tuple[str, ...] = ()


def _endpoints(settings: Settings) -> tuple[str, ...]:
    if not settings.network.interface_endpoints:
        return ()
    return (*settings.facts.interface_endpoints, *([_METRICS] if settings.has_managed_prometheus else []))


class ExistingNetwork(Construct):
    """The same of a VPC that is there: by ids alone, so that nothing is looked up and nothing of it is changed.

    It is no stack: CloudFormation refuses one without resources.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, vpc: ExistingVpc) -> None:
        super().__init__(scope, id_)
        self.vpc: ec2.IVpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc.id,
            vpc_cidr_block=vpc.cidr,
            availability_zones=list(settings.network.availability_zones),
            public_subnet_ids=list(vpc.public_subnet_ids) or None,
            private_subnet_ids=list(vpc.private_subnet_ids),
            isolated_subnet_ids=list(vpc.isolated_subnet_ids),
        )
        Validations.of(scope).acknowledge(
            Acknowledgment(
                id="Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId",
                reason="Nothing here changes a route of a VPC that is not ours",
            ),
            Acknowledgment(
                id="Annotation::@aws-cdk/aws-eks:clusterMustManuallyTagSubnet",
                reason="The load balancer's subnets are named at the Ingress, Karpenter's at its node class",
            ),
        )
        self.private = ec2.SubnetSelection(subnets=self.vpc.private_subnets)
        self.data = ec2.SubnetSelection(subnets=self.vpc.isolated_subnets)
        self.node_subnet_terms: tuple[dict[str, Any], ...] = tuple({"id": subnet} for subnet in vpc.private_subnet_ids)
        internal = settings.airflow.ingress.effective_scheme == "internal"
        self.load_balancer_subnet_ids: tuple[str, ...] = vpc.private_subnet_ids if internal else vpc.public_subnet_ids
