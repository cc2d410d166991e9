"""What the names in one stack's template mean."""

from __future__ import annotations

import json
import re
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.cloudformation.intrinsics import NO_VALUE, Evaluator
from ops.sandbox.cloudformation.model import Stack
from ops.sandbox.regions import ACCOUNT, Region

_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([^}]*)\}\}")
_SECRET = re.compile(
    r"secretsmanager:(?P<secret>.+?):SecretString:(?P<key>[^:]*)(?::(?P<stage>[^:]*))?(?::(?P<version>[^:]*))?$"
)


class StackScope:
    """Parameters, pseudo parameters and resources of a stack."""

    def __init__(self, *, stack: Stack, region: Region, aws: Aws) -> None:
        self._stack = stack
        self._aws = aws
        self._pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": [],
            "AWS::Partition": region.partition,
            "AWS::Region": region.name,
            "AWS::StackId": stack.stack_id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": region.dns_suffix,
        }

    def evaluator(self) -> Evaluator:
        """An evaluator of the stack's template."""
        template = self._stack.template
        return Evaluator(scope=self, conditions=template.section("Conditions"), mappings=template.section("Mappings"))

    def reference(self, name: str) -> Any:
        """The value of ``Ref``."""
        for values in (self._pseudo, self._stack.parameters):
            if name in values:
                return values[name]
        resource = self._stack.resources.get(name)
        if resource is None or resource.physical is None:
            raise ValidationError(f"Template error: Ref names {name}, which is not there")
        return resource.physical.ref

    def attribute(self, logical_id: str, name: str) -> Any:
        """The value of ``Fn::GetAtt``."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or resource.physical is None:
            raise ValidationError(f"Template error: Fn::GetAtt names {logical_id}, which is not there")
        attributes = resource.physical.attributes
        if name not in attributes:
            known = ", ".join(sorted(attributes)) or "none"
            raise ValidationError(f"{resource.type} has no attribute {name} in the sandbox; it has {known}")
        return attributes[name]

    def zones(self, region: str) -> list[str]:
        """The value of ``Fn::GetAZs``, for the region of the stack."""
        if region not in ("", self._pseudo["AWS::Region"]):
            raise ValidationError(f"Fn::GetAZs of another region ({region}) is not known to the sandbox")
        zones = self._aws.call("ec2", "describe_availability_zones")["AvailabilityZones"]
        return [zone["ZoneName"] for zone in zones]


def resolve_dynamic_references(value: Any, aws: Aws) -> Any:
    """Replace ``{{resolve:secretsmanager:…}}`` in a resource's properties by what the secret holds.

    Raises ValidationError for the other kinds of dynamic reference.
    """
    if isinstance(value, dict):
        return {key: resolve_dynamic_references(item, aws) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_dynamic_references(item, aws) for item in value]
    if not isinstance(value, str):
        return value
    return _DYNAMIC_REFERENCE.sub(lambda match: _resolve(match[1], aws), value)


def _resolve(reference: str, aws: Aws) -> str:
    parts = _SECRET.match(reference)
    if parts is None:
        raise ValidationError(f"the dynamic reference {reference} is not known to the sandbox")
    stage = {"VersionStage": parts["stage"]} if parts["stage"] else {}
    version = {"VersionId": parts["version"]} if parts["version"] else {}
    held: str = aws.call("secretsmanager", "get_secret_value", SecretId=parts["secret"], **stage, **version)[
        "SecretString"
    ]
    if not parts["key"]:
        return held
    fields = json.loads(held)
    if parts["key"] not in fields:
        raise ValidationError(f"the secret {parts['secret']} has no key {parts['key']}")
    return str(fields[parts["key"]])
