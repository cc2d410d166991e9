"""Network policies: in a namespace nothing may talk to anything, but for flows that have a name.

The VPC CNI enforces them. What the kubelet asks of pods on its node (probes, `kubectl port-forward`) is always let in.
https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import cdk8s

from constructs import Construct

Selector = dict[str, Any]
Peer = dict[str, Any]
Port = tuple[Literal["TCP", "UDP"], int]

ALL_PODS: Selector = {}
_METADATA = "169.254.169.254/32"
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_POD_IDENTITY = "169.254.170.23/32"


def labelled(**labels: str) -> Selector:
    """Pods with these labels."""
    return {"matchLabels": labels}


def one_of(label: str, *values: str) -> Selector:
    """Pods whose label has one of these values."""
    return {"matchExpressions": [{"key": label, "operator": "In", "values": list(values)}]}


def none_of(label: str, *values: str) -> Selector:
    """Pods whose label has none of these values."""
    return {"matchExpressions": [{"key": label, "operator": "NotIn", "values": list(values)}]}


def pods(selector: Selector, *, namespace: str | None = None) -> Peer:
    """Pods of the policy's own namespace, or of another."""
    peer: Peer = {"podSelector": selector}
    if namespace:
        peer["namespaceSelector"] = labelled(**{"kubernetes.io/metadata.name": namespace})
    return peer


def _block(cidr: str) -> Peer:
    block: dict[str, Any] = {"cidr": cidr}
    if ipaddress.IPv4Network(_METADATA).subnet_of(ipaddress.IPv4Network(cidr)):
        block["except"] = [_METADATA]
    return {"ipBlock": block}


def addresses(cidrs: Sequence[str]) -> list[Peer]:
    """Whoever has an address within one of these CIDR blocks.

    But for the instance metadata of the node, which is no pod's business.
    """
    return [_block(cidr) for cidr in cidrs]


EVERYWHERE: Peer = _block("0.0.0.0/0")
"""Everybody, with the same exception."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Who may talk to whom: either pods that call, or pods that are called."""

    name: str
    pods: Selector
    to: Sequence[Peer] = ()
    """What they may call."""
    source: Sequence[Peer] = ()
    """Who may call them."""
    ports: Sequence[Port] = field(default=())
    """None means all."""

    @property
    def spec(self) -> dict[str, Any]:
        """As Kubernetes has it."""
        ports = [{"protocol": protocol, "port": number} for protocol, number in self.ports]
        rule: dict[str, Any] = {"ports": ports} if ports else {}
        if self.to:
            return {"podSelector": self.pods, "policyTypes": ["Egress"], "egress": [{**rule, "to": list(self.to)}]}
        return {"podSelector": self.pods, "policyTypes": ["Ingress"], "ingress": [{**rule, "from": list(self.source)}]}


DNS = Flow(
    name="names",
    pods=ALL_PODS,
    to=[pods(labelled(**{"k8s-app": "kube-dns"}), namespace="kube-system")],
    ports=[("UDP", 53), ("TCP", 53)],
)
HTTPS = Flow(name="aws-and-kubernetes", pods=ALL_PODS, to=[EVERYWHERE], ports=[("TCP", 443)])
CREDENTIALS = Flow(name="aws-credentials", pods=ALL_PODS, to=addresses([_POD_IDENTITY]), ports=[("TCP", 80)])
WITHIN = (
    Flow(name="within-out", pods=ALL_PODS, to=[pods(ALL_PODS)]),
    Flow(name="within-in", pods=ALL_PODS, source=[pods(ALL_PODS)]),
)


class NetworkPolicies(Construct):
    """The denial of everything in a namespace, and each flow that is let through, as objects by its name."""

    def __init__(
        self, scope: Construct, id_: str, *, namespace: str, flows: Sequence[Flow], denial: bool = True
    ) -> None:
        """``denial`` is off where another chart, whose namespace it is, has made it."""
        super().__init__(scope, id_)
        self._namespace = namespace
        if denial:
            self._policy("default-deny", {"podSelector": ALL_PODS, "policyTypes": ["Ingress", "Egress"]})
        for flow in flows:
            self._policy(flow.name, flow.spec)

    def _policy(self, name: str, spec: dict[str, Any]) -> None:
        policy = cdk8s.ApiObject(
            self,
            name,
            api_version="networking.k8s.io/v1",
            kind="NetworkPolicy",
            metadata=cdk8s.ApiObjectMetadata(name=name, namespace=self._namespace),
        )
        policy.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
