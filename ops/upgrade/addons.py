"""EKS add-ons: what is deployed, what is pinned, and what EKS offers for the Kubernetes to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.aws import Aws
from ops.checks import Finding, Findings, NotCheckedError, failure, ok, warning
from ops.upgrade.subject import Live, Upgrade
from ops.upgrade.versions import step

_ADDON = "AWS::EKS::Addon"


def addons(upgrade: Upgrade) -> Findings:
    """Each deployed add-on, and whether EKS lists the version that it has, or is to have, for the new Kubernetes.

    Raises NotCheckedError where there is no deployment to ask.
    """
    live, after = upgrade.deployment, upgrade.after.kubernetes
    cluster, eks = live.stack.output("ClusterName"), live.aws.client("eks")
    wanted = _pinned(upgrade)
    for physical_id in live.stack.of_type(_ADDON):
        name = physical_id.rpartition("|")[2]
        current = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]["addonVersion"]
        listed, default = _offered(live.aws, name, after)
        if name in wanted:
            yield _to(name, current, wanted[name], listed, after)
        elif current in listed:
            yield ok(f"add-on {name}", f"{current} goes with {after}")
        elif not listed:
            yield failure(f"add-on {name}", f"EKS offers none for {after}", "Wait with this version of Kubernetes.")
        else:
            yield _left(live, name, current, default or listed[0], after)


def _to(name: str, current: str, wanted: str, listed: Sequence[str], kubernetes: str) -> Finding:
    """A version that the deployment names."""
    check, told = f"add-on {name}", step(current, wanted)
    if wanted not in listed:
        return failure(
            check,
            f"{told}, which EKS does not offer for {kubernetes}. It offers: {', '.join(listed) or 'none'}",
            "Pin one of these in settings/releases.yaml: `python -m ops releases pin --aws`.",
        )
    if current in listed and listed.index(current) < listed.index(wanted):
        return warning(check, f"{told}: a step back", "EKS takes it; read the add-on's notes for what it may not undo.")
    return ok(check, f"{told} goes with {kubernetes}" + ("" if current == wanted else ", by this deployment"))


def _left(live: Live, name: str, current: str, recommended: str, kubernetes: str) -> Finding:
    return warning(
        f"add-on {name}",
        f"{current} is not listed for {kubernetes}. The deployment names no version, so CloudFormation leaves it",
        f"After the deployment: aws eks update-addon --region {live.aws.region} "
        f"--cluster-name {live.stack.output('ClusterName')} --addon-name {name} --addon-version {recommended} "
        "--resolve-conflicts PRESERVE",
    )


def _pinned(upgrade: Upgrade) -> Mapping[str, str]:
    """Versions that would be deployed, by add-on; none where nobody knows what would be."""
    try:
        stacks = upgrade.assembly.nested
    except NotCheckedError:
        return {}
    found = (
        body.get("Properties", {})
        for stack in stacks
        for body in stack.template["Resources"].values()
        if body["Type"] == _ADDON
    )
    return {str(each["AddonName"]): str(each["AddonVersion"]) for each in found if "AddonVersion" in each}


def _offered(aws: Aws, addon: str, kubernetes: str) -> tuple[list[str], str | None]:
    """Versions of an add-on for a Kubernetes version, the newest first, and the one that EKS installs by itself."""
    described = aws.pages("eks", "describe_addon_versions", "addons", kubernetesVersion=kubernetes, addonName=addon)
    versions = [each for found in described for each in found["addonVersions"]]
    default = next(
        (
            each["addonVersion"]
            for each in versions
            for goes_with in each.get("compatibilities", ())
            if goes_with.get("defaultVersion") and goes_with.get("clusterVersion") == kubernetes
        ),
        None,
    )
    return [each["addonVersion"] for each in versions], default
