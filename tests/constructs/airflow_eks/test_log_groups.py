"""Log groups that the CDK owns."""

from __future__ import annotations

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from airflow_eks.log_groups import OwnedLogGroup, own_handler_log_group, retention
from settings.types import LOG_RETENTION_DAYS


def test_every_retention_that_can_be_set_is_what_comes_out() -> None:
    stack = Stack(App(), "Stack")
    key = kms.Key(stack, "Key")
    for days in LOG_RETENTION_DAYS:
        OwnedLogGroup(stack, f"Logs{days}", retention=retention(days), key=key)
    groups = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup")
    assert sorted(each["Properties"]["RetentionInDays"] for each in groups.values()) == list(LOG_RETENTION_DAYS)


def test_another_retention_is_refused() -> None:
    with pytest.raises(KeyError):
        retention(2)


def test_a_function_that_is_not_there_is_a_fault() -> None:
    # A newer aws-cdk-lib may name its provider otherwise: better no synthesis than a log group that stays behind.
    stack = Stack(App(), "Stack")
    with pytest.raises(RuntimeError, match="Custom::Gone"):
        own_handler_log_group(stack, provider="Custom::Gone", key=kms.Key(stack, "Key"))
