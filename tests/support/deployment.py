"""A synthesized deployment: the root stack and the nested ones, flattened into one set of resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from settings import Settings
from tests.support.order import Order
from tests.support.references import ROOT, Resolver, Template
from tests.support.walk import Leaf, leaves

_OBJECT = "Custom::AWSCDK-EKS-KubernetesResource"
_RELEASE = "Custom::AWSCDK-EKS-HelmChart"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource, with the references in its properties written out."""

    stack: str
    logical_id: str
    type: str
    properties: dict[str, Any]
    body: Mapping[str, Any]
    """As it stands in the template."""

    @property
    def address(self) -> str:
        """The name it has in every test: stack and logical id."""
        return f"{self.stack}.{self.logical_id}"

    @property
    def path(self) -> str:
        """Where in the construct tree it comes from."""
        return str(self.body.get("Metadata", {}).get("aws:cdk:path", ""))

    @property
    def ref(self) -> str:
        """How a reference to it reads in the properties of another."""
        return f"${{{self.address}}}"

    def att(self, name: str) -> str:
        """How a reference to one of its attributes reads in the properties of another."""
        return f"${{{self.address}.{name}}}"

    @property
    def removal(self) -> tuple[str | None, str | None]:
        """What happens to it when it is deleted, and when it is replaced."""
        return self.body.get("DeletionPolicy"), self.body.get("UpdateReplacePolicy")

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        for key in ("Tags", "FileSystemTags", "AccessPointTags"):
            tags = self.properties.get(key, [])
            if isinstance(tags, dict):
                return tags
            if tags:
                return {tag["Key"]: tag["Value"] for tag in tags}
        return {}


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An object or a Helm release that is put into the cluster."""

    resource: Resource
    kind: str
    namespace: str | None
    name: str
    manifest: dict[str, Any]
    """The object; of a release, its values."""

    @property
    def address(self) -> str:
        """The address of its resource."""
        return self.resource.address

    def __str__(self) -> str:
        return "/".join(filter(None, (self.kind, self.namespace, self.name)))


@dataclass(frozen=True, kw_only=True, repr=False)
class Deployment:
    """What one configuration is synthesized to."""

    name: str
    settings: Settings
    templates: Mapping[str, Template]
    """The root stack's under ``Root``, the nested ones' under their names."""
    manifest: Mapping[str, Any]
    """Properties of the root stack in the cloud assembly."""
    environment: str
    """Account and region that it is for."""

    def __repr__(self) -> str:
        return f"the deployment {self.name}"

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Every resource of every stack, by address."""
        resolver = Resolver(self.templates)
        found = (
            Resource(
                stack=stack,
                logical_id=logical_id,
                type=body["Type"],
                properties=resolver.resolve(body.get("Properties", {}), stack),
                body=body,
            )
            for stack, template in self.templates.items()
            for logical_id, body in template["Resources"].items()
        )
        return {resource.address: resource for resource in found}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """What the root stack shows a person."""
        outputs = Resolver(self.templates).resolve(self.templates[ROOT].get("Outputs", {}), ROOT)
        return {name: output["Value"] for name, output in outputs.items()}

    def all(self, type_: str, *, stack: str | None = None, path: str = "") -> list[Resource]:
        """The resources of a type, within a stack, with this in their path."""
        return [
            resource
            for resource in self.resources.values()
            if resource.type == type_ and stack in (None, resource.stack) and path in resource.path
        ]

    def one(self, type_: str, *, stack: str | None = None, path: str = "") -> Resource:
        """The only such resource."""
        found = self.all(type_, stack=stack, path=path)
        assert len(found) == 1, f"{len(found)} of {type_} {path}: {[resource.path for resource in found]}"
        return found[0]

    @cached_property
    def objects(self) -> list[Installed]:
        """What is applied with kubectl."""
        return list(self._objects())

    @cached_property
    def releases(self) -> dict[str, Installed]:
        """What is installed with helm, by release name."""
        return {
            resource.properties["Release"]: Installed(
                resource=resource,
                kind="HelmRelease",
                namespace=resource.properties["Namespace"],
                name=resource.properties["Release"],
                manifest=json.loads(resource.properties["Values"]),
            )
            for resource in self.all(_RELEASE)
        }

    @cached_property
    def installed(self) -> list[Installed]:
        """Objects and releases."""
        return [*self.objects, *self.releases.values()]

    def object(self, kind: str, name: str) -> dict[str, Any]:
        """The manifest of the only object of this kind and name."""
        [found] = [each.manifest for each in self.objects if (each.kind, each.name) == (kind, name)]
        return found

    @cached_property
    def order(self) -> Order:
        """What is made before what."""
        return Order(self.templates)

    def _objects(self) -> Iterator[Installed]:
        for resource in self.all(_OBJECT):
            for manifest in json.loads(resource.properties["Manifest"]):
                metadata = manifest["metadata"]
                yield Installed(
                    resource=resource,
                    kind=manifest["kind"],
                    namespace=metadata.get("namespace"),
                    name=metadata["name"],
                    manifest=manifest,
                )

    @cached_property
    def leaves(self) -> list[tuple[Resource, Leaf]]:
        """Every single value of every resource, embedded JSON included."""
        return [(resource, leaf) for resource in self.resources.values() for leaf in leaves(resource.properties)]
