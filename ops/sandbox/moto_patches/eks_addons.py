"""Add-ons, which moto's EKS does not have."""

from __future__ import annotations

import uuid

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException

from ops.sandbox.moto_patches.eks_pod_identity import PodIdentityAssociations

_VERSION = "v0.0.0-sandbox.1"
# Service accounts that every version of an add-on takes for identities of its own, and no more.
# https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
_IDENTITIES = {
    "amazon-cloudwatch-observability": ("cloudwatch-agent",),
    "aws-ebs-csi-driver": ("ebs-csi-controller-sa",),
    "aws-efs-csi-driver": ("efs-csi-controller-sa",),
    "vpc-cni": ("aws-node",),
}


class Addons(PodIdentityAssociations):
    """The operations on add-ons. An add-on can bring associations of its own."""

    def create_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        parts = self.parts()
        if name in parts.addons:
            raise ResourceInUseException(addonName=name, message=f"Addon already exists: {name}")
        associations = self._associate(name, self._get_param("podIdentityAssociations") or [])
        parts.addons[name] = {
            **self.given("configurationValues", "serviceAccountRoleArn"),
            "addonName": name,
            "addonArn": self.arn(f"addon/{self.cluster().name}/{name}/{uuid.uuid4()}"),
            "addonVersion": self._get_param("addonVersion") or _VERSION,
            "clusterName": self.cluster().name,
            "createdAt": utcnow(),
            "health": {"issues": []},
            "modifiedAt": utcnow(),
            "podIdentityAssociations": associations,
            "status": "ACTIVE",
            "tags": self._get_param("tags") or {},
        }
        return ActionResult({"addon": parts.addons[name]})

    def describe_addon(self) -> ActionResult:
        return ActionResult({"addon": self.find(self.parts().addons, self._get_param("addonName"), "addon")})

    def list_addons(self) -> ActionResult:
        return ActionResult({"addons": sorted(self.parts().addons)})

    def update_addon(self) -> ActionResult:
        name, parts = self._get_param("addonName"), self.parts()
        addon = self.find(parts.addons, name, "addon")
        addon |= {**self.given("addonVersion", "configurationValues", "serviceAccountRoleArn"), "modifiedAt": utcnow()}
        identities = self._get_param("podIdentityAssociations")
        if identities is not None:
            self._release(name)
            addon["podIdentityAssociations"] = self._associate(name, identities)
        return ActionResult({"update": {"id": str(uuid.uuid4()), "status": "Successful", "type": "AddonUpdate"}})

    def delete_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        parts = self.parts()
        addon = self.find(parts.addons, name, "addon")
        del parts.addons[name]
        self._release(name)
        return ActionResult({"addon": {**addon, "status": "DELETING"}})

    def _associate(self, addon: str, identities: list[dict[str, str]]) -> list[str]:
        """Give an add-on's service accounts roles. Gives the ARNs of the associations."""
        for pair in identities:
            if (account := pair["serviceAccount"]) not in _IDENTITIES.get(addon, ()):
                where = f"in pod identity configuration is not supported for addon {addon}"
                raise InvalidParameterException(message=f"Service account {account} {where}")
        made = [
            self.associate(
                namespace="kube-system", service_account=pair["serviceAccount"], role_arn=pair["roleArn"], owner=addon
            )
            for pair in identities
        ]
        return [association["associationArn"] for association in made]

    def _release(self, addon: str) -> None:
        associations = self.parts().associations
        for id_, association in list(associations.items()):
            if association.get("ownerArn") == addon:
                del associations[id_]
