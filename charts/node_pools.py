"""What Karpenter makes nodes of: EC2NodeClasses and NodePools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cdk8s

from charts.placement import POOL_LABEL
from constructs import Construct
from settings.releases import UNPINNED
from settings.tags import COMPONENT_TAG, Component

NODE_CLASS = "default"


@dataclass(frozen=True, kw_only=True)
class NodeTemplate:
    """What every node of Karpenter's has in common."""

    instance_profile: str
    """Owned by the CDK application, so that no finalizer of Karpenter's waits for IAM when all is deleted."""
    security_group_ids: tuple[str, ...]
    subnet_selector_terms: tuple[dict[str, Any], ...]
    disk_gib: int
    kms_key_arn: str
    tags: dict[str, str]
    """All but the component's, which is each class' own."""
    kubernetes_version: str
    ami: str
    """Release of the image, by its date, or ``unpinned``."""

    @property
    def image(self) -> dict[str, Any]:
        """Which image, in the words of an EC2NodeClass.

        By the parameter in which EKS says its id, and not by an alias with the release: that follows the control plane,
        so that nodes would be replaced beside the managed ones. This one changes with the class, after them.
        https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
        """
        if self.ami == UNPINNED:
            return {"amiSelectorTerms": [{"alias": "al2023@latest"}]}
        minor = self.kubernetes_version
        parameter = (
            f"/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/arm64/standard/"
            f"amazon-eks-node-al2023-arm64-standard-{minor}-v{self.ami}/image_id"
        )
        return {"amiFamily": "AL2023", "amiSelectorTerms": [{"ssmParameter": parameter}]}


def node_class(
    scope: Construct, name: str, node: NodeTemplate, *, disk_gib: int, component: Component, nvme: bool = False
) -> cdk8s.ApiObject:
    """An EC2NodeClass: AL2023, disks encrypted, metadata by IMDSv2 for the node alone."""
    # With NVMe, pods' temporary files, images and logs are on all the disks of the machine as one.
    disks = {"instanceStorePolicy": "RAID0"} if nvme else {}
    return _custom(
        scope,
        f"node-class-{name}",
        api_version="karpenter.k8s.aws/v1",
        kind="EC2NodeClass",
        name=name,
        spec={
            **disks,
            **node.image,
            "instanceProfile": node.instance_profile,
            "subnetSelectorTerms": list(node.subnet_selector_terms),
            "securityGroupSelectorTerms": [{"id": group} for group in node.security_group_ids],
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpProtocolIPv6": "disabled",
                "httpPutResponseHopLimit": 1,
                "httpTokens": "required",
            },
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeType": "gp3",
                        "volumeSize": f"{disk_gib}Gi",
                        "encrypted": True,
                        "kmsKeyID": node.kms_key_arn,
                        "deleteOnTermination": True,
                    },
                }
            ],
            "tags": {**node.tags, COMPONENT_TAG: component},
        },
    )


def node_pool(
    scope: Construct,
    name: str,
    requirements: list[dict[str, Any]],
    *,
    disruption: dict[str, Any],
    taints: Sequence[dict[str, str]] = (),
    limits: dict[str, str] | None = None,
    node_class: str = NODE_CLASS,
    labels: Mapping[str, str] | None = None,
    longest_job: str | None = None,
) -> cdk8s.ApiObject:
    """A NodePool whose nodes have its name as a label."""
    template: dict[str, Any] = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": node_class},
        # A node lives two weeks at most, so that it gets the security fixes of a newer image.
        "expireAfter": "336h",
        "requirements": requirements,
    }
    if taints:
        template["taints"] = list(taints)
    if longest_job:
        template["terminationGracePeriod"] = longest_job
    spec: dict[str, Any] = {
        "template": {"metadata": {"labels": {POOL_LABEL: name, **(labels or {})}}, "spec": template},
        "disruption": disruption,
    }
    if limits:
        spec["limits"] = limits
    return _custom(scope, f"pool-{name}", api_version="karpenter.sh/v1", kind="NodePool", name=name, spec=spec)


def requirements(*, spot: bool, categories: tuple[str, ...] = ("c", "m", "r")) -> list[dict[str, Any]]:
    """What the nodes of a pool have to be: Graviton 2 or newer, of these categories, and how they are paid for."""
    return [
        _in("kubernetes.io/arch", "arm64"),
        _in("kubernetes.io/os", "linux"),
        _in("karpenter.sh/capacity-type", *(("spot", "on-demand") if spot else ("on-demand",))),
        _in("karpenter.k8s.aws/instance-category", *categories),
        {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": ["5"]},
    ]


def _in(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _custom(
    scope: Construct, id_: str, *, api_version: str, kind: str, name: str, spec: dict[str, Any]
) -> cdk8s.ApiObject:
    custom = cdk8s.ApiObject(
        scope, id_, api_version=api_version, kind=kind, metadata=cdk8s.ApiObjectMetadata(name=name)
    )
    custom.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
    return custom
