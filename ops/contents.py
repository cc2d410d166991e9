"""Everything that a synthesized platform consists of: resources, Kubernetes objects and Helm releases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.assembly import Assembly
from ops.local.references import References

_RELEASE = "Custom::AWSCDK-EKS-HelmChart"
_OBJECT = "Custom::AWSCDK-EKS-KubernetesResource"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of one of the stacks."""

    id: str
    stack: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Release:
    """A Helm release."""

    name: str
    stack: str
    values: Mapping[str, Any]


class Contents:
    """What is in the templates of an assembly, and in what they put into the cluster."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._stacks = (assembly.root, *assembly.nested)
        self._references = References(assembly)

    def resources(self, type_: str) -> list[Resource]:
        """The resources of a CloudFormation type, in the order of the templates."""
        return [
            Resource(id=id_, stack=stack.name, properties=body.get("Properties", {}))
            for stack in self._stacks
            for id_, body in stack.template["Resources"].items()
            if body["Type"] == type_
        ]

    def count(self, type_: str) -> int:
        """How many resources of a type there are."""
        return len(self.resources(type_))

    @cached_property
    def made_by(self) -> dict[str, str]:
        """The stack of each CloudFormation type; the first where several make it."""
        found: dict[str, str] = {}
        for stack in self._stacks:
            for body in stack.template["Resources"].values():
                found.setdefault(body["Type"], stack.name)
        return found

    @cached_property
    def releases(self) -> dict[str, Release]:
        """Helm releases by name."""
        found = (
            Release(
                name=resource.properties["Release"],
                stack=resource.stack,
                values=json.loads(self._references.text(resource.properties.get("Values", "{}"), resource.stack)),
            )
            for resource in self.resources(_RELEASE)
        )
        return {release.name: release for release in found}

    def objects(self, kind: str) -> list[Mapping[str, Any]]:
        """The Kubernetes objects of a kind."""
        return [manifest for manifest in self._objects if manifest["kind"] == kind]

    @cached_property
    def _objects(self) -> list[Mapping[str, Any]]:
        return list(self._manifests())

    def _manifests(self) -> Iterator[Mapping[str, Any]]:
        for resource in self.resources(_OBJECT):
            yield from json.loads(self._references.text(resource.properties["Manifest"], resource.stack))
