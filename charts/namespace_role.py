"""What service accounts of one namespace may do in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from charts.objects import RBAC, kube_object
from constructs import Construct

Rule = dict[str, Any]


def permit(verbs: list[str], *resources: str, group: str = "") -> Rule:
    """A rule of a role."""
    return {"apiGroups": [group], "resources": list(resources), "verbs": verbs}


def namespace_role(
    scope: Construct, name: str, *rules: Rule, namespace: str, accounts: Sequence[str], account_namespace: str
) -> tuple[Construct, Construct]:
    """A role in a namespace, and its binding to accounts of another."""
    role = kube_object(
        scope, name, api_version=f"{RBAC}/v1", kind="Role", name=name, namespace=namespace, rules=list(rules)
    )
    binding = kube_object(
        scope,
        f"{name}-binding",
        api_version=f"{RBAC}/v1",
        kind="RoleBinding",
        name=name,
        namespace=namespace,
        roleRef={"apiGroup": RBAC, "kind": "Role", "name": name},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": account_namespace} for account in accounts],
    )
    binding.add_dependency(role)
    return role, binding
