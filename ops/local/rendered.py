"""What the synthesized platform says of Airflow: the values of its release, and the templates of its Secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.assembly import Assembly
from ops.errors import OpsError
from ops.local.references import References

_RELEASE = "Custom::AWSCDK-EKS-HelmChart"
_OBJECT = "Custom::AWSCDK-EKS-KubernetesResource"
_AIRFLOW = "airflow"
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
        self._references = References(assembly)
        self._stacks = (assembly.root, *assembly.nested)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The values of the release of Airflow's chart. Raises OpsError where there is no such release."""
        for stack in self._stacks:
            for body in stack.template["Resources"].values():
                if body["Type"] == _RELEASE and body["Properties"].get("Release") == _AIRFLOW:
                    text = self._references.text(body["Properties"]["Values"], stack.name)
                    values: dict[str, Any] = json.loads(text)
                    return values
        raise OpsError("the synthesized application has no release of Airflow")

    @cached_property
    def secrets(self) -> dict[str, SecretTemplate]:
        """The Secrets that External Secrets writes for Airflow, by name."""
        found = {}
        for stack in self._stacks:
            for body in stack.template["Resources"].values():
                if body["Type"] != _OBJECT:
                    continue
                for manifest in json.loads(self._references.text(body["Properties"]["Manifest"], stack.name)):
                    if manifest["kind"] == "ExternalSecret" and manifest["metadata"].get("namespace") == _AIRFLOW:
                        secret = _secret(manifest)
                        found[secret.name] = secret
        return found

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


def _secret(manifest: dict[str, Any]) -> SecretTemplate:
    spec = manifest["spec"]
    return SecretTemplate(
        name=spec["target"].get("name", manifest["metadata"]["name"]),
        data=spec["target"]["template"]["data"],
        sources={
            item["secretKey"]: (item["remoteRef"]["key"], item["remoteRef"].get("property")) for item in spec["data"]
        },
    )
