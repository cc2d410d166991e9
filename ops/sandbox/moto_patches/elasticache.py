"""ElastiCache: replication groups that count their members, and that go when they are deleted."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache import urls
from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.elasticache.responses import ElastiCacheResponse
from moto.utilities.utils import get_partition

from ops.sandbox.moto_patches.dns_suffix import in_region


class MendedElastiCache(ElastiCacheResponse):
    """moto's, with what it lacks."""

    def create_replication_group(self) -> ActionResult:
        """Moto ignores ``NumCacheClusters``, has no reader endpoint, and says ``arn:aws`` and ``use1`` everywhere."""
        members = self._get_int_param("NumCacheClusters")
        if members and not self._get_int_param("ReplicasPerNodeGroup"):
            self.params["ReplicasPerNodeGroup"] = members - 1
        super().create_replication_group()
        group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
        group.arn = self._in_partition(group.arn)
        for node_group in group.node_groups:
            for role in ("primary", "reader"):
                host = self._host(node_group[f"{role}_endpoint_address"])
                node_group[f"{role}_endpoint"] = {"address": host, "port": group.port}
            for member in node_group["node_group_members"]:
                member["read_endpoint"]["address"] = self._host(member["read_endpoint"]["address"])
                member["preferred_availability_zone"] = f"{self.region}{member['preferred_availability_zone'][-1]}"
        return ActionResult({"ReplicationGroup": group})

    def delete_replication_group(self) -> ActionResult:
        """Moto leaves the group behind, ``deleting`` for ever; and takes no final snapshot."""
        snapshot = self._get_param("FinalSnapshotIdentifier")
        id_ = self._get_param("ReplicationGroupId")
        if snapshot:
            self.elasticache_backend.create_snapshot(
                snapshot_name=snapshot, replication_group_id=id_, cache_cluster_id=None, kms_key_id=None, tags=[]
            )
        result = super().delete_replication_group()
        del self.elasticache_backend.replication_groups[id_]
        return result

    def create_cache_subnet_group(self) -> ActionResult:
        """Moto says ``arn:aws`` everywhere."""
        super().create_cache_subnet_group()
        group = self.elasticache_backend.cache_subnet_groups[self._get_param("CacheSubnetGroupName")]
        group.arn = self._in_partition(group.arn)
        return ActionResult({"CacheSubnetGroup": group})

    def delete_cache_subnet_group(self) -> EmptyResult:
        """Moto has no such operation."""
        name = self._get_param("CacheSubnetGroupName")
        if name not in self.elasticache_backend.cache_subnet_groups:
            raise CacheSubnetGroupNotFound(name)
        del self.elasticache_backend.cache_subnet_groups[name]
        return EmptyResult()

    def _host(self, name: str) -> str:
        return in_region(name.replace(".use1.", f".{self.region}."), self.region)

    def _in_partition(self, arn: str) -> str:
        return arn.replace("arn:aws:", f"arn:{get_partition(self.region)}:", 1)


def apply() -> None:
    """Let the requests come to the mended class."""
    urls.url_paths = dict.fromkeys(urls.url_paths, MendedElastiCache.dispatch)
