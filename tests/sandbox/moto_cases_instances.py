"""What moto lacks for those who start instances, as Karpenter does: see moto_cases.py."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.sandbox.moto_things import CHINA, Clients, new_name

_PARAMETER = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/arm64/standard/recommended/image_id"


def launch(clients: Clients, capacity_type: str, *types: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An instance of a fleet, its disk, and the security group that its launch template names."""
    ec2, name = clients("ec2"), new_name()
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"]
    disk_wanted = {"VolumeSize": 50, "Encrypted": True, "DeleteOnTermination": True}
    ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={
            "ImageId": "ami-12c6146b",
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [group]}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk_wanted}],
            "MetadataOptions": {"HttpTokens": "required"},
        },
    )
    made = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=[
            {
                "LaunchTemplateSpecification": {"LaunchTemplateName": name, "Version": "$Latest"},
                "Overrides": [{"InstanceType": each, "SubnetId": subnet} for each in types],
            }
        ],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": capacity_type},
    )
    ids = made["Instances"][0]["InstanceIds"]
    ((instance,),) = [each["Instances"] for each in ec2.describe_instances(InstanceIds=ids)["Reservations"]]
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in instance["BlockDeviceMappings"]]
    (disk,) = ec2.describe_volumes(VolumeIds=volumes)["Volumes"]
    ec2.terminate_instances(InstanceIds=ids)
    return instance, disk, group


def fleet_launches_as_its_template_says(clients: Clients) -> bool:
    instance, disk, group = launch(clients, "on-demand", "m6g.large")
    return (
        [each["GroupId"] for each in instance["SecurityGroups"]] == [group]
        and (disk["Size"], disk["Encrypted"]) == (50, True)
        and instance["MetadataOptions"]["HttpTokens"] == "required"
        and "SpotInstanceRequestId" not in instance
    )


def fleet_says_which_instance_is_spot(clients: Clients) -> bool:
    instance, _, group = launch(clients, "spot", "m6g.large")
    groups = [each["GroupId"] for each in instance["SecurityGroups"]]
    return groups == [group] and str(instance.get("SpotInstanceRequestId")).startswith("sir-")


def fleet_launches_the_cheapest(clients: Clients) -> bool:
    instance, _, _ = launch(clients, "on-demand", "r6g.xlarge", "c6g.large", "m6g.large")
    return bool(instance["InstanceType"] == "c6g.large")


def eks_says_which_image_a_node_has(clients: Clients) -> bool:
    image = clients("ssm").get_parameter(Name=_PARAMETER)["Parameter"]["Value"]
    filters = [{"Name": "image-id", "Values": [image]}]
    (found,) = clients("ec2").describe_images(Filters=filters)["Images"]
    listed = clients("ssm").describe_parameters()["Parameters"]
    return bool(found["Architecture"] == "arm64") and _PARAMETER not in [each["Name"] for each in listed]


def china_offers_graviton(clients: Clients) -> bool:
    ec2 = clients("ec2")
    filters = [{"Name": "instance-type", "Values": ["m6g.large"]}]
    offers = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=filters)
    return {each["Location"][:-1] for each in offers["InstanceTypeOfferings"]} == {CHINA}


def description_of_types_can_be_a_dry_run(clients: Clients) -> bool:
    try:
        clients("ec2").describe_instance_types(DryRun=True, InstanceTypes=["m6g.large"])
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "DryRunOperation")
    return False


def spot_prices_differ(clients: Clients) -> bool:
    types = ["m6g.large", "m6g.xlarge"]
    history = clients("ec2").describe_spot_price_history(InstanceTypes=types)["SpotPriceHistory"]
    prices = {each["InstanceType"]: float(each["SpotPrice"]) for each in history}
    return prices != {} and prices["m6g.large"] < prices["m6g.xlarge"]


def cluster_says_the_range_of_its_services(clients: Clients) -> bool:
    ec2, name = clients("ec2"), new_name()
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    made = clients("eks").create_cluster(
        name=name,
        roleArn="arn:aws-cn:iam::123456789012:role/x",
        resourcesVpcConfig={"subnetIds": [subnet]},
        kubernetesNetworkConfig={"ipFamily": "ipv4"},
    )["cluster"]
    return "serviceIpv4Cidr" in made["kubernetesNetworkConfig"]


CASES = [
    china_offers_graviton,
    cluster_says_the_range_of_its_services,
    description_of_types_can_be_a_dry_run,
    eks_says_which_image_a_node_has,
    fleet_launches_as_its_template_says,
    fleet_launches_the_cheapest,
    fleet_says_which_instance_is_spot,
    spot_prices_differ,
]
