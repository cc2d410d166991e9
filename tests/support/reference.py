"""The charts' and controllers' own files: schemas and default values. They lie beside this repository, or nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2].parent / "shared" / "reference"

needs_reference = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the charts' own files are not beside this repository (../shared/reference)"
)

WITHOUT_DATA = {"fluent-bit", "prometheus-operator-crds"}
"""Charts that are not among them: tests/charts/test_render_fluent_bit.py looks into the chart itself."""

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
# What AWS gives for a reference, by how it ends. All else becomes a plain name.
_PLAUSIBLE = {
    "SecurityGroupId": "sg-0123456789abcdef0",
    "Arn": "arn:aws:service:us-west-2:123456789012:thing/0123",
    "Endpoint": "https://0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com",
    "AWS::AccountId": "123456789012",
}


def concrete(value: Any) -> Any:
    """The value as the cluster sees it: plausible ids in the place of references."""

    def given(reference: re.Match[str]) -> str:
        return next((given for end, given in _PLAUSIBLE.items() if reference[1].endswith(end)), "name-0123")

    return json.loads(_REFERENCE.sub(given, json.dumps(value)))


@cache
def custom_resource_schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """Schemas of custom kinds by (apiVersion, kind), closed to fields that the API server would drop."""
    found = {}
    for path in FOLDER.glob("crds/*/*.yaml"):
        spec = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            if version["served"]:
                api_version = f"{spec['group']}/{version['name']}"
                found[api_version, spec["names"]["kind"]] = closed(version["schema"]["openAPIV3Schema"])
    return found


def closed(schema: Any) -> Any:
    """The schema, with no room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    shut = {key: closed(value) for key, value in schema.items()}
    open_ = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    # `properties` may also be the name of a field: then what is below it is a schema without a type of its own.
    if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object" and not open_:
        shut["additionalProperties"] = False
    return shut


@cache
def default_values(chart: str) -> dict[str, Any]:
    """A chart's values.yaml."""
    values: dict[str, Any] = yaml.safe_load((FOLDER / "charts" / chart / "values.yaml").read_text()) or {}
    return values


@cache
def values_schema(chart: str) -> dict[str, Any] | None:
    """A chart's values.schema.json, where it has one."""
    path = FOLDER / "charts" / chart / "values.schema.json"
    return json.loads(path.read_text()) if path.exists() else None
