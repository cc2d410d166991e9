"""What exists in an AWS account's region: everything that a deployment could leave behind."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ops.sandbox.aws import Aws
from ops.sandbox.inventory_kinds import KINDS, Kind


@dataclass(frozen=True, order=True)
class Found:
    """One resource."""

    kind: str
    identifier: str


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All that there is."""

    present: frozenset[Found]
    keys_pending_deletion: frozenset[Found]
    """A key is never deleted at once. One that waits for it counts as gone."""

    def since(self, earlier: Inventory) -> list[Found]:
        """What is there now and was not there before."""
        return sorted(self.present - earlier.present)

    def count(self) -> dict[str, int]:
        """How many of each kind."""
        kinds = [found.kind for found in self.present]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def take_inventory(aws: Aws) -> Inventory:
    """List everything."""
    # China has no Managed Prometheus, and moto fails where there is no such service.
    kinds = [kind for kind in KINDS if aws.offers(kind.service)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        listed = pool.map(lambda kind: _list(aws, kind), kinds)
        found = frozenset(one for ones in listed for one in ones)
        keys, pending = _keys(aws)
    return Inventory(present=found | keys, keys_pending_deletion=pending)


def _list(aws: Aws, kind: Kind) -> Iterable[Found]:
    client = aws.client(kind.service)
    if client.can_paginate(kind.operation):
        pages = client.get_paginator(kind.operation).paginate(**kind.arguments)
    else:
        pages = [aws.call(kind.service, kind.operation, **kind.arguments)]
    return [
        Found(kind.name, item[kind.identifier] if kind.identifier else item)
        for page in pages
        for item in page.get(kind.items, [])
        if isinstance(item, str) or not kind.is_gone(item)
    ]


def _keys(aws: Aws) -> tuple[frozenset[Found], frozenset[Found]]:
    """Keys that are there, and keys that wait to be deleted."""
    present: set[Found] = set()
    pending: set[Found] = set()
    for key in aws.call("kms", "list_keys")["Keys"]:
        state = aws.call("kms", "describe_key", KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        (pending if state == "PendingDeletion" else present).add(Found("key", key["KeyId"]))
    return frozenset(present), frozenset(pending)
