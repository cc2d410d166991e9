"""Which component a construct is charged to."""

from __future__ import annotations

from aws_cdk import NestedStack, Tags

from constructs import Construct
from settings.tags import COMPONENT_TAG, TEAM_TAG, Component


def charge_to(construct: Construct, component: Component, *, team: str | None = None) -> None:
    """Tag all that is within: with its component and, where it is one team's own, with the team."""
    # CloudFormation hands a nested stack's tags on to what has none in a template, so they say the same.
    within = [construct, construct.nested_stack_resource] if isinstance(construct, NestedStack) else [construct]
    for each in within:
        if each is not None:
            Tags.of(each).add(COMPONENT_TAG, component)
            if team:
                Tags.of(each).add(TEAM_TAG, team)
