"""The order in which CloudFormation makes resources, and in reverse deletes them, through all nested stacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import TopologicalSorter

from tests.support.references import ROOT, Template, nested_name, referenced


class Order:
    """The graph of all resources.

    A nested stack begins when all that its resource in the root stack waits for is there, and is there when all of its
    own resources are. So each is two points in time, ``Network begins`` and ``Network``, with its resources between.
    """

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self.waits_for: dict[str, set[str]] = defaultdict(set)
        self._nested = {
            logical_id: nested_name(body)
            for logical_id, body in templates[ROOT]["Resources"].items()
            if body["Type"] == "AWS::CloudFormation::Stack"
        }
        for stack, template in templates.items():
            for logical_id, body in template["Resources"].items():
                self._add(stack, logical_id, template, body)
        self._closure = cache(self._find_all_before)

    def _add(self, stack: str, logical_id: str, template: Template, body: Mapping[str, object]) -> None:
        said = body.get("DependsOn", [])
        names = {*([said] if isinstance(said, str) else _strings(said)), *referenced(body.get("Properties", {}))}
        # A parameter's value is there before its stack begins.
        before = {self._node(stack, name) for name in names if name in template["Resources"]}
        if stack == ROOT and logical_id in self._nested:
            self.waits_for[_begin(self._nested[logical_id])] |= before
            self.waits_for[self._nested[logical_id]].add(_begin(self._nested[logical_id]))
            return
        node = f"{stack}.{logical_id}"
        self.waits_for[node] |= before
        if stack != ROOT:
            self.waits_for[node].add(_begin(stack))
            self.waits_for[stack].add(node)

    def _node(self, stack: str, logical_id: str) -> str:
        if stack == ROOT and logical_id in self._nested:
            return self._nested[logical_id]
        return f"{stack}.{logical_id}"

    def sorted(self) -> list[str]:
        """All resources in one order that keeps to every rule. Raises graphlib.CycleError where there is none."""
        return list(TopologicalSorter(self.waits_for).static_order())

    def before(self, address: str) -> frozenset[str]:
        """All that is made before a resource, and deleted after it."""
        return self._closure(address)

    def _find_all_before(self, address: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = [address]
        while waiting:
            new = self.waits_for.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return frozenset(found)


def _begin(stack: str) -> str:
    return f"{stack} begins"


def _strings(value: object) -> Iterable[str]:
    assert isinstance(value, list)
    return value
