"""What the settings say is there already: a VPC, a certificate, a hosted zone."""

from __future__ import annotations

from ops.aws import found
from ops.checks import Findings, failure, verdict
from ops.preflight.subject import Preflight

_IN_USE = ("associating", "associated")


def existing_vpc(subject: Preflight) -> Findings:
    """The VPC of the settings: its DNS, and its subnets, in their zones."""
    given, zones = subject.settings.network.existing_vpc, subject.settings.network.availability_zones
    if given is None:
        return
    check, ec2 = f"VPC {given.id}", subject.aws.client("ec2")
    vpcs = found(ec2.describe_vpcs, "InvalidVpcID.NotFound", VpcIds=[given.id])
    if vpcs is None:
        yield failure(check, f"does not exist in {subject.aws.region}", "Correct network.existing_vpc.id.")
        return
    faults = []
    associated = vpcs["Vpcs"][0]["CidrBlockAssociationSet"]
    blocks = [each["CidrBlock"] for each in associated if each["CidrBlockState"]["State"] in _IN_USE]
    named = subject.settings.network.vpc_cidrs
    if set(blocks) != set(named):
        # Database, queue and load balancer in a block that no network policy names cannot be reached.
        faults.append(f"its CIDR blocks are {', '.join(blocks)}, and the settings name {', '.join(named)}")
    for attribute, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        if not ec2.describe_vpc_attribute(VpcId=given.id, Attribute=attribute)[key]["Value"]:
            faults.append(f"{attribute} is off, which EKS and EFS need")
    kinds = (given.public_subnet_ids, given.private_subnet_ids, given.isolated_subnet_ids)
    expected = {subnet: zone for kind in kinds for subnet, zone in zip(kind, zones, strict=False)}
    described = subject.aws.pages(
        "ec2", "describe_subnets", "Subnets", Filters=[{"Name": "vpc-id", "Values": [given.id]}]
    )
    actual = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in described}
    for subnet, zone in expected.items():
        if subnet not in actual:
            faults.append(f"{subnet} is not in it")
        elif actual[subnet] != zone:
            faults.append(f"{subnet} is in {actual[subnet]}, listed for {zone}")
    advice = (
        "Correct network.existing_vpc (cidr is one block, secondary_cidrs are all others), or the VPC: "
        "`aws ec2 modify-vpc-attribute` switches DNS on."
    )
    yield verdict(check, f"{len(expected)} subnets in {', '.join(zones)}", faults=faults, advice=advice)


def certificate(subject: Preflight) -> Findings:
    """The certificate of the load balancer: issued, and good for the domain."""
    ingress = subject.settings.airflow.ingress
    arn, domain = ingress.certificate_arn, ingress.domain
    if arn is None:
        return
    acm = subject.aws.client("acm")
    answer = found(acm.describe_certificate, "ResourceNotFoundException", CertificateArn=arn)
    if answer is None:
        yield failure("certificate", f"{arn} does not exist", "Correct airflow.ingress.certificate_arn.")
        return
    described = answer["Certificate"]
    names = described.get("SubjectAlternativeNames") or [described["DomainName"]]
    faults = []
    if described["Status"] != "ISSUED":
        faults.append(f"it is {described['Status']}")
    if domain and not any(_covers(name, domain) for name in names):
        faults.append(f"it is for {', '.join(names)}, not for {domain}")
    advice = "Validate or renew the certificate, or give another (airflow.ingress.certificate_arn)."
    yield verdict("certificate", f"issued, for {', '.join(names)}", faults=faults, advice=advice)


def hosted_zone(subject: Preflight) -> Findings:
    """The hosted zone of the domain: public, around the domain, and not its very name."""
    ingress = subject.settings.airflow.ingress
    zone_id, domain = ingress.hosted_zone_id, ingress.domain
    if zone_id is None or domain is None:
        return
    answer = found(subject.aws.client("route53").get_hosted_zone, "NoSuchHostedZone", Id=zone_id)
    if answer is None:
        yield failure("hosted zone", f"{zone_id} does not exist", "Correct airflow.ingress.hosted_zone_id.")
        return
    zone = answer["HostedZone"]
    name = zone["Name"].rstrip(".")
    faults = []
    if zone["Config"]["PrivateZone"]:
        faults.append("it is private: AWS Certificate Manager cannot see the record that validates the certificate")
    if domain == name:
        faults.append(f"{domain} is the zone's own name, which cannot be an alias (CNAME); choose a name within it")
    elif not domain.endswith(f".{name}"):
        faults.append(f"it is {name}, which {domain} is not in")
    advice = "Correct airflow.ingress.hosted_zone_id or airflow.ingress.domain."
    yield verdict("hosted zone", f"{name}, public", faults=faults, advice=advice)


def _covers(name: str, domain: str) -> bool:
    """A wildcard stands for one label."""
    return name == domain or (name.startswith("*.") and domain.partition(".")[2] == name[2:])
