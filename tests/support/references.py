"""Intrinsic functions written out: ``${Network.Vpc}`` is a Ref, ``${State.Key.Arn}`` an attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]

ROOT = "Root"
_SUB = re.compile(r"\$\{(?!AWS::)([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


class Resolver:
    """Writes out what a value of one stack refers to, wherever that is.

    Nested stacks pass values as parameters and outputs; a reader wants to know where a value comes from in the end.
    """

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        self._nested = {
            logical_id: nested_name(body)
            for logical_id, body in templates[ROOT]["Resources"].items()
            if body["Type"] == "AWS::CloudFormation::Stack"
        }
        self._ids = {name: logical_id for logical_id, name in self._nested.items()}

    def resolve(self, value: Any, stack: str) -> Any:
        """The value with its references written out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                [(function, argument)] = value.items()
                written = self._function(function, argument, stack)
                if written is not None:
                    return written
            return {key: self.resolve(item, stack) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item, stack) for item in value]
        return value

    def _function(self, name: str, argument: Any, stack: str) -> Any:
        if name == "Ref":
            return self._reference(argument, None, stack)
        if name == "Fn::GetAtt":
            target, attribute = argument
            return self._reference(target, attribute, stack)
        if name == "Fn::Sub" and isinstance(argument, str):
            return _SUB.sub(lambda found: str(self._reference(found[1], found[2], stack)), argument)
        if name == "Fn::Join":
            delimiter, parts = argument
            parts = self.resolve(parts, stack)
            if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
                return delimiter.join(parts)
        return None

    def _reference(self, target: str, attribute: str | None, stack: str) -> Any:
        if target.startswith("AWS::"):
            return f"${{{target}}}"
        if target in self._templates[stack].get("Parameters", {}):
            given = self._templates[ROOT]["Resources"].get(self._ids.get(stack, ""), {}).get("Properties", {})
            if target not in given.get("Parameters", {}):
                return f"${{{stack}.{target}}}"
            return self.resolve(given["Parameters"][target], ROOT)
        if stack == ROOT and target in self._nested and attribute:
            nested = self._nested[target]
            output = self._templates[nested]["Outputs"][attribute.removeprefix("Outputs.")]
            return self.resolve(output["Value"], nested)
        return f"${{{stack}.{target}.{attribute}}}" if attribute else f"${{{stack}.{target}}}"


def nested_name(body: Mapping[str, Any]) -> str:
    """Name of the nested stack that a resource of the root stack is."""
    name: str = body["Metadata"]["aws:cdk:path"].split("/")[1]
    return name.removesuffix(".NestedStack")


def referenced(value: Any) -> Iterator[str]:
    """Logical ids that a value refers to, within its own template."""
    if isinstance(value, Mapping):
        if "Ref" in value and len(value) == 1:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        elif isinstance(value.get("Fn::Sub"), str):
            yield from (found[1] for found in _SUB.finditer(value["Fn::Sub"]))
        for item in value.values():
            yield from referenced(item)
    elif isinstance(value, list):
        for item in value:
            yield from referenced(item)
