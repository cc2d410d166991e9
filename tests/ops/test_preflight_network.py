"""Zones, and a VPC and a certificate that are there already."""

from __future__ import annotations

from typing import Any

import pytest

from ops.report import Status
from tests.ops.accounts import Account


class TestZones:
    def test_a_zone_that_eks_does_not_take(self, account: Account) -> None:
        account.answers.edit("ec2", "DescribeAvailabilityZones", lambda parsed: _zone_ids(parsed, "use1-az3"))
        zones = account.results()["zones"]
        assert zones.status is Status.FAILURE
        assert zones.found == "Amazon EKS takes no subnet in us-west-2a"
        assert zones.advice == "Give --context network.availability_zones=us-west-2b,us-west-2c,us-west-2d"

    def test_a_zone_that_the_account_does_not_have(self, account: Account) -> None:
        zones = account.results("network.availability_zones=us-west-2a,us-west-2b,us-west-2z")["zones"]
        assert (zones.status, zones.found) == (Status.FAILURE, "us-west-2 has no zone us-west-2z for you")

    def test_fewer_zones_than_asked_for(self, account: Account) -> None:
        account.answers.edit("ec2", "DescribeAvailabilityZones", lambda parsed: parsed["AvailabilityZones"].pop(0))
        account.answers.edit("ec2", "DescribeAvailabilityZones", lambda parsed: parsed["AvailabilityZones"].pop(0))
        zones = account.results()["zones"]
        assert zones.status is Status.FAILURE
        assert "--context network.zones=2" in zones.advice

    def test_only_zones_with_a_default_subnet_count_where_there_are_any(self, account: Account) -> None:
        assert account.results()["zones"].found.startswith("us-west-2a ")
        ec2 = account.client("ec2")
        default = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        subnets = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in default}
        ec2.delete_subnet(SubnetId=subnets.pop("us-west-2a"))
        assert account.results()["zones"].found.startswith("us-west-2b ")
        for subnet in subnets.values():
            ec2.delete_subnet(SubnetId=subnet)
        assert account.results()["zones"].found.startswith("us-west-2a ")

    def test_an_instance_type_that_one_zone_lacks(self, account: Account) -> None:
        account.answers.edit("ec2", "DescribeInstanceTypeOfferings", lambda parsed: _without(parsed, "us-west-2b"))
        nodes = account.results()["nodes: m7g.xlarge"]
        assert nodes.status is Status.FAILURE
        assert nodes.found == "m7g.xlarge not offered in us-west-2b"
        assert nodes.advice == "Give --context network.availability_zones=us-west-2a,us-west-2c,us-west-2d"

    def test_an_instance_type_that_no_zone_has(self, account: Account) -> None:
        account.answers.give("ec2", "DescribeInstanceTypeOfferings", {"InstanceTypeOfferings": []})
        results = account.results()
        assert results["nodes: m7g.xlarge"].status is Status.FAILURE
        assert "cluster.nodes.instance_type" in results["nodes: m7g.xlarge"].advice
        assert results["nodes of Karpenter"].status is Status.FAILURE


def _zone_ids(parsed: dict[str, Any], first: str) -> None:
    parsed["AvailabilityZones"][0]["ZoneId"] = first


def _without(parsed: dict[str, Any], zone: str) -> None:
    offers = parsed["InstanceTypeOfferings"]
    parsed["InstanceTypeOfferings"] = [offer for offer in offers if offer["Location"] != zone]


