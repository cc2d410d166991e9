"""Access entries, which moto's EKS does not have."""

from __future__ import annotations

import uuid

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException

from ops.sandbox.moto_patches.eks_base import EksBase


class AccessEntries(EksBase):
    """The operations on access entries."""

    def create_access_entry(self) -> ActionResult:
        principal = self._get_param("principalArn")
        parts = self.parts()
        if principal in parts.access_entries:
            raise ResourceInUseException(message=f"The specified access entry resource is already in use: {principal}")
        parts.access_entries[principal] = {
            **self.given("kubernetesGroups", "username"),
            "accessEntryArn": self.arn(f"access-entry/{self.cluster().name}/{uuid.uuid4()}"),
            "clusterName": self.cluster().name,
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "principalArn": principal,
            "tags": self._get_param("tags") or {},
            "type": self._get_param("type") or "STANDARD",
        }
        parts.access_policies[principal] = []
        return ActionResult({"accessEntry": parts.access_entries[principal]})

    def describe_access_entry(self) -> ActionResult:
        entries = self.parts().access_entries
        return ActionResult({"accessEntry": self.find(entries, self._get_param("principalArn"), "access entry")})

    def list_access_entries(self) -> ActionResult:
        return ActionResult({"accessEntries": sorted(self.parts().access_entries)})

    def delete_access_entry(self) -> ActionResult:
        parts, principal = self.parts(), self._get_param("principalArn")
        self.find(parts.access_entries, principal, "access entry")
        del parts.access_entries[principal], parts.access_policies[principal]
        return ActionResult({})

    def associate_access_policy(self) -> ActionResult:
        principal = self._get_param("principalArn")
        policies = self.find(self.parts().access_policies, principal, "access entry")
        policy = {**self.given("policyArn", "accessScope"), "associatedAt": utcnow(), "modifiedAt": utcnow()}
        # One that is there already gets another scope.
        policies[:] = [each for each in policies if each["policyArn"] != policy["policyArn"]] + [policy]
        return ActionResult(
            {"clusterName": self.cluster().name, "principalArn": principal, "associatedAccessPolicy": policy}
        )

    def update_access_entry(self) -> ActionResult:
        entries = self.parts().access_entries
        entry = self.find(entries, self._get_param("principalArn"), "access entry")
        entry |= {**self.given("kubernetesGroups", "username"), "modifiedAt": utcnow()}
        return ActionResult({"accessEntry": entry})

    def disassociate_access_policy(self) -> ActionResult:
        policies = self.find(self.parts().access_policies, self._get_param("principalArn"), "access entry")
        arn = self._get_param("policyArn")
        if arn not in [policy["policyArn"] for policy in policies]:
            raise ResourceNotFoundException(message=f"The specified policy is not associated: {arn}")
        policies[:] = [policy for policy in policies if policy["policyArn"] != arn]
        return ActionResult({})

    def list_associated_access_policies(self) -> ActionResult:
        principal = self._get_param("principalArn")
        policies = self.find(self.parts().access_policies, principal, "access entry")
        return ActionResult(
            {"clusterName": self.cluster().name, "principalArn": principal, "associatedAccessPolicies": policies}
        )
