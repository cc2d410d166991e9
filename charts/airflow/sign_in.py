"""Sign-in by OpenID Connect: the client's secret for the load balancer."""

from __future__ import annotations

from typing import Any

import cdk8s

from charts import load_balancer_controller
from charts.airflow.ingress import OIDC_CLIENT
from charts.airflow.secrets import STORE
from charts.external_secret import ExternalSecret
from constructs import Construct
from settings.ingress import OidcSettings


class SignIn(Construct):
    """The Secret that the load balancer's controller hands over to it, and the controller's right to read that one."""

    def __init__(self, scope: Construct, id_: str, *, namespace: str, oidc: OidcSettings) -> None:
        super().__init__(scope, id_)
        self._namespace = namespace
        ExternalSecret(
            self,
            "secret",
            name=OIDC_CLIENT,
            namespace=namespace,
            store=STORE,
            sources={"secret": (oidc.client_secret_arn, None)},
            data={"clientID": oidc.client_id, "clientSecret": "{{ .secret }}"},
        )
        # The controller's chart would let it read every Secret of the cluster instead.
        rbac = "rbac.authorization.k8s.io"
        rule = {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": [OIDC_CLIENT],
            "verbs": ["get", "list", "watch"],
        }
        role = self._object("role", api_version=f"{rbac}/v1", kind="Role", body={"rules": [rule]})
        binding = self._object(
            "binding",
            api_version=f"{rbac}/v1",
            kind="RoleBinding",
            body={
                "roleRef": {"apiGroup": rbac, "kind": "Role", "name": OIDC_CLIENT},
                "subjects": [
                    {
                        "kind": "ServiceAccount",
                        "name": load_balancer_controller.SERVICE_ACCOUNT,
                        "namespace": load_balancer_controller.NAMESPACE,
                    }
                ],
            },
        )
        binding.add_dependency(role)

    def _object(self, id_: str, *, api_version: str, kind: str, body: dict[str, Any]) -> cdk8s.ApiObject:
        metadata = cdk8s.ApiObjectMetadata(name=OIDC_CLIENT, namespace=self._namespace)
        made = cdk8s.ApiObject(self, id_, api_version=api_version, kind=kind, metadata=metadata)
        for key, value in body.items():
            made.add_json_patch(cdk8s.JsonPatch.add(f"/{key}", value))
        return made
