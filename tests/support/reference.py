"""The charts' own files: default values, schemas, definitions of custom kinds.

They come from the archives that ``make charts`` fetches. Without one, from a folder beside this repository, where
there is one; a test that finds the chart in neither is skipped.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from ops.releases.folder import charts_folder
from settings import load_releases
from tests.charts import rendering

FOLDER = Path(__file__).parents[2].parent / "shared" / "reference"
"""What there may be instead of archives."""
CRDS: dict[str, dict[str, Any]] = {
    "aws-load-balancer-controller": {"clusterName": "name-0123"},
    "external-secrets": {},
    "karpenter-crd": {},
    "keda": {},
    "spark-operator": {},
}
"""Charts that define the custom kinds that are used here, with the values that they do not render without."""

WITHOUT_DATA = {"fluent-bit", "prometheus-operator-crds"}
"""Charts that are not in that folder: tests/charts/test_render_fluent_bit.py looks into the chart itself."""

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
    for definition in _definitions():
        spec = definition["spec"]
        for version in spec["versions"]:
            if version["served"]:
                api_version = f"{spec['group']}/{version['name']}"
                found[api_version, spec["names"]["kind"]] = closed(version["schema"]["openAPIV3Schema"])
    return found


def _definitions() -> Iterator[Any]:
    """CustomResourceDefinitions of all charts that have some."""
    there = [key for key in CRDS if _archive(key).is_file()]
    if len(there) < len(CRDS) and FOLDER.is_dir():
        for path in FOLDER.glob("crds/*/*.yaml"):
            yield yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return
    with TemporaryDirectory() as folder:
        program = rendering.helm(Path(folder))
        for key, values in CRDS.items():
            archive, kubernetes = rendering.chart_archive(key), load_releases().kubernetes.default
            objects = rendering.render(
                program, archive, release=key, namespace="default", values=values, kubernetes=kubernetes, crds=True
            )
            yield from (each for each in objects if each["kind"] == "CustomResourceDefinition")


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
def text(chart: str, file: str) -> str | None:
    """A file of a chart; nothing where the chart has none. Skips the test where the chart is not here."""
    if not _archive(chart).is_file() and (FOLDER / "charts" / chart).is_dir():
        path = FOLDER / "charts" / chart / file
        return path.read_text(encoding="utf-8") if path.exists() else None
    with tarfile.open(rendering.chart_archive(chart)) as archive:
        try:
            member = archive.extractfile(f"{chart}/{file}")
        except KeyError:
            return None
        return member.read().decode() if member else None


@cache
def _parsed(chart: str, file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(text(chart, file) or "{}", Loader=yaml.CSafeLoader) or {}
    return found


def metadata(chart: str) -> dict[str, Any]:
    """A chart's Chart.yaml."""
    return _parsed(chart, "Chart.yaml")


def default_values(chart: str) -> dict[str, Any]:
    """A chart's values.yaml."""
    return _parsed(chart, "values.yaml")


@cache
def values_schema(chart: str) -> dict[str, Any] | None:
    """A chart's values.schema.json, where it has one."""
    schema = text(chart, "values.schema.json")
    return json.loads(schema) if schema else None


def is_of_another_version(chart: str) -> bool:
    """Whether what stands in the place of a chart's archive is that of another version than the pinned one."""
    return metadata(chart)["version"] != load_releases().charts[chart].version and not _archive(chart).is_file()


def _archive(chart: str) -> Path:
    return charts_folder() / load_releases().charts[chart].archive
