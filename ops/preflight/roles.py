"""Service-linked roles: what AWS services act as in the account. Most come into being with the first use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.aws import found
from ops.checks import Findings, failure, ok, warning
from ops.preflight.subject import Preflight
from settings import Settings


@dataclass(frozen=True)
class ServiceLinkedRole:
    """A role, and the service that it belongs to."""

    name: str
    service: str
    made_by_itself: bool = True


_SPOT = ServiceLinkedRole("AWSServiceRoleForEC2Spot", "spot.amazonaws.com", made_by_itself=False)

ROLES = (
    ServiceLinkedRole("AWSServiceRoleForAmazonEKS", "eks.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForAmazonEKSNodegroup", "eks-nodegroup.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForElasticLoadBalancing", "elasticloadbalancing.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForRDS", "rds.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForElastiCache", "elasticache.amazonaws.com"),
    ServiceLinkedRole("AWSServiceRoleForAmazonElasticFileSystem", "elasticfilesystem.amazonaws.com"),
    _SPOT,
)


def service_linked_roles(subject: Preflight) -> Findings:
    """Each role: it exists, or the deployment makes it, or somebody has to."""
    iam = subject.aws.client("iam")
    on_spot = _on_spot(subject.settings)
    needed = [role for role in ROLES if role is not _SPOT or on_spot]
    absent = [role for role in needed if not _exists(iam, role)]
    existing = len(needed) - len(absent)
    made = [role.name for role in absent if role.made_by_itself]
    told = f"{existing} of {len(needed)} exist"
    yield ok("service-linked roles", f"{told}; made with the first use: {', '.join(made)}" if made else told)
    if _SPOT in absent:
        # Karpenter has no permission to make it, and goes on with on-demand instances where a pod takes those.
        never = [who for who, waits in on_spot.items() if waits]
        on_demand = " and ".join(who for who, waits in on_spot.items() if not waits)
        losses = [f"{who} would never start" for who in never]
        if on_demand:
            losses.append(f"{on_demand} would run on demand")
        yield (failure if never else warning)(
            "service-linked role for spot",
            f"{_SPOT.name} does not exist: no spot instance can be started, {'; '.join(losses)}",
            f"Run once per account: aws iam create-service-linked-role --aws-service-name {_SPOT.service}",
        )


def _on_spot(settings: Settings) -> dict[str, bool]:
    """Who runs on spot instances, and whether on nothing else."""
    found = {}
    if any(each.spot for each in settings.airflow.worker_sets):
        found["workers"] = False
    if settings.airflow.task_pods.enabled and settings.airflow.task_pods.spot:
        found["task pods"] = False
    if settings.addons.spark_operator:
        found["Spark's executors"] = True
    return found


def _exists(iam: Any, role: ServiceLinkedRole) -> bool:
    return found(iam.get_role, "NoSuchEntity", RoleName=role.name) is not None
