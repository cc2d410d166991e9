"""Service-linked roles: what AWS services act as in the account. Most come into being with the first use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.aws import found
from ops.checks import Findings, ok, warning
from ops.preflight.subject import Preflight


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
    needed = [role for role in ROLES if role is not _SPOT or subject.settings.airflow.workers.spot]
    absent = [role for role in needed if not _exists(iam, role)]
    existing = len(needed) - len(absent)
    made = [role.name for role in absent if role.made_by_itself]
    told = f"{existing} of {len(needed)} exist"
    yield ok("service-linked roles", f"{told}; made with the first use: {', '.join(made)}" if made else told)
    for role in absent:
        if not role.made_by_itself:
            # Karpenter has no permission to make it, and goes on with on-demand instances.
            yield warning(
                f"service-linked role for {role.service.partition('.')[0]}",
                f"{role.name} does not exist: no spot instance can be started, workers would run on demand",
                f"Run once per account: aws iam create-service-linked-role --aws-service-name {role.service}",
            )


def _exists(iam: Any, role: ServiceLinkedRole) -> bool:
    return found(iam.get_role, "NoSuchEntity", RoleName=role.name) is not None
