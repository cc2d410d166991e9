"""Fleets: the cheapest instance is launched, and as its launch template says.

What moto records of a fleet is the whole request: so ``describe_fleets`` says later what somebody asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from moto.ec2.models.fleets import Fleet
from moto.ec2.models.instances import Instance
from moto.ec2.models.spot_requests import SpotFleetLaunchSpec
from moto.ec2.utils import random_spot_request_id

from ops.sandbox import instance_prices


@dataclass(kw_only=True)
class _SpotRequest:
    """What moto's fleet asks of a request: one that has got its instance."""

    id: str
    instance: Instance
    launch_spec: SpotFleetLaunchSpec


def apply() -> None:
    """Moto takes the first type that is asked for, and of a template its image and its tags.

    An instance without the template's security groups has drifted for Karpenter as soon as it runs, and one that says
    nothing of a spot request is on demand.
    """
    Fleet.create_on_demand_requests = _launch_on_demand  # type: ignore[method-assign]
    Fleet.create_spot_requests = _launch_spot  # type: ignore[method-assign]


def _launch_on_demand(self: Fleet, weight_to_add: float) -> None:
    specs, added = _chosen(self, weight_to_add)
    for spec, count in specs.items():
        for _ in range(count):
            instance = _launch(self, spec)
            self.on_demand_instances.append({"id": instance.id, "instance": instance, "launch_spec": spec})
    self.fulfilled_capacity += added


def _launch_spot(self: Fleet, weight_to_add: float) -> list[Any]:
    specs, added = _chosen(self, weight_to_add)
    for spec, count in specs.items():
        for _ in range(count):
            instance = _launch(self, spec, instance_market_options="spot")
            request = _SpotRequest(id=random_spot_request_id(), instance=instance, launch_spec=spec)
            instance.spot_instance_request_id = request.id  # type: ignore[attr-defined]  # answered as it is
            self.spot_requests.append(request)  # type: ignore[arg-type]
    self.fulfilled_capacity += added
    return self.spot_requests


def _chosen(fleet: Fleet, capacity: float) -> tuple[dict[SpotFleetLaunchSpec, int], float]:
    """What is launched, and how often."""
    fleet.launch_specs.sort(key=lambda spec: instance_prices.on_demand(spec.instance_type) or math.inf)
    return fleet.get_launch_spec_counts(capacity)


def _launch(fleet: Fleet, spec: SpotFleetLaunchSpec, **market: str) -> Instance:
    backend, template = fleet.ec2_backend, spec.launch_template_spec or {}
    data = backend.get_launch_template(template["LaunchTemplateId"]).get_version(template["Version"]).data
    interfaces = data.get("NetworkInterfaces", [])
    groups = [group for interface in interfaces for group in interface.get("Groups", [])]
    reservation = backend.run_instances(
        spec.image_id,
        1,
        spec.user_data,
        [],
        security_group_ids=data.get("SecurityGroupIds", groups),
        instance_type=spec.instance_type,
        is_instance_type_default=False,
        region_name=backend.region_name,
        subnet_id=spec.subnet_id,
        key_name=spec.key_name,
        launch_template=template,
        block_device_mappings=data.get("BlockDeviceMappings", []),
        metadata_options=data.get("MetadataOptions", {}),
        fleet_id=fleet.id,
        tags=spec.tag_specifications,
        **market,
    )
    instance: Instance = reservation.instances[0]
    profile = data.get("IamInstanceProfile", {})
    if profile:
        backend.associate_iam_instance_profile(
            instance_id=instance.id,
            iam_instance_profile_name=profile.get("Name"),
            iam_instance_profile_arn=profile.get("Arn"),
        )
    return instance
