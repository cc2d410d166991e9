"""Objects of Kubernetes' own kinds, written as its documentation has them.

``cdk8s-plus`` has a class for each, through Node: to load it takes a tenth of a synthesis, and what it gives is this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from constructs import Construct

RBAC = "rbac.authorization.k8s.io"


def kube_object(
    scope: Construct,
    id_: str,
    *,
    kind: str,
    name: str,
    api_version: str = "v1",
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **fields: Any,
) -> cdk8s.ApiObject:
    """An object; ``fields`` stand beside its metadata."""
    metadata = cdk8s.ApiObjectMetadata(name=name, namespace=namespace, labels=labels, annotations=annotations)
    made = cdk8s.ApiObject(scope, id_, api_version=api_version, kind=kind, metadata=metadata)
    if fields:
        made.add_json_patch(*(cdk8s.JsonPatch.add(f"/{field}", value) for field, value in fields.items()))
    return made


def config_map(scope: Construct, id_: str, *, name: str, namespace: str, data: Mapping[str, str]) -> cdk8s.ApiObject:
    """Files for pods."""
    return kube_object(scope, id_, kind="ConfigMap", name=name, namespace=namespace, data=data, immutable=False)


def service_account(
    scope: Construct, id_: str, *, name: str, namespace: str, automount_token: bool = False
) -> cdk8s.ApiObject:
    """Who a pod is; it has a token for the API server where that is said."""
    return kube_object(
        scope,
        id_,
        kind="ServiceAccount",
        name=name,
        namespace=namespace,
        automountServiceAccountToken=automount_token,
    )
