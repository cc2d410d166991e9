"""What the synthesized platform says of Airflow: the values of its release, and the templates of its Secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.assembly import Assembly
from ops.contents import Contents
from ops.errors import OpsError
from ops.local.references import References

_AIRFLOW, _SETUP = "airflow", "setup"
# Amazon RDS, CreateDBCluster: any printable ASCII character but these.
_NOT_IN_A_DATABASE_PASSWORD = '/"@'  # noqa: S105 - characters


@dataclass(frozen=True, kw_only=True)
class SecretTemplate:
    """A Kubernetes Secret, as its ExternalSecret describes it."""

    name: str
    data: dict[str, str]
    """Its keys, with templates for values."""
    sources: dict[str, tuple[str, str | None]]
    """Names that the templates use: the secret in Secrets Manager, and the field in it if it is JSON."""


class Rendered:
    """Airflow in a synthesized platform."""

    def __init__(self, assembly: Assembly) -> None:
        self._contents = Contents(assembly)
        self._references = References(assembly)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The values of the release of Airflow's chart. Raises OpsError where there is no such release."""
        try:
            return dict(self._contents.releases[_AIRFLOW].values)
        except KeyError:
            raise OpsError("the synthesized application has no release of Airflow") from None

    @cached_property
    def setup(self) -> Mapping[str, Any]:
        """The container that prepares the database. Raises OpsError where there is none."""
        for job in self._contents.objects("Job"):
            if job["metadata"].get("namespace") == _AIRFLOW and job["metadata"]["labels"]["component"] == _SETUP:
                (container,) = job["spec"]["template"]["spec"]["containers"]
                return dict(container)
        raise OpsError("the synthesized application has no Job that prepares Airflow's database")

    @cached_property
    def secrets(self) -> dict[str, SecretTemplate]:
        """The Secrets that External Secrets writes for Airflow, by name."""
        manifests = self._contents.objects("ExternalSecret")
        found = [_secret(each) for each in manifests if each["metadata"].get("namespace") == _AIRFLOW]
        return {secret.name: secret for secret in found}

    def generated(self, key: str) -> dict[str, Any]:
        """How the secret that a template refers to is generated, in the words of Secrets Manager; else nothing."""
        properties = self._references.properties(key)
        if properties.get("ManageMasterUserPassword"):
            return {
                "SecretStringTemplate": json.dumps({"username": properties["MasterUsername"]}),
                "GenerateStringKey": "password",
                "ExcludePunctuation": False,
                "ExcludeCharacters": _NOT_IN_A_DATABASE_PASSWORD,
            }
        spec: dict[str, Any] = properties.get("GenerateSecretString", {})
        return spec


def _secret(manifest: Mapping[str, Any]) -> SecretTemplate:
    spec = manifest["spec"]
    return SecretTemplate(
        name=spec["target"].get("name", manifest["metadata"]["name"]),
        data=spec["target"]["template"]["data"],
        sources={
            item["secretKey"]: (item["remoteRef"]["key"], item["remoteRef"].get("property")) for item in spec["data"]
        },
    )
