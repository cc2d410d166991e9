"""What moto lacks of networks and their load balancers: see moto_cases.py."""

from __future__ import annotations

from botocore.exceptions import ClientError

from tests.sandbox.moto_things import Clients, new_name, new_subnet, refuses


def beijing_has_three_zones(clients: Clients) -> bool:
    return len(clients("ec2").describe_availability_zones()["AvailabilityZones"]) == 3


def instance_takes_its_interface_along(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), new_subnet(clients)
    (instance,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"]
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []


def nat_gateway_takes_its_interface_along(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), new_subnet(clients)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []


def nat_gateway_that_is_gone_is_not_found(clients: Clients) -> bool:
    try:
        clients("ec2").delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0")
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "NatGatewayNotFound")
    except AttributeError:  # moto, in this process
        return False
    return False


def address_in_use_is_not_released(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), new_subnet(clients)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    return refuses(ec2.release_address, AllocationId=address)


def subnet_in_use_is_not_deleted(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), new_subnet(clients)
    ec2.create_network_interface(SubnetId=subnet)
    return refuses(ec2.delete_subnet, SubnetId=subnet)


def vpc_with_a_gateway_is_not_deleted(clients: Clients) -> bool:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    return refuses(ec2.delete_vpc, VpcId=vpc)


def gateway_of_public_addresses_is_not_detached(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), new_subnet(clients)
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    return refuses(ec2.detach_internet_gateway, VpcId=vpc, InternetGatewayId=gateway)


def internal_load_balancer_says_so(clients: Clients) -> bool:
    arguments = {"Name": new_name(), "Subnets": [new_subnet(clients)], "Scheme": "internal"}
    (made,) = clients("elbv2").create_load_balancer(**arguments)["LoadBalancers"]
    clients("elbv2").delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    host = str(made["DNSName"])
    return host.startswith("internal-") and host.endswith(".amazonaws.com.cn")


CASES = [
    address_in_use_is_not_released,
    beijing_has_three_zones,
    gateway_of_public_addresses_is_not_detached,
    instance_takes_its_interface_along,
    internal_load_balancer_says_so,
    nat_gateway_takes_its_interface_along,
    nat_gateway_that_is_gone_is_not_found,
    subnet_in_use_is_not_deleted,
    vpc_with_a_gateway_is_not_deleted,
]
