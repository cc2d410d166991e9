"""Intrinsic functions: from what a template says to values.

A function that is not here ends the run with its name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.cloudformation.template import SUB_VARIABLE
from ops.sandbox.inputs import text


class NoValue:
    """What ``AWS::NoValue`` stands for: the property or item is not there at all."""


NO_VALUE = NoValue()


class Scope(Protocol):
    """Where names get their meaning."""

    def reference(self, name: str) -> Any:
        """The value of ``Ref``: a parameter, a pseudo parameter or a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """The value of ``Fn::GetAtt``."""

    def zones(self, region: str) -> list[str]:
        """The value of ``Fn::GetAZs``."""


class Evaluator:
    """Evaluates the expressions of one template in one scope."""

    def __init__(self, *, scope: Scope, conditions: Mapping[str, Any], mappings: Mapping[str, Any]) -> None:
        self._scope = scope
        self._conditions = conditions
        self._mappings = mappings
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": scope.reference,
            "Condition": self.condition,
            "Fn::And": lambda items: all(self.value(item) for item in items),
            "Fn::Base64": lambda item: base64.b64encode(self.value(item).encode()).decode(),
            "Fn::Contains": lambda items: self.value(items[1]) in self.value(items[0]),
            "Fn::Equals": lambda items: text(self.value(items[0])) == text(self.value(items[1])),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda region: self._scope.zones(self.value(region)),
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda items: self.value(items[1] if self.condition(items[0]) else items[2]),
            "Fn::Join": lambda items: items[0].join(text(item) for item in self.value(items[1])),
            "Fn::Not": lambda items: not self.value(items[0]),
            "Fn::Or": lambda items: any(self.value(item) for item in items),
            "Fn::Select": lambda items: self.value(items[1])[int(self.value(items[0]))],
            "Fn::Split": lambda items: self.value(items[1]).split(items[0]),
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": lambda item: json.dumps(self.value(item)),
        }

    def value(self, node: Any) -> Any:
        """Evaluate an expression. Gives NO_VALUE where there is nothing."""
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        if not isinstance(node, Mapping):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            # A trust policy's statement has a key "Condition" too, with a mapping for a value.
            if name in self._functions and not (name == "Condition" and not isinstance(argument, str)):
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise ValidationError(f"the function {name} is not known to the sandbox")
        values = {key: self.value(item) for key, item in node.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Evaluate a condition by name."""
        if name not in self._conditions:
            raise ValidationError(f"Template error: there is no condition {name}")
        return bool(self.value(self._conditions[name]))

    def _find_in_map(self, items: Sequence[Any]) -> Any:
        found: Any = self._mappings
        for key in map(self.value, items):
            if key not in found:
                raise ValidationError(f"Template error: Fn::FindInMap finds no {key}")
            found = found[key]
        return found

    def _get_att(self, argument: Any) -> Any:
        logical_id, _, attribute = (
            argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        )
        return self._scope.attribute(logical_id, self.value(attribute))

    def _sub(self, argument: Any) -> str:
        template, variables = (argument, {}) if isinstance(argument, str) else argument
        values = {name: self.value(value) for name, value in variables.items()}

        def substitute(name: str) -> str:
            if name in values:
                return text(values[name])
            return text(self._get_att(name) if "." in name else self._scope.reference(name))

        substituted = SUB_VARIABLE.sub(lambda match: substitute(match[1].strip()), template)
        return substituted.replace("${!", "${")
