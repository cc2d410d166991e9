"""What CloudFormation did in an update: changed in place, replaced, made and deleted, by kind of resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.assembly import read_assembly
from ops.changes.compare import HOLDS_DATA
from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.change import REPLACES

_NESTED = "AWS::CloudFormation::Stack"
_HELM = "Custom::AWSCDK-EKS-HelmChart"
_KUBERNETES = {"Custom::AWSCDK-EKS-KubernetesResource": "objects", "Custom::AWSCDK-EKS-KubernetesObjectValue": "values"}
_DELETED = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})

Event = Mapping[str, Any]


@dataclass(kw_only=True)
class Happened:
    """Kinds of resources, by what became of them."""

    changed: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def as_lists(self) -> dict[str, list[str]]:
        """The same, in order; what nothing became of is left out."""
        found = {name: sorted(kinds) for name, kinds in vars(self).items()}
        return {name: kinds for name, kinds in found.items() if kinds}

    @property
    def lost(self) -> set[str]:
        """What held data and was replaced."""
        return {kind for kind in self.replaced if f"AWS::{kind}" in HOLDS_DATA}


class Watch:
    """Looks at all stacks, and knows what it has seen before."""

    def __init__(self, aws: Aws, *assemblies: Path) -> None:
        """``assemblies`` are what is deployed before and after."""
        self._aws = aws
        self._releases: dict[str, str] = {}
        for assembly in assemblies:
            self.know(assembly)
        self._seen = {event["EventId"] for event in self._events()}

    def know(self, assembly: Path) -> None:
        """Learn the names of an assembly's Helm releases."""
        for stack in read_assembly(assembly).nested:
            for logical_id, body in stack.template["Resources"].items():
                if body["Type"] == _HELM:
                    self._releases[logical_id] = body["Properties"]["Release"]

    def look(self) -> Happened:
        """What happened since the last look."""
        happened = Happened()
        histories: dict[tuple[str, str], list[Event]] = {}
        for event in self._events():
            if event["EventId"] not in self._seen and event["ResourceType"] != _NESTED:
                histories.setdefault((event["StackId"], event["LogicalResourceId"]), []).append(event)
            self._seen.add(event["EventId"])
        for history in histories.values():
            name = _became(history)
            if name:
                getattr(happened, name).add(self._kind(history[0]))
        return happened

    def failures(self) -> list[str]:
        """Why resources failed, of those that nobody has looked at."""
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in self._events()
            if event["EventId"] not in self._seen and event["ResourceStatus"].endswith("_FAILED")
        ]

    def _events(self) -> Iterator[Event]:
        client = self._aws.client("cloudformation")
        for stack in self._aws.call("cloudformation", "list_stacks")["StackSummaries"]:
            pages = client.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
            yield from reversed([event for page in pages for event in page["StackEvents"]])

    def _kind(self, event: Event) -> str:
        type_ = event["ResourceType"]
        if type_ == _HELM:
            return f"release {self._releases[event['LogicalResourceId']]}"
        return _KUBERNETES.get(type_, str(type_).removeprefix("AWS::"))


def _became(history: list[Event]) -> str | None:
    statuses = [event["ResourceStatus"] for event in history]
    replaced = any(event.get("ResourceStatusReason") == REPLACES for event in history)
    if replaced or ("UPDATE_COMPLETE" in statuses and _DELETED & set(statuses)):
        return "replaced"
    if statuses[-1] in _DELETED:
        return "gone"
    if "CREATE_COMPLETE" in statuses:
        return "new"
    return "changed" if "UPDATE_COMPLETE" in statuses else None
