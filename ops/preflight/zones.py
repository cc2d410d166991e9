"""Zones: which the region has, which EKS takes, and which offer the chosen instance types."""

from __future__ import annotations

from ops.checks import Finding, Findings, failure, ok, warning
from ops.preflight.subject import Preflight, Zone

# Karpenter starts current Graviton instances of the categories c, m and r; a zone with none of these starts nothing.
KARPENTER_SAMPLE = tuple(f"{family}{generation}g.xlarge" for generation in (6, 7, 8) for family in "cmr")


def zones(subject: Preflight) -> Findings:
    """The zones that the deployment would use."""
    known = {zone.name: zone for zone in subject.zones}
    chosen, wanted = subject.chosen_zones, subject.settings.network.zones
    told = ", ".join(f"{name} ({known[name].id})" for name in chosen if name in known)
    missing = [name for name in chosen if name not in known]
    if missing:
        yield failure("zones", f"{subject.aws.region} has no zone {', '.join(missing)} for you", _choose(subject))
    elif len(chosen) < wanted:
        advice = f"Give --context network.zones={len(chosen)}, or choose another region."
        yield failure("zones", f"{told}: {len(chosen)} of the {wanted} that network.zones asks for", advice)
    elif refused := [name for name in chosen if not known[name].has_eks]:
        yield failure("zones", f"Amazon EKS takes no subnet in {', '.join(refused)}", _choose(subject))
    else:
        yield ok("zones", told)


def node_types(subject: Preflight) -> Findings:
    """The instance type of the node group, and types that Karpenter may start, in each zone."""
    node = subject.settings.cluster.nodes.instance_type
    offered = subject.offered(node, *KARPENTER_SAMPLE)
    yield _everywhere(subject, f"nodes: {node}", {zone for zone, types in offered.items() if node in types}, node)
    karpenter = {zone for zone, types in offered.items() if types.intersection(KARPENTER_SAMPLE)}
    yield _everywhere(subject, "nodes of Karpenter", karpenter, "current Graviton instances")


def _everywhere(subject: Preflight, check: str, offering: set[str], what: str) -> Finding:
    chosen = subject.chosen_zones
    lacking = [zone for zone in chosen if zone not in offering]
    if not lacking:
        return ok(check, f"offered in {', '.join(chosen)}")
    told = f"{what} not offered in {', '.join(lacking)}"
    fitting = [zone for zone in subject.zones if zone.name in offering and zone.has_eks]
    if len(fitting) >= len(chosen):
        return failure(check, told, _choose(subject, fitting))
    other = "Choose another instance type (--context cluster.nodes.instance_type=…), or fewer zones"
    if len(lacking) == len(chosen):
        return failure(check, told, f"{other}.")
    return warning(check, f"{told}: no node starts there", f"{other} (--context network.zones=…).")


def _choose(subject: Preflight, fitting: list[Zone] | None = None) -> str:
    candidates = fitting if fitting is not None else [zone for zone in subject.zones if zone.has_eks]
    names = ",".join(zone.name for zone in candidates[: subject.settings.network.zones])
    return f"Give --context network.availability_zones={names}" if names else "Choose another region."
