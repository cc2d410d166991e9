"""What preflight looks at: settings that somebody wants to deploy, and the account and region that they would go to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.assembly import Assembly
from ops.aws import Aws
from ops.stack import DeployedStack, find_stack
from ops.synthesis import synthesized
from settings import Settings, cdk_json_context

# Amazon EKS has no control plane in these zones, whatever an account calls them.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets
ZONES_WITHOUT_EKS = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})


@dataclass(frozen=True)
class Zone:
    """An availability zone of the region."""

    name: str
    """As this account calls it."""
    id: str
    """As everybody calls it."""

    @property
    def has_eks(self) -> bool:
        """Whether EKS takes subnets here."""
        return self.id not in ZONES_WITHOUT_EKS


@dataclass(frozen=True)
class Preflight:
    """The subject of every check. What several checks ask for is asked for once."""

    aws: Aws
    settings: Settings
    context: tuple[str, ...] = ()
    """What was given on the command line, for the application to be synthesized with."""

    def context_value(self, key: str) -> Any:
        """What the CDK is told under a key of its own: on the command line, or else by cdk.json."""
        given = dict(pair.split("=", maxsplit=1) for pair in self.context)
        return given.get(key, cdk_json_context().get(key))

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """The zones of the region that this account can use, by name."""
        answer = self.aws.client("ec2").describe_availability_zones(
            Filters=[
                {"Name": "state", "Values": ["available"]},
                {"Name": "zone-type", "Values": ["availability-zone"]},
            ]
        )
        zones = (Zone(zone["ZoneName"], zone["ZoneId"]) for zone in answer["AvailabilityZones"])
        return tuple(sorted(zones, key=lambda zone: zone.name))

    @cached_property
    def chosen_zones(self) -> tuple[str, ...]:
        """Names of the zones that the deployment would use: those of the settings, or the region's first."""
        network = self.settings.network
        if network.availability_zones:
            return network.availability_zones
        # As CloudFormation's Fn::GetAZs: the zones that have a default subnet; all, where none has.
        filters = [{"Name": "default-for-az", "Values": ["true"]}]
        subnets = self.aws.pages("ec2", "describe_subnets", "Subnets", Filters=filters)
        default = {subnet["AvailabilityZone"] for subnet in subnets}
        names = [zone.name for zone in self.zones if not default or zone.name in default]
        return tuple(names[: network.zones])

    @cached_property
    def stack(self) -> DeployedStack | None:
        """The deployment of this name, where there is one already."""
        return find_stack(self.aws, self.settings.name)

    @cached_property
    def assembly(self) -> Assembly:
        """What would be deployed. Raises NotCheckedError where the application does not synthesize."""
        return synthesized(self.context, name=self.settings.name)

    @property
    def updates(self) -> bool:
        """Whether this deployment would change one that is there, and counted in what is in use."""
        return self.stack is not None and bool(self.stack.resources)

    def offered(self, *instance_types: str) -> dict[str, set[str]]:
        """Which of these EC2 instance types each zone offers."""
        offers: dict[str, set[str]] = {zone.name: set() for zone in self.zones}
        found: Any = self.aws.pages(
            "ec2",
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": list(instance_types)}],
        )
        for offer in found:
            offers.setdefault(offer["Location"], set()).add(offer["InstanceType"])
        return offers
