"""Two sets of templates, compared resource by resource."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.changes.schemas import Body, keeps_its_name, perhaps_replaced_for, replaced_for

HELM = "Custom::AWSCDK-EKS-HelmChart"
_NESTED = "AWS::CloudFormation::Stack"
_CLUSTER = "AWS::EKS::Cluster"
_NODE_GROUP = "AWS::EKS::Nodegroup"
_VERSIONS = frozenset({"Version", "ReleaseVersion"})
_STORAGE = re.compile(r'storage\\*":\s*\\*"(\d+[KMGTP]i)')

# What cannot be had back from a template: to replace one of these is to lose what is in it.
HOLDS_DATA = frozenset(
    {
        "AWS::CodeCommit::Repository",
        "AWS::EFS::FileSystem",
        "AWS::EKS::Cluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::KMS::Key",
        "AWS::RDS::DBCluster",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)
# Cluster, database and queue never leave the VPC and the subnets that they were made in, and a new subnet cannot have
# the addresses of the one that it is to replace.
PLACES = frozenset({"AWS::EC2::VPC", "AWS::EC2::Subnet"})

Stacks = Mapping[str, Mapping[str, Any]]
"""Templates by stack, the top-level one under no name."""
Key = tuple[str, str]
"""Stack and logical id."""
Resources = Mapping[Key, Body]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs. Raises NotCheckedError where the schemas are not there."""

    before: Stacks
    after: Stacks
    region: str

    @cached_property
    def old(self) -> Resources:
        """Every resource that was there."""
        return _resources(self.before)

    @cached_property
    def new(self) -> Resources:
        """Every resource that is to be there."""
        return _resources(self.after)

    @cached_property
    def changed(self) -> frozenset[Key]:
        """What is in both, and not the same; nested stacks are their own resources."""
        return frozenset(
            key
            for key in self.old.keys() & self.new.keys()
            if _told_apart(self.old[key]) != _told_apart(self.new[key]) and self.new[key]["Type"] != _NESTED
        )

    @cached_property
    def replaced(self) -> Mapping[Key, str]:
        """What is made anew, and the properties for which it is."""
        return {key: why for key in sorted(self.changed) if (why := self._replacement(key))}

    @cached_property
    def perhaps_replaced(self) -> Mapping[Key, str]:
        """What is changed in place or made anew, as their schemas leave open, and the properties for which."""
        found = {
            key: ", ".join(perhaps_replaced_for(self.old[key], self.new[key], self.region))
            for key in sorted(self.changed - self.replaced.keys())
        }
        return {key: why for key, why in found.items() if why}

    @cached_property
    def refused(self) -> Mapping[Key, str]:
        """What AWS does not do, and why."""
        refused = {key: f"for {why}: {self._refusal(key)}" for key, why in self.replaced.items() if self._refusal(key)}
        return refused | {key: self._zones(key) for key in sorted(self.changed) if self._zones(key)}

    @cached_property
    def in_two_steps(self) -> Mapping[Key, str]:
        """Node groups that get another version, and what else changes of them: EKS takes a version by itself.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-nodegroup.html
        """
        found = {key: self._node_group(key) for key in self.old.keys() & self.new.keys()}
        return {
            key: f"for {', '.join(sorted(names & _VERSIONS))} together with {', '.join(sorted(names - _VERSIONS))}"
            for key, names in sorted(found.items())
            if names & _VERSIONS and names - _VERSIONS
        }

    @cached_property
    def volumes(self) -> Mapping[Key, str]:
        """Releases whose volumes are to have another size: Kubernetes changes no claim of a StatefulSet."""
        sizes = {key: (_volumes(self.old[key]), _volumes(self.new[key])) for key in sorted(self.changed)}
        return {key: f"{', '.join(old)} to {', '.join(new)}" for key, (old, new) in sizes.items() if old and old != new}

    def _replacement(self, key: Key) -> str:
        before, after = self.old[key], self.new[key]
        if before["Type"] != after["Type"]:
            return f"its type, which was {before['Type']}"
        return ", ".join(replaced_for(before, after, self.region))

    def _refusal(self, key: Key) -> str:
        if self.new[key]["Type"] in PLACES:
            return "what stands in it cannot move"
        if keeps_its_name(self.old[key], self.new[key], self.region):
            return "it has a name, and there is no second one of that name"
        return ""

    def _node_group(self, key: Key) -> set[str]:
        """What changes of a node group, in its launch template too."""
        if self.new[key]["Type"] != _NODE_GROUP or self.old[key]["Type"] != _NODE_GROUP:
            return set()
        old, new = (each[key].get("Properties", {}) for each in (self.old, self.new))
        names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        template = new.get("LaunchTemplate", {}).get("Id", {})
        if isinstance(template, Mapping) and (key[0], template.get("Ref")) in self.changed:
            names.add("LaunchTemplate")
        return names

    def _zones(self, key: Key) -> str:
        """Why EKS takes none of the subnets that a cluster is to have now: it stays in its VPC and zones.

        Subnets that are made with it are given by reference, and are others only where zones or VPC are.
        """
        if self.new[key]["Type"] != _CLUSTER or self.old[key]["Type"] != _CLUSTER:
            return ""
        old, new = (each[key]["Properties"]["ResourcesVpcConfig"]["SubnetIds"] for each in (self.old, self.new))
        given = all(isinstance(each, str) for each in (*old, *new))
        if old == new or (given and len(old) == len(new)):
            return ""
        return f"for its subnets, {len(old)} before and {len(new)} now: EKS takes none of another zone or VPC"


def _resources(stacks: Stacks) -> dict[Key, Body]:
    return {(stack, id_): body for stack, template in stacks.items() for id_, body in template["Resources"].items()}


def _told_apart(body: Body) -> tuple[str, Any]:
    return str(body["Type"]), body.get("Properties")


def _volumes(body: Body) -> list[str]:
    """Sizes of the volumes that a release asks for; its values are text, or text around references."""
    return _STORAGE.findall(json.dumps(body["Properties"].get("Values", ""))) if body["Type"] == HELM else []


def moved_releases(comparison: Comparison) -> Iterator[tuple[str, Key, Key]]:
    """Releases that another logical id installs: name, where it was, where it is."""
    old = {str(body["Properties"]["Release"]): key for key, body in comparison.old.items() if body["Type"] == HELM}
    for key, body in sorted(comparison.new.items()):
        if body["Type"] == HELM and old.get(str(body["Properties"]["Release"]), key) != key:
            release = str(body["Properties"]["Release"])
            yield release, old[release], key
