"""One step of an upgrade, and what the steps are told from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.changes.compare import HELM, Comparison
from ops.upgrade.subject import Upgrade

_OBJECT = "Custom::AWSCDK-EKS-KubernetesResource"

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a deployment does to one part of the platform."""

    name: str
    happens: str
    stops: str
    longest: str
    back: str
    goes_back: bool = True
    """Whether a deployment of the older version undoes it."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A resource that is there before and after."""

    logical_id: str
    before: Properties
    after: Properties

    @property
    def names(self) -> frozenset[str]:
        """Names of the properties that differ."""
        return frozenset(name for name in {*self.before, *self.after} if self.before.get(name) != self.after.get(name))


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Versions and templates, before and after."""

    upgrade: Upgrade
    comparison: Comparison | None
    """None where one side has no templates."""

    def pairs(self, type_: str) -> Iterator[Changed]:
        """The resources of a type that are in both."""
        if self.comparison is None:
            return
        for key in sorted(self.comparison.old.keys() & self.comparison.new.keys()):
            old, new = self.comparison.old[key], self.comparison.new[key]
            if old["Type"] == new["Type"] == type_:
                yield Changed(logical_id=key[1], before=old.get("Properties", {}), after=new.get("Properties", {}))

    def changed(self, type_: str) -> Iterator[Changed]:
        """Those of them that are not the same."""
        return (each for each in self.pairs(type_) if each.names)

    @cached_property
    def releases(self) -> Mapping[str, Changed]:
        """Helm releases that are not the same, by their names."""
        return {str(each.after["Release"]): each for each in self.changed(HELM)}

    def has_object(self, kind: str) -> bool:
        """Whether an object of this kind in the cluster is new or not the same."""
        if self.comparison is None:
            return False
        old, new = self.comparison.old, self.comparison.new
        keys = self.comparison.changed | (new.keys() - old.keys())
        return any(
            new[key]["Type"] == _OBJECT and _is(kind, new[key].get("Properties", {}).get("Manifest")) for key in keys
        )

    def one(self, type_: str, *, before: bool) -> Properties | None:
        """Properties of the one resource of a type; None where there is none, or no template."""
        if self.comparison is None:
            return None
        side = self.comparison.old if before else self.comparison.new
        return next((body.get("Properties", {}) for body in side.values() if body["Type"] == type_), None)


def _is(kind: str, manifest: Any) -> bool:
    """A manifest is text, or text around references; in the latter its quotes are escaped once more."""
    return f'"kind":"{kind}"' in json.dumps(manifest).replace("\\", "").replace(": ", ":")
