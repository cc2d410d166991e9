"""What controllers that did not work left in AWS: instances, load balancers, volumes. They would keep the network.

All of it is found by the tags that the controllers put on what they make for this cluster.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from airflow_eks.handlers.kubectl import Kubectl, label

log = logging.getLogger(__name__)

_POLL_SECONDS = 10
# An instance ends within two or three minutes, and the interfaces of a load balancer go within as many.
_PATIENCE_SECONDS = 720
_IN_USE = {"DependencyViolation", "ResourceInUse", "VolumeInUse", "OperationNotPermitted"}
_NOT_ATTACHED = {"IncorrectState", "InvalidAttachment.NotFound", "InvalidVolume.NotFound"}
_EBS = "ebs.csi.aws.com"


class Leftovers:
    """What is left of one cluster."""

    def __init__(self, client: Callable[[str], Any], *, cluster: str, vpc: str) -> None:
        self._ec2, self._elb = client("ec2"), client("elbv2")
        self._cluster, self._vpc = cluster, vpc
        self._deadline = time.monotonic() + _PATIENCE_SECONDS

    def remove(self, kubectl: Kubectl | None) -> Iterator[str]:
        """Remove everything. Raises what AWS refuses to the last."""
        yield from self._instances()
        yield from self._launch_templates()
        yield from self.load_balancers()
        yield from self._target_groups()
        yield from self._security_groups()
        if kubectl:
            yield from self._volumes(kubectl)

    def _instances(self) -> Iterator[str]:
        filters = [
            {"Name": f"tag:kubernetes.io/cluster/{self._cluster}", "Values": ["owned"]},
            {"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "shutting-down", "stopping", "stopped"]},
        ]

        def living() -> list[str]:
            pages = self._ec2.get_paginator("describe_instances").paginate(Filters=filters)
            return [
                each["InstanceId"] for page in pages for group in page["Reservations"] for each in group["Instances"]
            ]

        found = living()
        if not found:
            return
        self._ec2.terminate_instances(InstanceIds=found)
        yield f"instances ended: {', '.join(found)}"
        while (left := living()) and time.monotonic() < self._deadline:
            time.sleep(_POLL_SECONDS)
        if left:
            raise RuntimeError(f"instances do not end: {', '.join(left)}")

    def _launch_templates(self) -> Iterator[str]:
        filters = [{"Name": "tag:karpenter.k8s.aws/cluster", "Values": [self._cluster]}]
        for page in self._ec2.get_paginator("describe_launch_templates").paginate(Filters=filters):
            for template in page["LaunchTemplates"]:
                self._ec2.delete_launch_template(LaunchTemplateId=template["LaunchTemplateId"])
                yield f"launch template deleted: {template['LaunchTemplateName']}"

    def load_balancers(self) -> Iterator[str]:
        """Delete the load balancers; their listeners go with them."""
        pages = self._elb.get_paginator("describe_load_balancers").paginate()
        found = [each["LoadBalancerArn"] for page in pages for each in page["LoadBalancers"]]
        for arn in self._of_cluster(found):
            self._elb.delete_load_balancer(LoadBalancerArn=arn)
            yield f"load balancer deleted: {arn}"

    def _target_groups(self) -> Iterator[str]:
        pages = self._elb.get_paginator("describe_target_groups").paginate()
        found = [each["TargetGroupArn"] for page in pages for each in page["TargetGroups"]]
        for arn in self._of_cluster(found):
            self._patiently(self._elb.delete_target_group, TargetGroupArn=arn)
            yield f"target group deleted: {arn}"

    def _of_cluster(self, arns: list[str]) -> list[str]:
        """Those with the tag that the controller gives them. Tags are told of twenty at a time."""
        wanted = {"Key": "elbv2.k8s.aws/cluster", "Value": self._cluster}
        return [
            each["ResourceArn"]
            for start in range(0, len(arns), 20)
            for each in self._elb.describe_tags(ResourceArns=arns[start : start + 20])["TagDescriptions"]
            if wanted in each["Tags"]
        ]

    def _security_groups(self) -> Iterator[str]:
        """Groups of load balancers, after the rules of other groups that name them."""
        mine = [
            {"Name": "vpc-id", "Values": [self._vpc]},
            {"Name": "tag:elbv2.k8s.aws/cluster", "Values": [self._cluster]},
        ]
        found = [each["GroupId"] for each in self._groups(mine)]
        for group in found:
            named = [{"Name": "vpc-id", "Values": [self._vpc]}, {"Name": "ip-permission.group-id", "Values": [group]}]
            for other in self._groups(named):
                rules = [
                    {**rule, "UserIdGroupPairs": pairs, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
                    for rule in other["IpPermissions"]
                    if (pairs := [pair for pair in rule["UserIdGroupPairs"] if pair["GroupId"] == group])
                ]
                self._ec2.revoke_security_group_ingress(GroupId=other["GroupId"], IpPermissions=rules)
        for group in found:
            self._patiently(self._ec2.delete_security_group, GroupId=group)
            yield f"security group deleted: {group}"

    def _groups(self, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pages = self._ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
        return [group for page in pages for group in page["SecurityGroups"]]

    def _volumes(self, kubectl: Kubectl) -> Iterator[str]:
        """Volumes whose claims are gone, and which the driver did not delete."""
        for item in kubectl.find("volumeattachments.storage.k8s.io"):
            if item["spec"]["attacher"] == _EBS:
                kubectl.delete("volumeattachments.storage.k8s.io", item)
                kubectl.free("volumeattachments.storage.k8s.io", item)
        for item in kubectl.find("persistentvolumes"):
            csi, spec = item["spec"].get("csi", {}), item["spec"]
            released = item.get("status", {}).get("phase") in ("Released", "Failed")
            if csi.get("driver") != _EBS or spec.get("persistentVolumeReclaimPolicy") != "Delete" or not released:
                continue
            self._detach(csi["volumeHandle"])
            self._patiently(self._ec2.delete_volume, VolumeId=csi["volumeHandle"])
            kubectl.delete("persistentvolumes", item)
            kubectl.free("persistentvolumes", item)
            yield f"{label('persistentvolumes', item)} deleted, with {csi['volumeHandle']}"

    def _detach(self, volume: str) -> None:
        """Detach a volume from a node that nobody unmounts it on any more."""
        try:
            self._ec2.detach_volume(VolumeId=volume)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_ATTACHED:
                raise

    def _patiently(self, operation: Callable[..., Any], **arguments: Any) -> None:
        """Delete what may be in use for a while by something that is just going. What is gone is gone."""
        while True:
            try:
                operation(**arguments)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if "NotFound" in code:
                    return
                if code not in _IN_USE or time.monotonic() > self._deadline:
                    raise
                log.info("in use: %s", error)
                time.sleep(_POLL_SECONDS)
            else:
                return
