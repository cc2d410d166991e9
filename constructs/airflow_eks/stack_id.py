"""Names that are new in each deployment: nothing that an earlier one kept is in their way."""

from __future__ import annotations

from aws_cdk import Aws, Fn


def name_with_stack_id(name: str) -> str:
    """A name with the first part of the stack's id behind it. In another stack it would be another one."""
    uuid = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    return Fn.join("-", [name, Fn.select(0, Fn.split("-", uuid))])
