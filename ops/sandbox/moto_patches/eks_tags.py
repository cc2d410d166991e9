"""Tags of what belongs to an EKS cluster."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.eks.exceptions import ResourceNotFoundException

from ops.sandbox.moto_patches.eks_base import EksBase


class Tags(EksBase):
    """The operations on tags. Moto tags clusters only."""

    def tag_resource(self) -> ActionResult:
        self._tags().update(self._get_param("tags"))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        tags = self._tags()
        for key in self._get_param("tagKeys"):
            tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self._tags()})

    def _tags(self) -> dict[str, str]:
        arn = self._extract_arn_from_path()
        for cluster in self.eks_backend.clusters.values():
            if cluster.arn == arn:
                return cluster.tags
            for group in cluster.nodegroups.values():
                if group.arn == arn:
                    return group.tags
            parts = cluster.parts  # type: ignore[attr-defined]
            for items, key in (
                (parts.addons, "addonArn"),
                (parts.access_entries, "accessEntryArn"),
                (parts.associations, "associationArn"),
            ):
                for item in items.values():
                    if item[key] == arn:
                        return item["tags"]  # type: ignore[no-any-return]
        raise ResourceNotFoundException(message=f"Resource {arn} was not found")
