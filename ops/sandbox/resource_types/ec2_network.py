"""VPCs, subnets, and the ways in and out of them."""

from __future__ import annotations

from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.inputs import boolean
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.ec2_tags import tag
from ops.sandbox.resource_types.in_place import again, modify, put
from ops.sandbox.resource_types.tagging import ec2_tags

_DNS = ("EnableDnsSupport", "EnableDnsHostnames")


def _members(name: str) -> InPlace:
    """What a VPC endpoint has many of: those that are new are added, and those that are gone are removed."""

    def apply(request: Request, change: Change) -> None:
        old, new = set(change.properties.get(name, [])), set(request.properties.get(name, []))
        named = {f"Add{name}": sorted(new - old), f"Remove{name}": sorted(old - new)}
        request.aws.call(
            "ec2",
            "modify_vpc_endpoint",
            VpcEndpointId=change.physical.ref,
            **{argument: ids for argument, ids in named.items() if ids},
        )

    return InPlace(properties=frozenset({name}), apply=apply, removable=frozenset({name}))


class Vpc(ResourceType):
    name = "AWS::EC2::VPC"
    in_place = (
        again(lambda request, physical: _enable(request, physical.ref), *_DNS),
        ec2_tags(),
    )

    def create(self, request: Request) -> Physical:
        vpc = request.call("ec2", "create_vpc", "CidrBlock", "InstanceTenancy")["Vpc"]
        id_ = vpc["VpcId"]
        request.made(Physical(ref=id_))
        _enable(request, id_)
        tag(request, id_)
        groups = _describe(request.aws, "describe_security_groups", **{"vpc-id": id_, "group-name": "default"})
        return Physical(
            ref=id_,
            attributes={
                "VpcId": id_,
                "CidrBlock": vpc["CidrBlock"],
                "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
            },
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_vpc", VpcId=deletion.ref)


class Subnet(ResourceType):
    name = "AWS::EC2::Subnet"
    in_place = (
        again(lambda request, physical: _map_addresses(request, physical.ref), "MapPublicIpOnLaunch"),
        ec2_tags(),
    )

    def create(self, request: Request) -> Physical:
        subnet = request.call("ec2", "create_subnet", "VpcId", "CidrBlock", "AvailabilityZone")["Subnet"]
        id_ = subnet["SubnetId"]
        request.made(Physical(ref=id_))
        _map_addresses(request, id_)
        tag(request, id_)
        attributes = {"SubnetId": id_, **{name: subnet[name] for name in ("AvailabilityZone", "CidrBlock", "VpcId")}}
        return Physical(ref=id_, attributes=attributes)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_subnet", SubnetId=deletion.ref)


class InternetGateway(ResourceType):
    name = "AWS::EC2::InternetGateway"
    in_place = (ec2_tags(),)

    def create(self, request: Request) -> Physical:
        id_ = request.aws.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
        tag(request, id_)
        return Physical(ref=id_, attributes={"InternetGatewayId": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_internet_gateway", InternetGatewayId=deletion.ref)


class VpcGatewayAttachment(ResourceType):
    name = "AWS::EC2::VPCGatewayAttachment"

    def create(self, request: Request) -> Physical:
        request.call("ec2", "attach_internet_gateway", "InternetGatewayId", "VpcId")
        return Physical(ref=f"IGW|{request.properties['VpcId']}")

    def delete(self, deletion: Deletion) -> None:
        ids = {name: deletion.properties[name] for name in ("InternetGatewayId", "VpcId")}
        deletion.call("ec2", "detach_internet_gateway", **ids)


class Eip(ResourceType):
    name = "AWS::EC2::EIP"
    in_place = (ec2_tags("{physical[AllocationId]}"),)

    def create(self, request: Request) -> Physical:
        address = request.call("ec2", "allocate_address", "Domain")
        id_ = address["AllocationId"]
        tag(request, id_)
        return Physical(ref=address["PublicIp"], attributes={"AllocationId": id_, "PublicIp": address["PublicIp"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "release_address", AllocationId=deletion.physical.attributes["AllocationId"])


class NatGateway(ResourceType):
    name = "AWS::EC2::NatGateway"
    in_place = (ec2_tags(),)

    def create(self, request: Request) -> Physical:
        id_ = request.call("ec2", "create_nat_gateway", "AllocationId", "SubnetId")["NatGateway"]["NatGatewayId"]
        tag(request, id_)
        return Physical(ref=id_, attributes={"NatGatewayId": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_nat_gateway", NatGatewayId=deletion.ref)


class RouteTable(ResourceType):
    name = "AWS::EC2::RouteTable"
    in_place = (ec2_tags(),)

    def create(self, request: Request) -> Physical:
        id_ = request.call("ec2", "create_route_table", "VpcId")["RouteTable"]["RouteTableId"]
        tag(request, id_)
        return Physical(ref=id_, attributes={"RouteTableId": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_route_table", RouteTableId=deletion.ref)


class Route(ResourceType):
    name = "AWS::EC2::Route"
    in_place = (put("ec2", "replace_route", "RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId"),)

    def create(self, request: Request) -> Physical:
        request.call("ec2", "create_route", "RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId")
        destination = request.properties["DestinationCidrBlock"]
        return Physical(
            ref=f"{request.properties['RouteTableId']}|{destination}", attributes={"CidrBlock": destination}
        )

    def delete(self, deletion: Deletion) -> None:
        route = {name: deletion.properties[name] for name in ("RouteTableId", "DestinationCidrBlock")}
        deletion.call("ec2", "delete_route", **route)


class SubnetRouteTableAssociation(ResourceType):
    name = "AWS::EC2::SubnetRouteTableAssociation"

    def create(self, request: Request) -> Physical:
        id_ = request.call("ec2", "associate_route_table", "RouteTableId", "SubnetId")["AssociationId"]
        return Physical(ref=id_, attributes={"Id": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "disassociate_route_table", AssociationId=deletion.ref)


class VpcEndpoint(ResourceType):
    name = "AWS::EC2::VPCEndpoint"
    in_place = (
        modify("ec2", "modify_vpc_endpoint", "PolicyDocument", by={"VpcEndpointId": "{ref}"}),
        *(_members(name) for name in ("RouteTableIds", "SecurityGroupIds", "SubnetIds")),
        ec2_tags(),
    )

    def create(self, request: Request) -> Physical:
        endpoint = request.call(
            "ec2",
            "create_vpc_endpoint",
            "VpcId",
            "ServiceName",
            "VpcEndpointType",
            "RouteTableIds",
            "SubnetIds",
            "SecurityGroupIds",
            "PrivateDnsEnabled",
            "PolicyDocument",
        )["VpcEndpoint"]
        id_ = endpoint["VpcEndpointId"]
        tag(request, id_)
        return Physical(ref=id_, attributes={"Id": id_, "DnsEntries": endpoint.get("DnsEntries", [])})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[deletion.ref])


class FlowLog(ResourceType):
    name = "AWS::EC2::FlowLog"
    in_place = (ec2_tags(),)

    def create(self, request: Request) -> Physical:
        response = request.call(
            "ec2",
            "create_flow_logs",
            "ResourceType",
            "TrafficType",
            "LogDestinationType",
            "LogGroupName",
            "DeliverLogsPermissionArn",
            ResourceIds=[request.properties["ResourceId"]],
        )
        if response.get("Unsuccessful"):
            raise RuntimeError(response["Unsuccessful"][0]["Error"]["Message"])
        id_ = response["FlowLogIds"][0]
        tag(request, id_)
        return Physical(ref=id_, attributes={"Id": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_flow_logs", FlowLogIds=[deletion.ref])


def _enable(request: Request, vpc: str) -> None:
    for attribute in _DNS:
        if attribute in request.properties:
            value = {"Value": boolean(request.properties[attribute])}
            request.aws.call("ec2", "modify_vpc_attribute", VpcId=vpc, **{attribute: value})


def _map_addresses(request: Request, subnet: str) -> None:
    if "MapPublicIpOnLaunch" in request.properties:
        value = {"Value": boolean(request.properties["MapPublicIpOnLaunch"])}
        request.aws.call("ec2", "modify_subnet_attribute", SubnetId=subnet, MapPublicIpOnLaunch=value)


def _describe(aws: Aws, operation: str, /, **filters: str) -> dict[str, Any]:
    return aws.call("ec2", operation, Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()])
