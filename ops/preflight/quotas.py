"""Quotas: what the account may have, what it has, and what the deployment adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ops.aws import Aws, found
from ops.aws_errors import CALL_ERRORS, AwsError, Kind, explain
from ops.checks import Finding, Findings, failure, ok, warning
from ops.preflight import usage
from ops.preflight.needs import Need, Needs, needs
from ops.preflight.subject import Preflight


@dataclass(frozen=True)
class Quota:
    """One quota of Service Quotas."""

    name: str
    service: str
    code: str
    in_use: Callable[[Preflight], int]
    needed: Callable[[Needs], Need | int]
    limit: Callable[[Aws], int] | None = None
    """Who says what the limit is, where it is not Service Quotas."""
    each_time: bool = False
    """Whether every deployment needs it anew, an update too."""


# Codes are those of `aws service-quotas list-service-quotas --service-code …`.
QUOTAS = (
    Quota("VPCs", "vpc", "L-F678F1CE", usage.vpcs, lambda n: n.vpcs),
    Quota("internet gateways", "vpc", "L-A4707A72", usage.internet_gateways, lambda n: n.vpcs),
    Quota("elastic IP addresses", "ec2", "L-0263D0A3", usage.elastic_ips, lambda n: n.elastic_ips),
    Quota("NAT gateways in a zone", "vpc", "L-FE5A380F", usage.nat_gateways, lambda n: n.nat_gateways_per_zone),
    Quota("on-demand vCPUs", "ec2", "L-1216C47A", usage.on_demand_vcpus, lambda n: n.on_demand_vcpus),
    Quota("spot vCPUs", "ec2", "L-34B43A08", usage.spot_vcpus, lambda n: n.spot_vcpus),
    Quota("EKS clusters", "eks", "L-1194D53C", usage.clusters, lambda n: n.clusters),
    Quota("database clusters", "rds", "L-952B80B8", usage.database_clusters, lambda n: n.database_clusters),
    Quota("database instances", "rds", "L-7B6409FD", usage.database_instances, lambda n: n.database_instances),
    Quota("ElastiCache nodes", "elasticache", "L-DFE45DF3", usage.cache_nodes, lambda n: n.cache_nodes),
    Quota("application load balancers", "elasticloadbalancing", "L-53DA6B97", usage.load_balancers,
          lambda n: n.load_balancers),
    # A new account has 10. A function that finds none free fails its release or object after a few seconds, and the
    # deployment with it.
    Quota("concurrent Lambda executions", "lambda", "L-B99A9384", usage.reserved_executions,
          lambda n: n.lambda_executions, limit=usage.executions, each_time=True),
)  # fmt: skip


def quotas(subject: Preflight) -> Findings:
    """Every quota, against what is in use and what the settings need."""
    node = subject.settings.cluster.nodes.instance_type
    needed = needs(subject.settings, vcpus={node: usage.vcpus_of(subject.aws, [node]).get(node, 0)})
    for quota in QUOTAS:
        try:
            yield _compare(subject, quota, needed)
        except CALL_ERRORS as error:
            # One that cannot be read hides none of the others.
            explained = explain(error)
            if explained.ends_the_run:
                raise explained from None
            yield _unknown(quota, explained)


def _compare(subject: Preflight, quota: Quota, needed: Needs) -> Finding:
    need = quota.needed(needed)
    need = need if isinstance(need, Need) else Need(need, need)
    if need == Need(0, 0):
        return ok(quota.name, "none needed")
    limit = quota.limit(subject.aws) if quota.limit else _limit(subject.aws, quota)
    in_use = quota.in_use(subject)
    free = limit - in_use
    state = f"{in_use} of {limit} in use"
    if subject.updates and not quota.each_time:
        told = f"{state}, this deployment included"
        return ok(quota.name, told) if free >= 0 else warning(quota.name, told, _raise(quota, in_use))
    wanted = str(need.now) if need.now == need.later else f"{need.now} now, {need.later} at the most"
    told = f"{state}, needed: {wanted}"
    if free < need.now:
        return failure(quota.name, told, _raise(quota, in_use + max(need.now, need.later)))
    if free < need.later:
        return warning(quota.name, f"{told}: it deploys, but cannot grow as far as its settings say",
                       _raise(quota, in_use + need.later))  # fmt: skip
    return ok(quota.name, told)


def _limit(aws: Aws, quota: Quota) -> int:
    """The account's own limit, or the general one where the account never had another."""
    client = aws.client("service-quotas")
    names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    answer = found(client.get_service_quota, "NoSuchResourceException", **names)
    if answer is None:
        answer = client.get_aws_default_service_quota(**names)
    return int(answer["Quota"]["Value"])


def _raise(quota: Quota, wanted: int) -> str:
    return (
        "Delete what is not used, or ask for more: aws service-quotas request-service-quota-increase "
        f"--service-code {quota.service} --quota-code {quota.code} --desired-value {wanted}"
    )


def _unknown(quota: Quota, error: AwsError) -> Finding:
    advice = "Allow it, or look at the quota in the console." if error.kind is Kind.DENIED else "Look in the console."
    return warning(quota.name, str(error), advice)
