"""The way in: the load balancer that the AWS Load Balancer Controller made of Airflow's Ingress, as AWS describes it.

Read from AWS, because that works from outside the VPC as well, where a private API server does not answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.aws import Aws
from ops.names import AIRFLOW_NAMESPACE

# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#resource-tags
_CLUSTER_TAG = "elbv2.k8s.aws/cluster"
_STACK_TAG = "ingress.k8s.aws/stack"
_TAGS_PER_CALL = 20


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Airflow's load balancer."""

    arn: str
    address: str
    """Its own DNS name."""
    internal: bool
    state: str
    https: bool
    host: str | None
    """The name that it answers to, where the settings give a domain."""
    targets: tuple[str, ...]
    """Health of each pod behind it."""

    @property
    def url(self) -> str:
        """What a person types."""
        return f"{'https' if self.https else 'http'}://{self.host or self.address}"


def find_entry(aws: Aws, cluster: str) -> Entry | None:
    """The load balancer of Airflow in a cluster, or None where there is none yet."""
    elb = aws.client("elbv2")
    balancers = {
        each["LoadBalancerArn"]: each for each in aws.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    }
    arns = list(balancers)
    for start in range(0, len(arns), _TAGS_PER_CALL):
        answer = elb.describe_tags(ResourceArns=arns[start : start + _TAGS_PER_CALL])
        for description in answer["TagDescriptions"]:
            tags = {tag["Key"]: tag["Value"] for tag in description["Tags"]}
            if tags.get(_CLUSTER_TAG) == cluster and tags.get(_STACK_TAG, "").startswith(f"{AIRFLOW_NAMESPACE}/"):
                return _describe(aws, balancers[description["ResourceArn"]])
    return None


def _describe(aws: Aws, balancer: dict[str, Any]) -> Entry:
    arn = balancer["LoadBalancerArn"]
    listeners = list(aws.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn))
    return Entry(
        arn=arn,
        address=balancer["DNSName"],
        internal=balancer["Scheme"] == "internal",
        state=balancer["State"]["Code"],
        https=any(listener["Protocol"] == "HTTPS" for listener in listeners),
        host=next(_hosts(aws, listeners), None),
        targets=tuple(_targets(aws, arn)),
    )


def _hosts(aws: Aws, listeners: list[dict[str, Any]]) -> Iterator[str]:
    for listener in listeners:
        for rule in aws.pages("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]):
            for condition in rule["Conditions"]:
                if condition["Field"] == "host-header":
                    yield from condition.get("HostHeaderConfig", {}).get("Values") or condition.get("Values", ())


def _targets(aws: Aws, arn: str) -> Iterator[str]:
    elb = aws.client("elbv2")
    for group in aws.pages("elbv2", "describe_target_groups", "TargetGroups", LoadBalancerArn=arn):
        health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        for target in health["TargetHealthDescriptions"]:
            yield target["TargetHealth"]["State"]
