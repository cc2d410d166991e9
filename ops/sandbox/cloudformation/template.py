"""A template: what it declares, and what in it depends on what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from ops.sandbox.cloudformation.errors import ValidationError

SUB_VARIABLE = re.compile(r"\$\{(?!!)([^}]+)\}")

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)
_RESOURCE_KEYS = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One entry of a template's ``Resources``."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: frozenset[str]
    condition: str | None
    deletion_policy: str
    update_replace_policy: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template, parsed. ``body`` is the text as it was given, which ``GetTemplate`` gives back."""

    body: str
    document: dict[str, Any] = field(repr=False)

    @staticmethod
    def parse(body: str) -> Template:
        """Read JSON or YAML. Raises ValidationError for what the sandbox does not know."""
        try:
            document = json.loads(body)
        except json.JSONDecodeError:
            document = yaml.load(body, Loader=yaml.CSafeLoader)
        template = Template(body=body, document=document)
        unknown = set(document) - _SECTIONS
        if unknown:
            raise ValidationError(f"template section {', '.join(sorted(unknown))} is not known to the sandbox")
        template.check_cycles()
        return template

    def section(self, name: str) -> dict[str, Any]:
        """A section, empty where the template has none."""
        found: dict[str, Any] = self.document.get(name) or {}
        return found

    @cached_property
    def resources(self) -> dict[str, Declaration]:
        """The declared resources, by logical id."""
        return {logical_id: _declaration(logical_id, entry) for logical_id, entry in self.section("Resources").items()}

    @cached_property
    def dependencies(self) -> dict[str, frozenset[str]]:
        """For each resource those that have to be there before it: said by DependsOn, or implied by use."""
        declared = self.resources
        return {
            logical_id: frozenset(
                {*declaration.depends_on, *references(declaration.properties)} & set(declared) - {logical_id}
            )
            for logical_id, declaration in declared.items()
        }

    def with_resources_of(self, other: Template) -> Template:
        """The template with what only another one declares beside its own resources."""
        resources = {**other.section("Resources"), **self.section("Resources")}
        return Template(body=self.body, document={**self.document, "Resources": resources})

    def check_cycles(self) -> None:
        """Raise ValidationError where resources wait for each other."""
        waiting = dict(self.dependencies)
        while waiting:
            ready = {logical_id for logical_id, needs in waiting.items() if not needs & set(waiting)}
            if not ready:
                raise ValidationError(f"Circular dependency between resources: [{', '.join(sorted(waiting))}]")
            waiting = {logical_id: needs for logical_id, needs in waiting.items() if logical_id not in ready}


def _declaration(logical_id: str, entry: Mapping[str, Any]) -> Declaration:
    unknown = set(entry) - _RESOURCE_KEYS
    if unknown:
        raise ValidationError(f"{logical_id}: {', '.join(sorted(unknown))} is not known to the sandbox")
    depends_on = entry.get("DependsOn", [])
    return Declaration(
        logical_id=logical_id,
        type=entry["Type"],
        properties=entry.get("Properties", {}),
        depends_on=frozenset([depends_on] if isinstance(depends_on, str) else depends_on),
        condition=entry.get("Condition"),
        deletion_policy=entry.get("DeletionPolicy", "Delete"),
        update_replace_policy=entry.get("UpdateReplacePolicy", "Delete"),
    )


def references(node: Any) -> Iterator[str]:
    """The names that an expression refers to, whatever they turn out to be."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from (name.split(".")[0] for name in SUB_VARIABLE.findall(text))
                yield from references(value)
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)
