"""References in the templates, written out as ``${Stack.LogicalId}``, through the parameters of nested stacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ops.assembly import Assembly

_NESTED = "AWS::CloudFormation::Stack"
_WRITTEN = re.compile(r"\$\{(\w+)\.(\w+)(?:\.[\w.]+)?\}")


class References:
    """Follows a reference to the resource that it means, in whichever stack that is."""

    def __init__(self, assembly: Assembly) -> None:
        self._root = assembly.root.name
        self._templates = {stack.name: stack.template for stack in (assembly.root, *assembly.nested)}
        self._nested = {
            id_: id_.partition("NestedStack")[0]
            for id_, body in assembly.root.template["Resources"].items()
            if body["Type"] == _NESTED
        }
        self._parameters = {
            name: assembly.root.template["Resources"][id_]["Properties"].get("Parameters", {})
            for id_, name in self._nested.items()
        }

    def text(self, value: Any, stack: str) -> str:
        """A string of a stack's template, with its references written out."""
        if not isinstance(value, Mapping):
            return str(value)
        [(function, argument)] = value.items()
        if function == "Fn::Join":
            delimiter, parts = argument
            return str(delimiter).join(self.text(part, stack) for part in parts)
        if function == "Ref":
            return self._reference(argument, "", stack)
        if function == "Fn::GetAtt":
            return self._reference(argument[0], argument[1], stack)
        return f"${{{function}}}"  # nothing of Airflow's configuration that matters here

    def properties(self, written: str) -> Mapping[str, Any]:
        """Properties of the resource that a written-out reference means; none where it is no such reference."""
        found = _WRITTEN.fullmatch(written)
        body = self._templates.get(found[1], {}).get("Resources", {}).get(found[2], {}) if found else {}
        properties: Mapping[str, Any] = body.get("Properties", {})
        return properties

    def _reference(self, target: str, attribute: str, stack: str) -> str:
        given = self._parameters.get(stack, {})
        if not attribute and target in given:
            return self.text(given[target], self._root)
        if stack == self._root and target in self._nested and attribute.startswith("Outputs."):
            nested = self._nested[target]
            return self.text(self._templates[nested]["Outputs"][attribute.removeprefix("Outputs.")]["Value"], nested)
        return f"${{{stack}.{target}.{attribute}}}" if attribute else f"${{{stack}.{target}}}"
