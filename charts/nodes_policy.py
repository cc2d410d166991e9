"""Some namespaces have nodes of their own: the API server refuses a pod there that does not ask for them, and says so.

Without it, a pod that forgets its node selector would run on the system nodes or among Airflow's servers.
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import cdk8s

from constructs import Construct


class NodesPolicy(Construct):
    """The rule, and what it is about."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        namespace_label: str,
        label: str,
        values: Sequence[str],
        refusal: str,
    ) -> None:
        """Pods of the namespaces with ``namespace_label`` select nodes whose ``label`` has one of these ``values``.

        ``refusal`` is what is said to the others.
        """
        super().__init__(scope, id_)
        self._name = name
        key = json.dumps(label)
        policy = self._object(
            "ValidatingAdmissionPolicy",
            {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "resourceRules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                    ],
                    "namespaceSelector": {"matchExpressions": [{"key": namespace_label, "operator": "Exists"}]},
                },
                "validations": [
                    {
                        "expression": f"has(object.spec.nodeSelector) && {key} in object.spec.nodeSelector && "
                        f"object.spec.nodeSelector[{key}] in {json.dumps(list(values))}",
                        "message": refusal,
                    }
                ],
            },
        )
        binding = self._object("ValidatingAdmissionPolicyBinding", {"policyName": name, "validationActions": ["Deny"]})
        binding.add_dependency(policy)

    def _object(self, kind: str, spec: dict[str, Any]) -> cdk8s.ApiObject:
        made = cdk8s.ApiObject(
            self,
            kind,
            api_version="admissionregistration.k8s.io/v1",
            kind=kind,
            metadata=cdk8s.ApiObjectMetadata(name=self._name),
        )
        made.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
        return made
