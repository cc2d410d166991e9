"""The one message that a wrong setting ends with: key, value, what is allowed, the nearest name on a typo."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.types import in_words

ANY_NAME = "<name>"
"""Stands in a key for a name that the person chooses, as in ``airflow.queues.<name>.max``."""
LONGEST_VALUE = 120  # of what was typed, a message repeats this many characters


class SettingsError(ValueError):
    """Settings that cannot be used. The message is for the person who typed them; it has one line per mistake."""


@dataclass(frozen=True)
class Contradiction:
    """Settings, each right by itself, that cannot hold together."""

    key: str
    """The setting to change."""
    value: object
    allowed: str


class ContradictionError(ValueError):
    """Carries contradictions through pydantic to ``explain``."""

    def __init__(self, found: Iterable[Contradiction]) -> None:
        self.found = tuple(found)
        super().__init__(*(each.key for each in self.found))


def explain(error: ValidationError, model: type[BaseModel], chosen: Mapping[str, Any]) -> list[str]:
    """Turn pydantic's report into lines of ``key = value: what is allowed``.

    ``chosen`` has the values by dotted key.
    """
    lines = []
    for detail in error.errors(include_url=False):
        cause = _cause(detail)
        if isinstance(cause, ContradictionError):
            lines += [line(each.key, each.value, each.allowed) for each in cause.found]
        else:
            lines.append(_mistake(detail, model, chosen))
    return lines


def is_contradiction(error: ValidationError) -> bool:
    """Whether every setting is right by itself, and they only do not go together."""
    return any(isinstance(_cause(detail), ContradictionError) for detail in error.errors(include_url=False))


def misplaced(key: str, value: object, model: type[BaseModel]) -> str | None:
    """The line for a key that is no setting, or for a section given a single value; None where it is neither."""
    if key.startswith("tags."):
        return None
    keys = setting_keys(model)
    known = _without_names(key, model)
    if known not in keys:
        section = known.rpartition(".")[0]
        while section and not _below(section, keys):
            section = section.rpartition(".")[0]
        near = _nearest_key(known, keys) or ";"
        return line(key, value, f"there is no such setting{near} allowed here: {', '.join(_below(section, keys))}")
    if _below(known, keys) and value is not None and not isinstance(value, Mapping):
        return line(key, value, f"not a single setting but a section, of {', '.join(_below(known, keys))}")
    return None


def line(key: str, value: object, allowed: str) -> str:
    """One line of a SettingsError."""
    return f"{key} = {_show(value)}: {allowed}"


def nearest(typed: object, names: Iterable[object]) -> str:
    """The name that was probably meant, ready to stand in a line, or nothing."""
    near = difflib.get_close_matches(str(typed), [str(name) for name in names], n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def setting_keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Every dotted key of the model, sections included."""
    keys = set()
    for name, field in model.model_fields.items():
        keys.add(prefix + name)
        section, entry = section_of(field.annotation), entry_of(field.annotation)
        if section is not None:
            keys |= setting_keys(section, f"{prefix}{name}.")
        if entry is not None:
            keys |= {f"{prefix}{name}.{ANY_NAME}", *setting_keys(entry, f"{prefix}{name}.{ANY_NAME}.")}
    return keys


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The model behind a field's annotation, or None where the field is a plain value or sections by name."""
    if get_origin(annotation) is dict:
        return None
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def entry_of(annotation: Any) -> type[BaseModel] | None:
    """The model of each entry where a field has sections by name, or None where it is anything else."""
    return section_of(get_args(annotation)[1]) if get_origin(annotation) is dict else None


def _without_names(key: str, model: type[BaseModel]) -> str:
    """The key as ``setting_keys`` has it: with ANY_NAME for every name that a person chose."""
    annotation: Any = model
    parts = []
    for part in key.split("."):
        entry, section = entry_of(annotation), section_of(annotation)
        if entry is not None:
            parts.append(ANY_NAME)
            annotation = entry
            continue
        parts.append(part)
        annotation = section.model_fields[part].annotation if section and part in section.model_fields else None
    return ".".join(parts)


def takes_text(key: str, model: type[BaseModel]) -> bool:
    """Whether a setting is plain text, which may look like anything: the name of a host begins with a bracket."""
    annotation: Any = model
    for part in key.split("."):
        entry, section = entry_of(annotation), section_of(annotation)
        if entry is not None:
            annotation = entry
        elif section is not None and part in section.model_fields:
            annotation = section.model_fields[part].annotation
        else:
            return False
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return str in [get_args(kind)[0] if get_origin(kind) is Annotated else kind for kind in kinds]


def _nearest_key(typed: str, keys: set[str]) -> str:
    """The key that was probably meant.

    Where the section is right, the last part is wrong: it is compared with those of the section, or is another's.
    """
    section, dot, last = typed.rpartition(".")
    own = _below(section, keys)
    if not own or not section:
        return nearest(typed, sorted(keys))
    near = nearest(last, [key.rpartition(".")[2] for key in own])
    if near:
        return near.replace("did you mean ", f"did you mean {section}{dot}")
    return nearest(typed, sorted(key for key in keys if key.rpartition(".")[2] == last))


def _below(section: str, keys: set[str]) -> list[str]:
    """The keys directly in a section."""
    return sorted(key for key in keys if key.rpartition(".")[0] == section)


def _cause(detail: ErrorDetails) -> object:
    return detail.get("ctx", {}).get("error")


def _mistake(detail: ErrorDetails, model: type[BaseModel], chosen: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in detail["loc"] if not isinstance(part, int) and part != "[key]")
    # Of a name that is wrong, the value of the setting is shown; a section has none to show but its name.
    value = chosen.get(key, detail["input"]) if "[key]" in detail["loc"] else detail["input"]
    cause = _cause(detail)
    if detail["type"] == "missing":
        section = key.rpartition(".")[0]
        return line(key, None, f"must be set with the rest of {section}: {_words(detail['loc'], model)}")
    if isinstance(cause, ValueError):
        return line(key, value, str(cause))
    words = _words(detail["loc"], model)
    if detail["type"] == "literal_error":
        return line(key, value, f"must be {words}{nearest(value, words.replace(' or ', ', ').split(', '))}")
    if detail["type"] == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return line(key, value, f"must be text in quotes, {words}")
    return line(key, value, f"must be {words}")


def _words(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """What is allowed at a place that pydantic names."""
    annotation: Any = model
    metadata: Iterable[Any] = ()
    for part in loc:
        section = section_of(annotation)
        if section is not None:
            field = section.model_fields[str(part)]
            annotation, metadata = field.annotation, field.metadata
        elif get_origin(annotation) is dict:
            of_key, annotation = get_args(annotation)
            if loc[-1] == "[key]":
                return in_words(of_key)
        else:
            annotation, metadata = get_args(annotation)[0], ()
    return in_words(annotation, metadata)


_IN_URL = re.compile(r"://[^/@\s]+@")


def _show(value: object) -> str:
    """A value as a person types it."""
    if value is None:
        return "unset"
    shown = value if isinstance(value, str) and value.isprintable() else json.dumps(value, default=str)
    shown = shown if shown.strip() else '""'
    # Who puts a password into a URL finds it refused, and not in the log of the build besides.
    shown = _IN_URL.sub("://***@", shown)
    return shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…"
