"""Order between two resources, and between no more than these two."""

from __future__ import annotations

import pytest
from aws_cdk import App, CfnResource, Stack
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from airflow_eks.ordering import order, resource
from constructs import Construct


def test_only_the_two_are_tied() -> None:
    stack = Stack(App(), "Stack")
    first, then = sns.Topic(stack, "First"), sns.Topic(stack, "Then")
    sns.Topic(then, "Within")
    sns.Topic(first, "Within")
    order(then, after=first)
    resources = Template.from_stack(stack).to_json()["Resources"]
    waiting = {logical_id: each["DependsOn"] for logical_id, each in resources.items() if "DependsOn" in each}
    assert waiting == {stack.resolve(resource(then).logical_id): [stack.resolve(resource(first).logical_id)]}


def test_a_resource_is_about_itself() -> None:
    bare = CfnResource(Stack(App(), "Stack"), "Bare", type="AWS::SNS::Topic")
    assert resource(bare) is bare


def test_a_construct_about_nothing_is_refused() -> None:
    with pytest.raises(TypeError, match="Empty"):
        resource(Construct(Stack(App(), "Stack"), "Empty"))
