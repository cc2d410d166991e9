"""Who deploys, to where, and whether the CDK may."""

from __future__ import annotations

import os

from ops.aws import found
from ops.checks import Findings, failure, ok, verdict, warning
from ops.preflight.subject import Preflight

# What the CDK's default synthesizer asks for; the deployment's assembly says the same (requiresBootstrapStackVersion).
BOOTSTRAP_VERSION = 6
DEFAULT_QUALIFIER = "hnb659fds"
QUALIFIER_KEY = "@aws-cdk/core:bootstrapQualifier"
"""The context key by which the CDK is told of another one."""
BOOTSTRAP_STACK = "CDKToolkit"


def bootstrap_parameter(qualifier: str = DEFAULT_QUALIFIER) -> str:
    """Where a bootstrap writes down its version."""
    return f"/cdk-bootstrap/{qualifier}/version"


def identity(subject: Preflight) -> Findings:
    """The caller, and whether account and settings are of one partition."""
    aws, settings = subject.aws, subject.settings
    faults = []
    if aws.partition != settings.partition:
        faults.append(f"{aws.arn} is of the partition {aws.partition}, the settings say {settings.partition}")
    advice = f"Give --context partition={aws.partition}, or credentials of {settings.partition}."
    yield verdict("who", aws.arn, faults=faults, advice=advice)


def region(subject: Preflight) -> Findings:
    """Where it would go. The settings decide, whatever the environment says."""
    settings = subject.settings
    where = f"{settings.region}, partition {settings.partition}"
    elsewhere = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if elsewhere and elsewhere != settings.region:
        yield warning(
            "where",
            f"{where}, although the environment says {elsewhere}: the settings decide",
            f"If {elsewhere} is meant: --context region={elsewhere}",
        )
    else:
        yield ok("where", where)


def bootstrap(subject: Preflight) -> Findings:
    """The CDK's own stack: the bucket and the roles that ``cdk deploy`` works with."""
    aws, qualifier = subject.aws, str(subject.context_value(QUALIFIER_KEY) or DEFAULT_QUALIFIER)
    command, of, stack = f"cdk bootstrap aws://{aws.account}/{aws.region}", "", BOOTSTRAP_STACK
    if qualifier != DEFAULT_QUALIFIER:
        # Two bootstraps in one region are two stacks. What the other is called, only who made it knows.
        of, stack = f" with the qualifier {qualifier}", f"{BOOTSTRAP_STACK}-{qualifier}"
        command += f" --qualifier {qualifier} --toolkit-stack-name {stack}"
    ssm = aws.client("ssm")
    parameter = found(ssm.get_parameter, "ParameterNotFound", Name=bootstrap_parameter(qualifier))
    if parameter is None:
        yield failure("CDK bootstrap", f"{aws.region} is not bootstrapped{of}", f"Run: {command}")
        return
    version = int(parameter["Parameter"]["Value"])
    if version < BOOTSTRAP_VERSION:
        yield failure("CDK bootstrap", f"version {version}, {BOOTSTRAP_VERSION} is needed", f"Run it again: {command}")
        return
    cloudformation = aws.client("cloudformation")
    stacks = found(cloudformation.describe_stacks, "ValidationError", StackName=stack)
    status = stacks["Stacks"][0]["StackStatus"] if stacks else ""
    if status and (not status.endswith("_COMPLETE") or status.startswith(("ROLLBACK", "DELETE"))):
        yield failure("CDK bootstrap", f"version {version}, but stack {stack} is {status}", f"Run: {command}")
    else:
        yield ok("CDK bootstrap", f"version {version}{of}")


def administrators(subject: Preflight) -> Findings:
    """Who can use kubectl afterwards. EKS lets nobody in by itself, not even whoever makes the cluster."""
    named = subject.settings.cluster.administrators
    role = _principal(subject.aws.arn)
    advice = (
        "Give --context cluster.administrators=ARN,… (roles or users) for kubectl, and for all that `ops verify` looks "
        "at within the cluster."
    )
    if not named:
        yield warning("cluster administrators", "nobody: kubectl will be refused to all", advice)
    elif role not in {_principal(arn) for arn in named}:
        yield warning("cluster administrators", f"{', '.join(named)}; you, {role}, are not among them", advice)
    else:
        yield ok("cluster administrators", ", ".join(named))


def _principal(arn: str) -> str:
    """Name of the role or user: arn:aws:sts::1:assumed-role/NAME/session, arn:aws:iam::1:role/path/NAME."""
    kind, _, path = arn.rsplit(":", maxsplit=1)[-1].partition("/")
    parts = path.split("/")
    return parts[0] if kind == "assumed-role" else parts[-1]
