"""Settings from the CDK context: defaults, then cdk.json's ``settings`` block, then ``--context`` keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from settings.checks_network import check_unused
from settings.errors import SettingsError, explain, is_contradiction, line, misplaced, takes_text
from settings.model import Settings
from settings.partition import PARTITIONS
from settings.releases import load_releases
from settings.sizes import DEFAULT_SIZE, SIZES

BLOCK = "settings"
# Keys of the CDK itself carry one of these characters (@aws-cdk/…, aws:cdk:…, availability-zones:account=…),
# but for two that its CLI writes.
_CDK_MARKS = frozenset("@:/")
_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})

CDK_JSON = Path(__file__).parent.parent / "cdk.json"

Tree = dict[str, Any]


def cdk_json_context() -> dict[str, Any]:
    """The context that cdk.json gives: feature flags and the settings block.

    The CDK's command line reads it by itself; a plain run of the application and the tests read it here. Raises
    SettingsError where it is no such file.
    """
    name = CDK_JSON.name
    try:
        # An editor may have put a byte-order mark before it.
        read = json.loads(CDK_JSON.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {error.strerror} ({CDK_JSON})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not written in UTF-8; save it so") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"{name} is not JSON: {_where(error)}") from None
    context = read.get("context") if isinstance(read, dict) else None
    if not isinstance(context, dict):
        raise SettingsError(
            f"{name} has no block `context`, which has the CDK's feature flags and the settings; take it back from git"
        )
    return context


def _where(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "it is empty; take it back from git"
    before = error.doc[: error.pos].rstrip()
    if before.endswith(",") and error.doc[error.pos : error.pos + 1] in ("}", "]"):
        return f"line {before.count(chr(10)) + 1} has a comma that nothing follows; take it out"
    return f"line {error.lineno}, column {error.colno}: {error.msg[0].lower()}{error.msg[1:]}"


def load_settings(context: Mapping[str, Any]) -> Settings:
    """Build the settings from a CDK context.

    Raises SettingsError with one line per mistake.
    """
    typed = {key: value for key, value in context.items() if not _is_cdk_key(key)}
    block = typed.pop(BLOCK, {})
    if not isinstance(block, Mapping):
        raise SettingsError(
            line(
                BLOCK,
                block,
                'must be a block in cdk.json, like {"size": "small"}; by --context, settings go one by one',
            )
        )
    chosen = list(_flatten(block))
    mistakes = []
    for key, value in typed.items():
        try:
            chosen += _flatten({key: _from_command_line(key, value)})
        except json.JSONDecodeError as error:
            hint = f'it starts like JSON but is not ({error.msg}); write a list as a,b or as ["a","b"]'
            mistakes.append(line(key, value, hint))
    return _build(chosen, mistakes)


def build_settings(chosen: Mapping[str, Any]) -> Settings:
    """Build the settings from a tree of what was chosen; size class, partition and releases fill in the rest.

    Raises SettingsError with one line per mistake.
    """
    return _build(_flatten(chosen), [])


def _build(pairs: Iterable[tuple[str, Any]], mistakes: list[str]) -> Settings:
    chosen: Tree = {}
    for key, value in pairs:
        mistake = misplaced(key, value, Settings)
        if mistake:
            mistakes.append(mistake)
        else:
            _put(chosen, key, value)
    tree = _defaults(chosen.get("size"), chosen.get("partition"), chosen.get("region"))
    flat = dict(_flatten(chosen))
    for key, value in flat.items():
        _put(tree, key, value)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        # Two settings can seem to contradict each other because a third one was mistyped.
        if not (mistakes and is_contradiction(error)):
            mistakes += explain(error, Settings, flat)
    else:
        mistakes += [line(each.key, each.value, each.allowed) for each in check_unused(settings, flat)]
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def _defaults(size: Any, partition: Any, region: Any) -> Tree:
    """What lies beneath the chosen settings. A wrong size, partition or region is for the model to refuse."""
    facts = next((each for name, each in PARTITIONS.items() if name == partition), PARTITIONS["aws"])
    values = next((each for name, each in SIZES.items() if name == size), SIZES[DEFAULT_SIZE])
    tree: Tree = {}
    for key, value in values.items():
        _put(tree, key, value)
    _put(tree, "region", facts.default_region)
    _put(tree, "network.zones", facts.zones(str(region or facts.default_region)))
    _put(tree, "images.source", facts.image_source)
    _put(tree, "airflow.timezone", facts.timezone)
    _put(tree, "cluster.kubernetes_version", load_releases().kubernetes.default)
    return tree


def _is_cdk_key(key: str) -> bool:
    ours = re.split(r"[.@:/]", key)[0] in Settings.model_fields
    return not ours and (bool(_CDK_MARKS & set(key)) or key in _CDK_KEYS)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Dotted keys, so that a block may be nested, dotted, or both."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _put(tree: Tree, key: str, value: Any) -> None:
    *sections, last = key.split(".") if not key.startswith("tags.") else ["tags", key.removeprefix("tags.")]
    for section in sections:
        if not isinstance(tree.get(section), dict):
            tree[section] = {}
        tree = tree[section]
    if value == {}:
        tree.setdefault(last, {})  # an empty block chooses nothing
    else:
        tree[last] = value


def _is_text(key: str) -> bool:
    return key.startswith("tags.") or takes_text(key, Settings)


def _from_command_line(key: str, value: Any) -> Any:
    """``--context`` gives strings; JSON is how a list or a block of values is written there."""
    if isinstance(value, str) and value[:1] in ("[", "{") and not _is_text(key):
        return json.loads(value)
    return value
