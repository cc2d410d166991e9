"""Templates of CloudFormation, before and after: what is replaced, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.checks import Findings, NotCheckedError, failure, ok, warning
from ops.upgrade.releases_in import HELM
from ops.upgrade.sources import stacks_of
from ops.upgrade.subject import Upgrade

_NESTED = "AWS::CloudFormation::Stack"
_SHOWN = 8

# What cannot be had back from a template: to replace one of these is to lose what is in it.
HOLDS_DATA = frozenset(
    {
        "AWS::CodeCommit::Repository",
        "AWS::EFS::FileSystem",
        "AWS::EKS::Cluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::KMS::Key",
        "AWS::RDS::DBCluster",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)

Resources = Mapping[tuple[str, str], Mapping[str, Any]]
"""Resources by stack and logical id."""


def resources(upgrade: Upgrade) -> Findings:
    """What the change of templates makes anew, deletes or replaces.

    Raises NotCheckedError where one side has no templates.
    """
    if upgrade.stacks_before is None:
        raise NotCheckedError(
            f"{upgrade.before.source} has no templates to compare with",
            "Compare with what is deployed (without --from…), or give a folder of `cdk synth`: --from-assembly.",
        )
    before, after = _resources(upgrade.stacks_before), _resources(stacks_of(upgrade.assembly))
    changed = {key for key in before.keys() & after.keys() if _told_apart(before[key]) != _told_apart(after[key])}
    changed = {key for key in changed if after[key]["Type"] != _NESTED}
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    yield ok("changes", f"{len(changed)} resources changed, {len(new)} new, {len(gone)} gone")
    replaced = {key: why for key in changed if (why := _replacement(before[key], after[key], upgrade.region))}
    yield from _replaced(after, replaced)
    yield from _gone(before, gone)
    yield from _moved_releases(before, after)


def _replaced(after: Resources, replaced: Mapping[tuple[str, str], str]) -> Findings:
    data = {key: why for key, why in replaced.items() if after[key]["Type"] in HOLDS_DATA}
    other = {key: why for key, why in replaced.items() if key not in data}
    if data:
        yield failure(
            "replacements that lose data",
            _listed(f"{_told(after, key)} for {why}" for key, why in sorted(data.items())),
            "Take the change of these properties back, or move the data first; `cdk diff` shows them.",
        )
    if other:
        yield warning(
            "replacements",
            _listed(f"{_told(after, key)} for {why}" for key, why in sorted(other.items())),
            "CloudFormation makes a new one and deletes the old one afterwards. Read `cdk diff` before you deploy.",
        )
    if not replaced:
        yield ok("replacements", "no changed property is one that replaces its resource")


def _gone(before: Resources, gone: set[tuple[str, str]]) -> Findings:
    data = sorted(key for key in gone if before[key]["Type"] in HOLDS_DATA)
    kept = [key for key in data if before[key].get("DeletionPolicy", "Delete") != "Delete"]
    lost = [key for key in data if key not in kept]
    if lost:
        yield failure(
            "deletions that lose data",
            _listed(_told(before, key) for key in lost),
            "If they have only another logical id now, the change of code that did it has to go back.",
        )
    if kept:
        yield warning(
            "resources that leave the stack",
            _listed(f"{_told(before, key)} ({before[key]['DeletionPolicy']})" for key in kept),
            "They, or a snapshot, stay in the account, and the deployment no longer uses them.",
        )


def _moved_releases(before: Resources, after: Resources) -> Findings:
    """A release under another logical id is installed under its name, and then uninstalled under the same name."""
    old = {str(body["Properties"]["Release"]): key for key, body in before.items() if body["Type"] == HELM}
    for key, body in sorted(after.items()):
        if body["Type"] != HELM:
            continue
        was = old.get(str(body["Properties"]["Release"]), key)
        if was != key:
            yield failure(
                f"release {body['Properties']['Release']}",
                f"is {key[0]}/{key[1]} now and was {was[0]}/{was[1]}: CloudFormation would upgrade it under the new "
                "id and then uninstall it under the old one",
                "Keep the construct's path, or deploy once without the release.",
            )


def _resources(stacks: Mapping[str, Mapping[str, Any]]) -> Resources:
    return {(stack, id_): body for stack, template in stacks.items() for id_, body in template["Resources"].items()}


def _told_apart(body: Mapping[str, Any]) -> tuple[str, Any]:
    return str(body["Type"]), body.get("Properties")


def _replacement(before: Mapping[str, Any], after: Mapping[str, Any], region: str) -> str:
    """Why a resource is replaced: another type, or the changed properties that cannot be changed in place."""
    if before["Type"] != after["Type"]:
        return f"its type, which was {before['Type']}"
    old, new = before.get("Properties", {}), after.get("Properties", {})
    return ", ".join(path for path in _create_only(after["Type"], region) if _at(old, path) != _at(new, path))


def _create_only(type_: str, region: str) -> Iterator[str]:
    """Dotted names of the properties that replace a resource, as the resource type's own schema has them.

    Raises NotCheckedError where cfn-lint, which carries the schemas, is not installed.
    """
    try:
        from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError  # noqa: PLC0415 - takes a second
    except ImportError:
        raise NotCheckedError("cfn-lint is not installed", "Run `make setup`.") from None
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_).schema
    except ResourceNotFoundError:  # a custom resource: what it does is up to the function behind it
        return
    for pointer in schema.get("createOnlyProperties", ()):
        yield pointer.removeprefix("/properties/").replace("/properties/", "/").replace("/", ".")


def _at(properties: Mapping[str, Any], path: str) -> Any:
    node: Any = properties
    for part in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(part)
    return node


def _told(where: Resources, key: tuple[str, str]) -> str:
    return f"{where[key]['Type']} {'/'.join(filter(None, key))}"


def _listed(items: Iterator[str]) -> str:
    told = list(items)
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more
