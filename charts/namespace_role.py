"""What service accounts of one namespace may do in another."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s_plus_27 as kplus

from constructs import Construct


def permit(verbs: list[str], *resources: str, group: str = "") -> kplus.k8s.PolicyRule:
    """A rule of a role."""
    return kplus.k8s.PolicyRule(api_groups=[group], resources=list(resources), verbs=verbs)


def namespace_role(
    scope: Construct,
    name: str,
    *rules: kplus.k8s.PolicyRule,
    namespace: str,
    accounts: Sequence[str],
    account_namespace: str,
) -> tuple[Construct, Construct]:
    """A role in a namespace, and its binding to accounts of another."""
    metadata = kplus.k8s.ObjectMeta(name=name, namespace=namespace)
    role = kplus.k8s.KubeRole(scope, name, metadata=metadata, rules=list(rules))
    binding = kplus.k8s.KubeRoleBinding(
        scope,
        f"{name}-binding",
        metadata=metadata,
        role_ref=kplus.k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name=name),
        subjects=[
            kplus.k8s.Subject(kind="ServiceAccount", name=account, namespace=account_namespace) for account in accounts
        ],
    )
    binding.add_dependency(role)
    return role, binding
