"""Order between two resources, and between no more than these two."""

from __future__ import annotations

from aws_cdk import CfnResource

from constructs import IConstruct


def resource(construct: IConstruct) -> CfnResource:
    """The CloudFormation resource that a construct is mainly about. Raises TypeError where there is none."""
    candidate = construct if isinstance(construct, CfnResource) else construct.node.default_child
    if not isinstance(candidate, CfnResource):
        raise TypeError(f"{construct.node.path} is not about one CloudFormation resource")
    return candidate


def order(construct: IConstruct, *, after: IConstruct) -> None:
    """Make one resource after another, and delete it before.

    ``construct.node.add_dependency`` would tie everything within the one to everything within the other.
    """
    resource(construct).add_resource_dependency(resource(after))
