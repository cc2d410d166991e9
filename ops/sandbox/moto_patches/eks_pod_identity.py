"""Pod Identity associations, which moto's EKS does not have."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException

from ops.sandbox.moto_patches.eks_base import EksBase


class PodIdentityAssociations(EksBase):
    """The operations on Pod Identity associations."""

    def create_pod_identity_association(self) -> ActionResult:
        association = self.associate(
            namespace=self._get_param("namespace"),
            service_account=self._get_param("serviceAccount"),
            role_arn=self._get_param("roleArn"),
            owner=None,
        )
        return ActionResult({"association": association})

    def describe_pod_identity_association(self) -> ActionResult:
        associations = self.parts().associations
        id_ = self._get_param("associationId")
        return ActionResult({"association": self.find(associations, id_, "association")})

    def list_pod_identity_associations(self) -> ActionResult:
        return ActionResult({"associations": list(self.parts().associations.values())})

    def update_pod_identity_association(self) -> ActionResult:
        association = self.find(self.parts().associations, self._get_param("associationId"), "association")
        association |= {**self.given("roleArn", "targetRoleArn"), "modifiedAt": utcnow()}
        return ActionResult({"association": association})

    def delete_pod_identity_association(self) -> ActionResult:
        associations, id_ = self.parts().associations, self._get_param("associationId")
        association = self.find(associations, id_, "association")
        del associations[id_]
        return ActionResult({"association": association})

    def associate(self, *, namespace: str, service_account: str, role_arn: str, owner: str | None) -> dict[str, Any]:
        associations = self.parts().associations
        place = (namespace, service_account)
        if any((other["namespace"], other["serviceAccount"]) == place for other in associations.values()):
            raise ResourceInUseException(message=f"Association already exists: {namespace}/{service_account}")
        id_ = f"a-{uuid.uuid4().hex[:17]}"
        associations[id_] = {
            "associationArn": self.arn(f"podidentityassociation/{self.cluster().name}/{id_}"),
            "associationId": id_,
            "clusterName": self.cluster().name,
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "namespace": namespace,
            "roleArn": role_arn,
            "serviceAccount": service_account,
            "tags": self._get_param("tags") or {},
            **({"ownerArn": owner} if owner else {}),
        }
        return associations[id_]
