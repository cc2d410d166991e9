"""SecretStore and ExternalSecret: a Kubernetes Secret that External Secrets writes from what is kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from constructs import Construct

# How soon a rotated secret is seen. GetSecretValue is billed by calls: a dozen a minute stay under 4 USD a month.
REFRESH_INTERVAL = "1m"

Source = tuple[str, str | None]
"""What a store finds a value by (an ARN, say), and the field of it; None is the value as it is."""


class SecretStore(cdk8s.ApiObject):
    """Where Secrets of its namespace come from. One of AWS is read as the operator itself."""

    def __init__(self, scope: Construct, id_: str, *, name: str, namespace: str, provider: Mapping[str, Any]) -> None:
        super().__init__(
            scope,
            id_,
            api_version="external-secrets.io/v1",
            kind="SecretStore",
            metadata=cdk8s.ApiObjectMetadata(name=name, namespace=namespace),
        )
        self.add_json_patch(cdk8s.JsonPatch.add("/spec", {"provider": provider}))


def secrets_manager(region: str) -> dict[str, Any]:
    """Provider of a store that is AWS Secrets Manager."""
    return {"aws": {"service": "SecretsManager", "region": region}}


class ExternalSecret(cdk8s.ApiObject):
    """A Secret of the same name, made from the sources by templates, and deleted with this."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, namespace: str, store: str, sources: Mapping[str, Source],
        data: Mapping[str, str], refresh: str = REFRESH_INTERVAL,
    ) -> None:  # fmt: skip
        super().__init__(
            scope,
            id_,
            api_version="external-secrets.io/v1",
            kind="ExternalSecret",
            metadata=cdk8s.ApiObjectMetadata(name=name, namespace=namespace),
        )
        remote = [
            {"secretKey": variable, "remoteRef": {"key": key, "property": field} if field else {"key": key}}
            for variable, (key, field) in sources.items()
        ]
        spec = {
            "refreshInterval": refresh,
            "secretStoreRef": {"kind": "SecretStore", "name": store},
            "target": {
                "name": name,
                "creationPolicy": "Owner",
                "template": {"engineVersion": "v2", "data": data},
            },
            "data": remote,
        }
        self.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
