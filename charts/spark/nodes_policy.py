"""Pods of Spark's teams run on Spark's nodes: the API server refuses one that does not ask for them, and says so.

Without it, a job that forgets its node selector would run on the system nodes or among Airflow's servers.
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
from typing import Any

import cdk8s

from charts.spark.pools import NODE_GROUP_TYPE, SPARK_POOLS
from constructs import Construct

NAME = "spark-on-its-own-nodes"
TEAM_LABEL = "airflow-eks/spark-team"
"""Label of the namespaces that it is about."""


class NodesPolicy(Construct):
    """The rule, and what it is about."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        types = [pool.node_group_type for pool in SPARK_POOLS]
        label = json.dumps(NODE_GROUP_TYPE)
        policy = self._object(
            "ValidatingAdmissionPolicy",
            {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "resourceRules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                    ],
                    "namespaceSelector": {"matchExpressions": [{"key": TEAM_LABEL, "operator": "Exists"}]},
                },
                "validations": [
                    {
                        "expression": f"has(object.spec.nodeSelector) && {label} in object.spec.nodeSelector && "
                        f"object.spec.nodeSelector[{label}] in {json.dumps(types)}",
                        "message": f"a pod of a Spark team runs on Spark's nodes: give it the node selector "
                        f"{NODE_GROUP_TYPE} with one of {', '.join(types)}, and the toleration that goes with it",
                    }
                ],
            },
        )
        binding = self._object("ValidatingAdmissionPolicyBinding", {"policyName": NAME, "validationActions": ["Deny"]})
        binding.add_dependency(policy)

    def _object(self, kind: str, spec: dict[str, Any]) -> cdk8s.ApiObject:
        made = cdk8s.ApiObject(
            self,
            kind,
            api_version="admissionregistration.k8s.io/v1",
            kind=kind,
            metadata=cdk8s.ApiObjectMetadata(name=NAME),
        )
        made.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
        return made
