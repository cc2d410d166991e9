"""EC2: network interfaces go with what they belong to, and deletions are refused while something is in the way.

moto deletes a subnet with interfaces in it, takes an address from a gateway that uses it, and detaches an internet
gateway under public addresses. AWS refuses each, and so a wrong order of deletion would only be seen there.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from settings import PARTITIONS


def apply() -> None:
    """Mend moto's EC2."""
    _give_regions_their_zones()
    _delete_interface_with_instance()
    _delete_interface_with_nat_gateway()
    _refuse_to_delete_used_subnet()
    _refuse_to_delete_used_vpc()
    _refuse_to_detach_used_gateway()
    _refuse_to_release_used_address()


def _give_regions_their_zones() -> None:
    """Moto knows two of Beijing's; a deployment has subnets in three, as in other regions."""
    for partition in PARTITIONS.values():
        for region in partition.regions:
            zones = RegionsAndZonesBackend.zones[region]
            for number in range(len(zones) + 1, partition.zones(region) + 1):
                prefix = zones[0].zone_id.partition("-")[0]
                # The letter and the number of the one that is missing are not known: one further than it would be.
                name, zone_id = f"{region}{'abcdef'[number]}", f"{prefix}-az{number + 1}"
                zones.append(Zone(region_name=region, name=name, zone_id=zone_id))


def _delete_interface_with_instance() -> None:
    """Moto leaves the interfaces behind that it made for an instance, unless the launch says that they go with it."""
    prepare = Instance.prep_nics

    def prep_nics(self: Instance, nic_spec: list[dict[str, Any]], *arguments: Any, **named: Any) -> None:
        prepare(self, nic_spec, *arguments, **named)
        said = {
            int(each["DeviceIndex"]) for each in nic_spec if {"DeleteOnTermination", "NetworkInterfaceId"} & each.keys()
        }
        for index, interface in self.nics.items():
            if index not in said:
                interface.delete_on_termination = True

    Instance.prep_nics = prep_nics  # type: ignore[method-assign]


def _delete_interface_with_nat_gateway() -> None:
    """Moto leaves the gateway's interface behind, with the address on it, and fails where there is no gateway."""
    delete = EC2Backend.delete_nat_gateway

    def delete_nat_gateway(self: EC2Backend, nat_gateway_id: str) -> NatGateway:
        if nat_gateway_id not in self.nat_gateways:
            raise EC2ClientError("NatGatewayNotFound", f"NatGateway {nat_gateway_id} was not found")
        gateway = delete(self, nat_gateway_id)
        interface = gateway._eni  # noqa: SLF001 - it has no other name
        for address in self.addresses:
            if address.eni is interface:
                self.disassociate_address(address=address.public_ip)
        self.delete_network_interface(interface.id)
        return gateway

    EC2Backend.delete_nat_gateway = delete_nat_gateway  # type: ignore[assignment,method-assign]


def _refuse_to_delete_used_subnet() -> None:
    delete = EC2Backend.delete_subnet

    def delete_subnet(self: EC2Backend, subnet_id: str) -> Subnet:
        inside = [interface.id for interface in self.enis.values() if interface.subnet.id == subnet_id]
        if inside:
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies: {', '.join(inside)}")
        return delete(self, subnet_id)

    EC2Backend.delete_subnet = delete_subnet  # type: ignore[assignment,method-assign]


def _refuse_to_delete_used_vpc() -> None:
    delete = EC2Backend.delete_vpc

    def delete_vpc(self: EC2Backend, vpc_id: str) -> VPC:
        gateways = [
            gateway.id for gateway in self.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id
        ]
        groups = [group.id for group in self.groups[vpc_id].values() if group.name != "default"]
        endpoints = [
            endpoint.id
            for endpoint in self.vpc_end_points.values()
            if endpoint.vpc_id == vpc_id and endpoint.state != "deleted"
        ]
        inside = [*gateways, *groups, *endpoints]
        if inside:
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies: {', '.join(inside)}")
        return delete(self, vpc_id)

    EC2Backend.delete_vpc = delete_vpc  # type: ignore[assignment,method-assign]


def _refuse_to_detach_used_gateway() -> None:
    detach = EC2Backend.detach_internet_gateway

    def detach_internet_gateway(self: EC2Backend, internet_gateway_id: str, vpc_id: str) -> None:
        mapped = [
            address.public_ip for address in self.addresses if address.eni and address.eni.subnet.vpc_id == vpc_id
        ]
        if mapped:
            raise DependencyViolationError(f"Network {vpc_id} has some mapped public address(es): {', '.join(mapped)}")
        detach(self, internet_gateway_id, vpc_id)

    EC2Backend.detach_internet_gateway = detach_internet_gateway  # type: ignore[assignment,method-assign]


def _refuse_to_release_used_address() -> None:
    release = EC2Backend.release_address

    def release_address(self: EC2Backend, address: str | None = None, allocation_id: str | None = None) -> None:
        for used in self.addresses:
            if used.allocation_id == allocation_id and used.eni:
                raise DependencyViolationError(f"The address {used.public_ip} is in use by {used.eni.id}")
        release(self, address, allocation_id)

    EC2Backend.release_address = release_address  # type: ignore[assignment,method-assign]
