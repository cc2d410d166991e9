"""What the AWS Load Balancer Controller does: a load balancer for the Ingress of a release, gone with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.pretend_cluster.state import RefusedError

_NAME = "alb.ingress.kubernetes.io/load-balancer-name"
# Not the controller's own tags: what is found by those is asked for its health, which nobody has here.
_TAG = "sandbox/cluster"


def make(aws: Aws, cluster: str, values: Mapping[str, Any]) -> None:
    """Make the load balancer that a release's values name, with its target group, where there is none of its scheme."""
    annotations = values.get("ingress", {}).get("apiServer", {}).get("annotations", {})
    name, scheme = annotations.get(_NAME), annotations.get("alb.ingress.kubernetes.io/scheme")
    if name is None:
        return
    there = {each["Scheme"] for each in _of(aws, cluster)}
    if scheme in there:
        return
    if there:  # the controller, too, deletes the one before it makes the other of the same name
        delete(aws, cluster)
    subnets: dict[str, str] = {}
    for subnet in aws.call("ec2", "describe_subnets")["Subnets"]:
        subnets.setdefault(subnet["AvailabilityZone"], subnet["SubnetId"])
    vpc = next(
        each["VpcId"]
        for each in aws.call("ec2", "describe_subnets")["Subnets"]
        if each["SubnetId"] == next(iter(subnets.values()))
    )
    made = aws.call(
        "elbv2",
        "create_load_balancer",
        Name=name,
        Subnets=list(subnets.values()),
        Scheme=scheme,
        Tags=[{"Key": _TAG, "Value": cluster}],
    )["LoadBalancers"][0]
    group = aws.call("elbv2", "create_target_group", Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")[
        "TargetGroups"
    ][0]
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
    aws.call(
        "elbv2",
        "create_listener",
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[forward],
    )


def delete(aws: Aws, cluster: str) -> None:
    """Delete it with its target groups, where there is one."""
    for balancer in _of(aws, cluster):
        arn = balancer["LoadBalancerArn"]
        groups = aws.call("elbv2", "describe_target_groups", LoadBalancerArn=arn)["TargetGroups"]
        aws.call("elbv2", "delete_load_balancer", LoadBalancerArn=arn)
        for group in groups:
            aws.call("elbv2", "delete_target_group", TargetGroupArn=group["TargetGroupArn"])


def host(aws: Aws, cluster: str) -> str:
    """Its name in DNS. Raises RefusedError where there is none."""
    for balancer in _of(aws, cluster):
        return str(balancer["DNSName"])
    raise RefusedError("Error from server (NotFound): ingresses.networking.k8s.io not found")


def _of(aws: Aws, cluster: str) -> list[dict[str, Any]]:
    balancers = aws.call("elbv2", "describe_load_balancers")["LoadBalancers"]
    if not balancers:
        return []
    tags = aws.call("elbv2", "describe_tags", ResourceArns=[each["LoadBalancerArn"] for each in balancers])
    ours = {each["ResourceArn"] for each in tags["TagDescriptions"] if {"Key": _TAG, "Value": cluster} in each["Tags"]}
    return [each for each in balancers if each["LoadBalancerArn"] in ours]
