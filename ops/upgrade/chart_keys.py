"""Keys of a release's values against the chart that they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.upgrade.archives import Chart

_DEPRECATED = re.compile(r"deprecated", re.IGNORECASE)
_NOTHING: Mapping[str, Any] = {}


def unknown_keys(values: Mapping[str, Any], chart: Chart) -> Iterator[str]:
    """Dotted keys that the chart knows nothing of: not in its values, not in its schema, in none of its templates.

    Helm ignores such a key without a word, unless the chart's schema is strict just there.
    """
    yield from _unknown(values, chart.defaults, _resolved(chart.schema, chart), chart, "")


def deprecated_keys(values: Mapping[str, Any], chart: Chart) -> Iterator[tuple[str, str]]:
    """Dotted keys that the chart's schema calls deprecated, with its words."""
    yield from _deprecated(values, _resolved(chart.schema, chart), chart, "")


def _unknown(
    values: Mapping[str, Any], defaults: Mapping[str, Any], schema: Mapping[str, Any], chart: Chart, path: str
) -> Iterator[str]:
    if path and (_is_free(schema, defaults) or _is_used_whole(path, chart)):
        return
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        described, inner = _property(schema, key, chart), defaults.get(key)
        if key not in defaults and described is None:
            if not _is_named(key, chart):
                yield here
        elif isinstance(value, Mapping):
            inner = inner if isinstance(inner, Mapping) else _NOTHING
            yield from _unknown(value, inner, described or _NOTHING, chart, here)


def _deprecated(
    values: Mapping[str, Any], schema: Mapping[str, Any], chart: Chart, prefix: str
) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        described = _property(schema, key, chart)
        if described is None:
            continue
        said = str(described.get("description", ""))
        if described.get("deprecated") or _DEPRECATED.search(said):
            yield prefix + key, " ".join(said.split())
        elif isinstance(value, Mapping):
            yield from _deprecated(value, described, chart, f"{prefix}{key}.")


def _property(schema: Mapping[str, Any], key: str, chart: Chart) -> Mapping[str, Any] | None:
    found = schema.get("properties", {}).get(key)
    return _resolved(found, chart) if isinstance(found, Mapping) else None


def _resolved(schema: Mapping[str, Any], chart: Chart) -> Mapping[str, Any]:
    """A schema, or the definition of the same file that it refers to."""
    reference = str(schema.get("$ref", ""))
    if not reference.startswith("#/"):
        return schema
    node: Any = chart.schema
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part, {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, Mapping) else {}


def _is_free(schema: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether any key may stand here: labels, annotations, a container's resources."""
    more = schema.get("additionalProperties")
    return (more is not None and more is not False) or ("properties" not in schema and not defaults)


def _is_used_whole(path: str, chart: Chart) -> bool:
    """Whether a template writes all that is here into a manifest, whatever its keys: a node selector, say."""
    value = rf"\.Values\.{re.escape(path)}(?![\w.])"
    written = rf"to(Yaml|Json|RawJson)\s+\(?\s*{value}"
    walked = rf"\brange\b[^}}]*{value}"
    scoped = rf"\bwith\s+{value}\s*-?}}}}[^{{]*{{{{-?\s*toYaml\s+\."
    piped = rf"{{{{-?\s*{value}\s*\|\s*toYaml"
    return re.search("|".join((written, walked, scoped, piped)), chart.templates) is not None


def _is_named(key: str, chart: Chart) -> bool:
    """A chart may read what it documents nowhere else."""
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", chart.templates) is not None
