"""YAML that a person can review: references written out, embedded JSON opened, what moves by itself masked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tests.support.deployment import Deployment
from tests.support.references import Resolver

MASK = "(moves by itself)"

_ASSET = re.compile(r"[0-9a-f]{64}(?=\.(zip|json))")
# The CDK chooses them for functions and layers of its own.
_MOVING = {"AWS::Lambda::Function": ("Runtime",), "AWS::Lambda::LayerVersion": ("Description",)}


class _Json:
    """A structure that stands as a string of JSON in the template."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Dumper(yaml.SafeDumper):
    """No aliases, no folded lines, blocks for text of several lines."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _json(dumper: yaml.SafeDumper, data: _Json) -> yaml.Node:
    node = dumper.represent_data(data.value)
    node.tag = "!Json"
    return node


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Json, _json)


def dump(document: Any) -> str:
    """One document as YAML, keys in the order that they have."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


def dump_all(documents: Iterable[Any]) -> str:
    """Several documents as YAML."""
    return "".join(f"---\n{dump(document)}" for document in documents)


def template(deployment: Deployment, stack: str) -> dict[str, Any]:
    """A stack's template as it is shown to a reader.

    What a nested stack is given and gives back is left out: where it is used it reads as what it is in the end.
    """
    resolver = Resolver(deployment.templates)
    source = deployment.templates[stack]
    hidden = ("Resources", "Parameters", "Outputs", "Rules")
    shown = {key: resolver.resolve(value, stack) for key, value in source.items() if key not in hidden}
    if stack == "Root":
        shown["Outputs"] = deployment.outputs
    shown["Resources"] = {
        logical_id: _resource(resolver.resolve(body, stack), nested=body["Type"] == "AWS::CloudFormation::Stack")
        for logical_id, body in source["Resources"].items()
    }
    return shown


def _resource(body: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    shown = {key: value for key, value in body.items() if key != "Metadata"}
    properties = {key: _open(value) for key, value in body.get("Properties", {}).items()}
    for name in _MOVING.get(body["Type"], ()):
        properties[name] = MASK
    if nested:
        del properties["Parameters"]
    return {**shown, "Properties": properties} if properties else shown


def _open(value: Any) -> Any:
    """Structures out of strings of JSON, and masks over the hashes of assets."""
    if isinstance(value, Mapping):
        return {key: _open(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item) for item in value]
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                return _Json(_open(json.loads(value)))
            except json.JSONDecodeError:
                pass
        return _ASSET.sub(MASK, value)
    return value
