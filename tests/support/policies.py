"""Network policies, read as Kubernetes reads them: who may talk to whom, by objects alone.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Pod = tuple[str, dict[str, str]]
"""A pod's namespace and labels."""
Port = tuple[str, int]
"""TCP or UDP, and the number."""

POD_ADDRESS = "10.0.2.2"
"""What stands for any pod's address. The VPC CNI gives pods addresses of the VPC: who lets these in, lets pods in."""


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """A label selector, by https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/."""
    wanted = selector.get("matchLabels", {}).items()
    if any(labels.get(key) != value for key, value in wanted):
        return False
    for each in selector.get("matchExpressions", []):
        there = labels.get(each["key"]) in each["values"]
        if there is not (each["operator"] == "In"):
            return False
    return True


def matches(peer: Object, other: Pod | str, namespace: str) -> bool:
    """Whether a peer of a policy in this namespace means a pod, or an address that is no pod's."""
    if block := peer.get("ipBlock"):
        address = ipaddress.ip_address(other if isinstance(other, str) else POD_ADDRESS)
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(each) for each in block.get("except", [])
        )
    if isinstance(other, str):
        return False
    wanted = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name", namespace)
    return bool(wanted == other[0]) and selects(peer["podSelector"], other[1])


def concerned(policies: list[Object], direction: str, pod: Pod) -> list[Object]:
    """The policies that say with whom a pod may talk in a direction."""
    return [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == pod[0]
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], pod[1])
    ]


def openings(policy: Object) -> Iterator[tuple[str, Object, Port | None]]:
    """Each direction, peer and port that a policy lets through; without a port, it lets all through."""
    for direction, key, peers in (("Egress", "egress", "to"), ("Ingress", "ingress", "from")):
        for rule in policy["spec"].get(key, []):
            for peer in rule[peers]:
                ports = [(each["protocol"], each["port"]) for each in rule.get("ports", [])]
                for port in ports or [None]:
                    yield direction, peer, port


def lets(policies: list[Object], direction: str, pod: Pod, other: Pod | str, port: Port) -> bool:
    """Whether the policies of a pod let it talk in this direction; without any policy that concerns it, they do."""
    found = concerned(policies, direction, pod)
    return not found or any(
        way == direction and opened in (None, port) and matches(peer, other, pod[0])
        for policy in found
        for way, peer, opened in openings(policy)
    )


def can_talk(policies: list[Object], caller: Pod | str, called: Pod | str, port: Port) -> bool:
    """Whether one may call another: out of the caller's namespace, and into that of who is called."""
    out = isinstance(caller, str) or lets(policies, "Egress", caller, called, port)
    return out and (isinstance(called, str) or lets(policies, "Ingress", called, caller, port))