class TestWhatIsThereAlready:
    def test_a_vpc_that_fits(self, account: Account) -> None:
        context, _ = self._vpc(account, dns=True)
        assert account.results(*context)[self._check(context)].status is Status.OK

    def test_a_vpc_that_does_not(self, account: Account) -> None:
        context, subnets = self._vpc(account, dns=False)
        context = [each.replace(subnets[0], "subnet-0123456789abcdef0") for each in context]
        context = [each.replace("10.0.0.0/16", "10.9.0.0/16") for each in context]
        vpc = account.results(*context)[self._check(context)]
        assert vpc.status is Status.FAILURE
        assert "its CIDR blocks are 10.0.0.0/16, and the settings name 10.9.0.0/16" in vpc.found
        assert "enableDnsHostnames is off" in vpc.found
        assert "subnet-0123456789abcdef0 is not in it" in vpc.found

    def test_every_block_of_a_vpc_has_to_be_named(self, account: Account) -> None:
        context, _ = self._vpc(account, dns=True)
        vpc_id = context[0].partition("=")[2]
        for block in ("100.64.0.0/16", "10.1.0.0/16"):
            account.client("ec2").associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock=block)
        vpc = account.results(*context)[self._check(context)]
        assert vpc.status is Status.FAILURE
        assert "are 10.0.0.0/16, 100.64.0.0/16, 10.1.0.0/16, and the settings name 10.0.0.0/16" in vpc.found
        context.append("network.existing_vpc.secondary_cidrs=10.1.0.0/16,100.64.0.0/16")
        assert account.results(*context)[self._check(context)].status is Status.OK

    def test_subnets_in_other_zones_than_listed(self, account: Account) -> None:
        context, _ = self._vpc(account, dns=True)
        zones = "network.availability_zones=us-west-2b,us-west-2a"
        context = [zones if each.startswith("network.availability_zones") else each for each in context]
        assert "is in us-west-2a, listed for us-west-2b" in account.results(*context)[self._check(context)].found

    def test_a_vpc_that_is_not_there(self, account: Account) -> None:
        context, _ = self._vpc(account, dns=True)
        context = ["network.existing_vpc.id=vpc-0123456789abcdef0", *context[1:]]
        assert account.results(*context)["VPC vpc-0123456789abcdef0"].found == "does not exist in us-west-2"

    CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"

    @pytest.mark.parametrize(
        ("described", "status", "found"),
        [
            ({"Status": "ISSUED", "SubjectAlternativeNames": ["*.example.com"]}, Status.OK, "issued"),
            ({"Status": "EXPIRED", "SubjectAlternativeNames": ["*.example.com"]}, Status.FAILURE, "it is EXPIRED"),
            ({"Status": "ISSUED", "DomainName": "other.org"}, Status.FAILURE, "not for airflow.example.com"),
        ],
    )
    def test_a_certificate(self, account: Account, described: dict[str, Any], status: Status, found: str) -> None:
        account.answers.give("acm", "DescribeCertificate", {"Certificate": described})
        context = (
            f"airflow.ingress.certificate_arn={self.CERTIFICATE}",
            "airflow.ingress.domain=airflow.example.com",
        )
        certificate = account.results(*context)["certificate"]
        assert certificate.status is status
        assert found in certificate.found

    def test_a_certificate_that_is_not_there(self, account: Account) -> None:
        certificate = account.results(f"airflow.ingress.certificate_arn={self.CERTIFICATE}")["certificate"]
        assert certificate.status is Status.FAILURE

    @pytest.mark.parametrize(
        ("domain", "private", "status", "found"),
        [
            ("airflow.example.com", False, Status.OK, "example.com, public"),
            ("airflow.example.com", True, Status.FAILURE, "it is private"),
            ("example.com", False, Status.FAILURE, "the zone's own name"),
            ("airflow.another-example.com", False, Status.FAILURE, "airflow.another-example.com is not in"),
        ],
    )
    def test_a_hosted_zone(self, account: Account, domain: str, private: bool, status: Status, found: str) -> None:
        zone = {"Id": "Z1", "CallerReference": "1", "Name": "example.com.", "Config": {"PrivateZone": private}}
        account.answers.give("route53", "GetHostedZone", {"HostedZone": zone})
        context = ("airflow.ingress.hosted_zone_id=Z1", f"airflow.ingress.domain={domain}")
        result = account.results(*context)["hosted zone"]
        assert result.status is status
        assert found in result.found

    def test_a_hosted_zone_that_is_not_there(self, account: Account) -> None:
        context = ("airflow.ingress.hosted_zone_id=Z1", "airflow.ingress.domain=airflow.example.com")
        assert account.results(*context)["hosted zone"].found == "Z1 does not exist"

    @staticmethod
    def _check(context: list[str]) -> str:
        return f"VPC {context[0].partition('=')[2]}"

    @staticmethod
    def _vpc(account: Account, *, dns: bool) -> tuple[list[str], list[str]]:
        ec2 = account.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": dns})
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-west-2{zone}")
            for index, zone in enumerate("abab")
        ]
        ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
        return [
            f"network.existing_vpc.id={vpc}",
            "network.existing_vpc.cidr=10.0.0.0/16",
            f"network.existing_vpc.private_subnet_ids={ids[0]},{ids[1]}",
            f"network.existing_vpc.isolated_subnet_ids={ids[2]},{ids[3]}",
            "network.availability_zones=us-west-2a,us-west-2b",
            "network.zones=2",
        ], ids
