"""The node group's image: which release it runs, and which one AWS recommends."""

from __future__ import annotations

from ops.aws import found
from ops.checks import Findings, not_checked, ok, warning
from ops.upgrade.subject import Upgrade

# https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
_RECOMMENDED = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/arm64/standard/recommended/release_version"


def node_images(upgrade: Upgrade) -> Findings:
    """The deployment names no release: a new one comes with another version of Kubernetes, or when EKS is told.

    Raises NotCheckedError where there is no deployment to ask.
    """
    live = upgrade.deployment
    eks, ssm = live.aws.client("eks"), live.aws.client("ssm")
    cluster = live.stack.output("ClusterName")
    for physical_id in live.stack.of_type("AWS::EKS::Nodegroup"):
        name = physical_id.rpartition("/")[2]
        group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        runs, kubernetes = group["releaseVersion"], group["version"]
        answer = found(ssm.get_parameter, "ParameterNotFound", Name=_RECOMMENDED.format(kubernetes))
        if answer is None:
            yield not_checked("node image", f"AWS recommends no image for {kubernetes}", f"The group runs {runs}.")
        elif runs == (recommended := answer["Parameter"]["Value"]):
            yield ok("node image", f"{runs}, which AWS recommends for {kubernetes}")
        elif upgrade.after.kubernetes != kubernetes:
            yield ok("node image", f"{runs}; the newest for {upgrade.after.kubernetes} comes with the new version")
        else:
            yield warning(
                "node image",
                f"{runs}, and AWS recommends {recommended}. A deployment leaves it, but with another Kubernetes",
                f"aws eks update-nodegroup-version --region {live.aws.region} --cluster-name {cluster} "
                f"--nodegroup-name {name}",
            )
