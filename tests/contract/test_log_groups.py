"""A log group that AWS makes by itself has no retention and no key, and stays behind: so every one is ours."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment, Resource


def log_group_of(deployment: Deployment, function: Resource) -> Resource:
    """The group that a Lambda function writes to. Fails where none is ours."""
    configured = function.properties.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function.ref}")
    for group in deployment.all("AWS::Logs::LogGroup"):
        if configured in (group.ref, group.properties.get("LogGroupName")):
            return group
    pytest.fail(f"{function.path} writes to {configured}, which is not ours")


def test_every_function_writes_to_a_group_of_ours(deployment: Deployment) -> None:
    for function in deployment.all("AWS::Lambda::Function"):
        group = log_group_of(deployment, function)
        if "LogGroupName" in group.properties:
            # Named after the function, so made after it: but before anything that calls it.
            callers = [each.address for each in deployment.installed]
            assert callers
            assert all(group.address in deployment.order.before(caller) for caller in callers), function.path
        else:
            assert group.address in deployment.order.before(function.address), function.path


def test_every_group_expires_is_encrypted_and_goes_with_the_deployment(deployment: Deployment) -> None:
    key = deployment.one("AWS::KMS::Key").att("Arn")
    for group in deployment.all("AWS::Logs::LogGroup"):
        own = ("/HandlerLogs/", "/KubectlProvider/")  # of the CDK's functions: nobody reads them for long
        days = 14 if any(part in group.path for part in own) else deployment.settings.logs.retention_days
        assert group.properties["RetentionInDays"] == days, group.path
        assert group.properties["KmsKeyId"] == key, group.path
        assert group.removal == ("Delete", "Delete"), group.path


def test_every_group_of_container_insights_is_ours(deployment: Deployment) -> None:
    """Those that its agent and Fluent Bit write to, in the names that the console knows."""
    prefix = f"/aws/containerinsights/{deployment.settings.name}/"
    names = {str(each.properties.get("LogGroupName")) for each in deployment.all("AWS::Logs::LogGroup")}
    expected = {f"{prefix}{kind}" for kind in ("application", "dataplane", "host", "performance")}
    assert {name for name in names if name.startswith(prefix)} == expected


def test_who_writes_to_them_can_make_none(deployment: Deployment) -> None:
    """A group that is made while the deployment is deleted stays behind."""
    allowed = {
        action
        for path in ("/FluentBitIdentity/", "/amazon-cloudwatch-observability-")
        for role in deployment.all("AWS::IAM::Role", path=path)
        for policy in role.properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        if action.startswith("logs:")
    }
    assert allowed == {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}
