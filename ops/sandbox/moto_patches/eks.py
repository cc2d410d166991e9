"""EKS: add-ons, access entries and Pod Identity, which moto does not have; and what a cluster brings with it."""

from __future__ import annotations

import uuid

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException
from moto.eks.models import DEFAULT_KUBERNETES_NETWORK_CONFIG
from moto.logs.models import logs_backends

from ops.sandbox.moto_patches.dns_suffix import in_region
from ops.sandbox.moto_patches.eks_access import AccessEntries
from ops.sandbox.moto_patches.eks_addons import Addons
from ops.sandbox.moto_patches.eks_base import Parts
from ops.sandbox.moto_patches.eks_tags import Tags

_PATHS = (
    "updates$",
    "node-groups/(?P<nodegroupName>[^/]+)/update-version$",
    "addons$",
    "addons/(?P<addonName>[^/]+)$",
    "addons/(?P<addonName>[^/]+)/update$",
    "access-entries$",
    # A principal's ARN has slashes in it.
    "access-entries/(?P<principalArn>.+)/access-policies$",
    "access-entries/(?P<principalArn>.+)/access-policies/(?P<policyArn>.+)$",
    "access-entries/(?P<principalArn>.+)$",
    "pod-identity-associations$",
    "pod-identity-associations/(?P<associationId>[^/]+)$",
)


class MendedEks(Addons, AccessEntries, Tags):
    """moto's, with what it lacks."""

    def create_cluster(self) -> ActionResult:
        """Moto's cluster has no security group, VPC, log group and access configuration, and no range for Services."""
        super().create_cluster()
        cluster = self.eks_backend.clusters[self._get_param("name")]
        ec2 = ec2_backends[self.current_account][self.region]
        config = cluster.resources_vpc_config
        vpc = ec2.get_subnet(config["subnetIds"][0]).vpc_id
        group = ec2.create_security_group(
            f"eks-cluster-sg-{cluster.name}-{uuid.uuid4().hex[:10]}",
            "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
            vpc_id=vpc,
        )
        cluster.resources_vpc_config = {
            "endpointPrivateAccess": False,
            "endpointPublicAccess": True,
            **config,
            "vpcId": vpc,
            "clusterSecurityGroupId": group.id,
        }
        # moto has the default in place of the whole configuration, or not at all.
        cluster.kubernetes_network_config = {
            **DEFAULT_KUBERNETES_NETWORK_CONFIG,
            "ipFamily": "ipv4",
            **cluster.kubernetes_network_config,
        }
        cluster.endpoint = in_region(cluster.endpoint, self.region)
        cluster.identity = {"oidc": {"issuer": in_region(cluster.identity["oidc"]["issuer"], self.region)}}
        cluster.access_config = self._get_param("accessConfig")  # type: ignore[attr-defined]
        cluster.upgrade_policy = self._get_param("upgradePolicy") or {"supportType": "EXTENDED"}  # type: ignore[attr-defined]
        cluster.health = {"issues": []}  # type: ignore[attr-defined]
        cluster.parts = Parts()  # type: ignore[attr-defined]
        if any(setup.get("enabled") for setup in cluster.logging.get("clusterLogging", [])):
            # Who made the log group first owns it: the stack, or EKS, which never deletes it.
            logs = logs_backends[self.current_account][self.region]
            logs.ensure_log_group(f"/aws/eks/{cluster.name}/cluster")
        return ActionResult({"cluster": cluster})

    def delete_cluster(self) -> ActionResult:
        """The security group that EKS made goes with the cluster."""
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        result = super().delete_cluster()
        ec2 = ec2_backends[self.current_account][self.region]
        ec2.delete_security_group(group_id=cluster.resources_vpc_config["clusterSecurityGroupId"])
        return result

    def update_cluster_version(self) -> ActionResult:
        """One minor version forward. Node groups stay where they are."""
        cluster, version = self.cluster(), self._get_param("version")
        if _minor(version) != _minor(cluster.version) + 1:
            # Its words: https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2607
            moved = f"from {cluster.version} to {version}"
            raise InvalidParameterException(message=f"Unsupported Kubernetes minor version update {moved}")
        cluster.version = version
        return self._updated("VersionUpdate")

    def update_cluster_config(self) -> ActionResult:
        """Moto forgets the VPC and the cluster's own security group, and answers with the cluster."""
        cluster, config = self.cluster(), self._get_param("resourcesVpcConfig")
        before = cluster.resources_vpc_config
        self._check_subnets(before["subnetIds"], (config or {}).get("subnetIds"))
        super().update_cluster_config()
        if config:
            cluster.resources_vpc_config = {**before, **config}
        if self._get_param("upgradePolicy"):
            cluster.upgrade_policy = self._get_param("upgradePolicy")  # type: ignore[attr-defined]
            return self._updated("UpgradePolicyUpdate")
        return self._updated("VpcConfigUpdate" if config else "LoggingUpdate")

    def create_nodegroup(self) -> ActionResult:
        """In moto a node group has Kubernetes 1.19, whatever the cluster has, and forgets how it is updated."""
        cluster = self.cluster()
        version = self._get_param("version") or cluster.version
        self._check_version(version)
        super().create_nodegroup()
        group = cluster.nodegroups[self._get_param("nodegroupName")]
        group.version = version
        group.release_version = self._get_param("releaseVersion") or _newest_release(version)
        group.update_config = self._get_param("updateConfig")
        group.node_repair_config = self._get_param("nodeRepairConfig")
        return ActionResult({"nodegroup": group})

    def update_nodegroup_version(self) -> ActionResult:
        """To the version that is asked for, or to a newer image of the version that it has."""
        group = self.cluster().nodegroups[self._get_param("nodegroupName")]
        version = self._get_param("version") or group.version
        if version != group.version:
            self._check_version(version)
        group.version = version
        group.release_version = self._get_param("releaseVersion") or _newest_release(version)
        if self._get_param("launchTemplate"):
            group.launch_template = self._get_param("launchTemplate")
        return self._updated("VersionUpdate")

    def _check_subnets(self, before: list[str], after: list[str] | None) -> None:
        """A cluster stays in its VPC and in its zones."""
        if after is None:
            return
        ec2 = ec2_backends[self.current_account][self.region]
        old, new = ([ec2.get_subnet(id_) for id_ in ids] for ids in (before, after))
        if {subnet.vpc_id for subnet in new} != {subnet.vpc_id for subnet in old}:
            raise InvalidParameterException(message="Provided subnets must belong to the same VPC as the cluster")
        if {subnet.availability_zone for subnet in new} != {subnet.availability_zone for subnet in old}:
            # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
            raise InvalidParameterException(message="Provided subnets must be in the cluster's availability zones")

    def _check_version(self, version: str) -> None:
        if version != self.cluster().version:
            raise InvalidParameterException(message=f"Nodegroup Kubernetes version {version} is not the cluster's")

    def _updated(self, kind: str) -> ActionResult:
        return ActionResult({"update": {"id": str(uuid.uuid4()), "status": "Successful", "type": kind}})


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _newest_release(version: str) -> str:
    return f"{version}.0-sandbox"


def apply() -> None:
    """Let the requests come to the mended class."""
    urls.url_paths = {
        **dict.fromkeys(urls.url_paths, MendedEks.dispatch),
        **{f"{{0}}/clusters/(?P<name>[^/]+)/{path}": MendedEks.dispatch for path in _PATHS},
    }
