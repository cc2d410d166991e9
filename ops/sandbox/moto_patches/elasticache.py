"""ElastiCache: replication groups that count their members, and that go when they are deleted."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache import urls
from moto.elasticache.exceptions import (
    CacheSubnetGroupNotFound,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.models import CacheSubnetGroup, ReplicationGroup
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

    def modify_replication_group(self) -> ActionResult:
        """Moto forgets the version of the engine, and lets it go back."""
        group = self._group()
        engine, version = self._get_param("Engine") or group.engine, self._get_param("EngineVersion")
        moved = f"from {group.engine} {group.engine_version} to {engine} {version or group.engine_version}"
        if (group.engine, engine) == ("valkey", "redis"):
            raise InvalidParameterCombinationException(f"Cannot modify the engine {moved}")
        if version and group.engine == engine and _version(version) < _version(group.engine_version or "0"):
            raise InvalidParameterCombinationException(f"Cannot downgrade {moved}")
        super().modify_replication_group()
        group.engine_version = version or group.engine_version
        return ActionResult({"ReplicationGroup": group})

    def increase_replica_count(self) -> ActionResult:
        """Moto has no such operation."""
        return self._resize(more=True)

    def decrease_replica_count(self) -> ActionResult:
        """Moto has no such operation."""
        return self._resize(more=False)

    def _resize(self, *, more: bool) -> ActionResult:
        group, wanted = self._group(), int(self._get_param("NewReplicaCount")) + 1
        for node_group in group.node_groups:
            members = node_group["node_group_members"]
            if (wanted > len(members)) != more:
                raise InvalidParameterCombinationException(f"The group has {len(members) - 1} replicas already.")
            last = members[-1]
            members += [
                {**last, "cache_cluster_id": f"{group.replication_group_id}-{number:0>3}", "current_role": "replica"}
                for number in range(len(members) + 1, wanted + 1)
            ]
            del members[wanted:]
            group.member_clusters = [member["cache_cluster_id"] for member in members]
        return ActionResult({"ReplicationGroup": group})

    def modify_cache_subnet_group(self) -> ActionResult:
        """Moto has no such operation. A group stays in its VPC."""
        name, groups = self._get_param("CacheSubnetGroupName"), self.elasticache_backend.cache_subnet_groups
        before = groups[name]
        changed = CacheSubnetGroup(
            self.current_account,
            self.region,
            name,
            self._get_param("CacheSubnetGroupDescription"),
            self._get_param("SubnetIds"),
            before.tags,
        )
        if changed.vpc_id != before.vpc_id:
            raise InvalidParameterValueException("The new Subnets are not in the same Vpc as the existing subnet group")
        changed.arn = before.arn
        groups[name] = changed
        return ActionResult({"CacheSubnetGroup": changed})

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

    def _group(self) -> ReplicationGroup:
        id_ = self._get_param("ReplicationGroupId")
        (group,) = self.elasticache_backend.describe_replication_groups(replication_group_id=id_)
        return group

    def _host(self, name: str) -> str:
        return in_region(name.replace(".use1.", f".{self.region}."), self.region)

    def _in_partition(self, arn: str) -> str:
        return arn.replace("arn:aws:", f"arn:{get_partition(self.region)}:", 1)


def _version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def apply() -> None:
    """Let the requests come to the mended class."""
    urls.url_paths = dict.fromkeys(urls.url_paths, MendedElastiCache.dispatch)
