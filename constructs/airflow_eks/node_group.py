"""The managed node group: Graviton nodes for what must run before Karpenter can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import CfnTag
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs import Construct

ROOT_DEVICE = "/dev/xvda"

# What a node itself needs: to join, to pull images from this account's registry, and to be reached by Session Manager
# instead of SSH. The CNI's permissions are its own, by Pod Identity.
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore")


def node_role(scope: Construct, id_: str, *, description: str) -> iam.Role:
    """The role of an EC2 node."""
    return iam.Role(
        scope,
        id_,
        description=description,
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in NODE_POLICIES],
    )


class SystemNodeGroup(Construct):
    """AL2023 arm64 nodes, spread over the subnets' zones, with IMDSv2 that no pod reaches and an encrypted disk.

    They follow the cluster's Kubernetes version, one by one, once the cluster has it, with the newest AMI of that time.
    No AMI release is named: EKS changes nothing else together with one, and never goes back to an older one, so that
    whatever failed after it could not be rolled back. docs/upgrade.md says how AMIs come in between.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        kubernetes_version: str,
        subnets: ec2.SubnetSelection,
        instance_type: str,
        min_size: int,
        max_size: int,
        disk_gib: int,
        labels: Mapping[str, str],
        tags: Mapping[str, str],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        role = node_role(self, "Role", description="Nodes of the system node group")
        template = ec2.CfnLaunchTemplate(
            self,
            "LaunchTemplate",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    # One hop: a container would be the second.
                    http_tokens="required",
                    http_put_response_hop_limit=1,
                ),
                block_device_mappings=[
                    ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
                        device_name=ROOT_DEVICE,
                        ebs=ec2.CfnLaunchTemplate.EbsProperty(
                            volume_type="gp3",
                            volume_size=disk_gib,
                            encrypted=True,
                            kms_key_id=key.key_arn,
                            delete_on_termination=True,
                        ),
                    )
                ],
                # Tags of a node group stay with it; its instances and their disks get those of the template.
                tag_specifications=[
                    ec2.CfnLaunchTemplate.TagSpecificationProperty(
                        resource_type=kind, tags=[CfnTag(key=name, value=value) for name, value in tags.items()]
                    )
                    for kind in ("instance", "volume")
                ],
            ),
        )
        self.node_group = eks.Nodegroup(
            self,
            "NodeGroup",
            cluster=cluster,
            node_role=role,
            ami_type=eks.NodegroupAmiType.AL2023_ARM_64_STANDARD,
            instance_types=[ec2.InstanceType(instance_type)],
            subnets=subnets,
            min_size=min_size,
            # Said, because EKS refuses a smallest size above the present one. A deployment that changes nothing of the
            # three leaves the number alone; one that does starts at the smallest, and the autoscaler adds again.
            desired_size=min_size,
            max_size=max_size,
            max_unavailable=1,
            labels=dict(labels),
            enable_node_auto_repair=True,
            launch_template_spec=eks.LaunchTemplateSpec(id=template.ref, version=template.attr_latest_version_number),
        )
        # Without it EKS leaves the group at the version that the cluster had when the group was made.
        cast(eks.CfnNodegroup, self.node_group.node.default_child).version = kubernetes_version
