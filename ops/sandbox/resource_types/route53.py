"""Records of Route 53."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType

_RECORD = ("Name", "ResourceRecords", "TTL", "Type")


def _put(request: Request, change: Change) -> Physical:
    """A record under another name, or of another type, is made before the old one goes."""
    physical = _change(request)
    if any(change.properties[name] != request.properties[name] for name in ("Name", "Type")):
        old = {name: change.properties[name] for name in _RECORD}
        _send(request, change.properties["HostedZoneId"], "DELETE", old)
    return physical


def _change(request: Request) -> Physical:
    properties = request.properties
    _send(request, properties["HostedZoneId"], "UPSERT", properties.pick(*_RECORD))
    return Physical(ref=properties["Name"])


def _send(request: Request, zone: str, action: str, record: Mapping[str, Any]) -> None:
    request.aws.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=_batch(action, record))


def _batch(action: str, record: Mapping[str, Any]) -> dict[str, Any]:
    records = [{"Value": value} for value in record["ResourceRecords"]]
    set_ = {"Name": record["Name"], "Type": record["Type"], "TTL": int(record["TTL"]), "ResourceRecords": records}
    return {"Changes": [{"Action": action, "ResourceRecordSet": set_}]}


class RecordSet(ResourceType):
    name = "AWS::Route53::RecordSet"
    in_place = (InPlace(properties=frozenset(_RECORD), apply=_put),)

    def create(self, request: Request) -> Physical:
        return _change(request)

    def delete(self, deletion: Deletion) -> None:
        record = {name: deletion.properties[name] for name in _RECORD}
        zone = deletion.properties["HostedZoneId"]
        deletion.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=_batch("DELETE", record))
