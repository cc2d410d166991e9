"""A synthesized platform, read from the files that ``cdk synth`` wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError

_NESTED = "AWS::CloudFormation::Stack"


class AssemblyError(OpsError):
    """There is no assembly where one was looked for."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """One stack's template."""

    name: str
    template: dict[str, Any]
    bytes: int
    waits_for: tuple[str, ...] = ()
    """Names of the nested stacks that come before it."""


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """The top-level stack and the nested ones, in the order in which they are made."""

    root: StackFile
    nested: tuple[StackFile, ...]
    region: str = ""


def read_assembly(folder: Path, *, name: str | None = None) -> Assembly:
    """Read an assembly. Raises AssemblyError where the folder holds none, or half of one.

    ``name`` says which stack is meant where the application has several.
    """
    try:
        return _read_assembly(folder, name)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        # A file that is missing, cut off, or of something else.
        fault = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else repr(error)
        raise AssemblyError(
            f"{folder} holds no whole application ({fault}). Was `cdk synth` stopped, or is it running? Run it again"
        ) from None


def _read_assembly(folder: Path, name: str | None) -> Assembly:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssemblyError(
            f"{folder} holds no synthesized application; run `make synth` or `cdk synth` first"
        ) from None
    stack = _chosen(folder, manifest["artifacts"], name)
    root_file = folder / stack["properties"]["templateFile"]
    root = _read(root_file, name=root_file.name.partition(".")[0])
    resources = {id_: body for id_, body in root.template["Resources"].items() if body["Type"] == _NESTED}
    names = {id_: _name(id_) for id_ in resources}
    files = _files(folder, root_file)
    nested = {
        names[id_]: _read(
            files[_hash(body)],
            name=names[id_],
            waits_for=tuple(sorted({names[other] for other in _references(body) if other in names})),
        )
        for id_, body in resources.items()
    }
    return Assembly(root=root, nested=tuple(_in_order(nested)), region=stack.get("environment", "").rpartition("/")[2])


def _chosen(folder: Path, artifacts: dict[str, Any], name: str | None) -> dict[str, Any]:
    stacks = {
        str(each["properties"].get("stackName", id_)): each
        for id_, each in artifacts.items()
        if each["type"] == "aws:cloudformation:stack"
    }
    if name not in stacks and len(stacks) == 1:
        name = next(iter(stacks))
    if name not in stacks:
        told = f"holds the stacks {', '.join(stacks)}" if stacks else "holds no stack: run `cdk synth` again"
        asked = f", and none is called {name}" if name else "; say which one by --name" if stacks else ""
        raise AssemblyError(f"{folder} {told}{asked}")
    chosen: dict[str, Any] = stacks[name]
    return chosen


def _name(logical_id: str) -> str:
    """The CDK names a nested stack's resource ``<id>NestedStack<id>NestedStackResource<hash>``."""
    return logical_id.partition("NestedStack")[0]


def _files(folder: Path, root_file: Path) -> dict[str, Path]:
    """Files of the assembly by the hash under which they are uploaded."""
    manifest = folder / root_file.name.replace(".template.json", ".assets.json")
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return {hash_: folder / asset["source"]["path"] for hash_, asset in files.items()}


def _hash(body: dict[str, Any]) -> str:
    """The hash in a nested stack's address: ``…/<hash>.json``."""
    (found,) = re.findall(r"/([0-9a-f]{64})\.json", json.dumps(body["Properties"]["TemplateURL"]))
    return str(found)


def _read(path: Path, *, name: str, waits_for: tuple[str, ...] = ()) -> StackFile:
    text = path.read_text(encoding="utf-8")
    return StackFile(name=name, template=json.loads(text), bytes=len(text.encode()), waits_for=waits_for)


def _references(body: dict[str, Any]) -> set[str]:
    """Logical ids that a resource depends on, said or by use."""
    found: set[str] = set(body.get("DependsOn", []))

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "Fn::GetAtt" in node:
                found.add(node["Fn::GetAtt"][0])
            if "Ref" in node:
                found.add(node["Ref"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(body.get("Properties", {}))
    return found


def _in_order(stacks: dict[str, StackFile]) -> list[StackFile]:
    ordered: list[StackFile] = []
    waiting = dict(stacks)
    while waiting:
        done = {stack.name for stack in ordered}
        ready = [stack for stack in waiting.values() if done.issuperset(stack.waits_for)]
        if not ready:
            raise AssemblyError(f"stacks wait for each other: {', '.join(waiting)}")
        for stack in ready:
            ordered.append(stack)
            del waiting[stack.name]
    return ordered
