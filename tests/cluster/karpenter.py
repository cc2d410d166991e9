"""Pending pods that Karpenter is to find a node for, and what it then asks EC2 for."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from kubernetes import client

from tests.cluster.platform import Platform

Object = dict[str, Any]
_ACCOUNT = "probe"
_OF_A_NODE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints")
# A node of Karpenter's has its pool in this label. The nodes of the test's cluster have all other labels of the pools:
# so a probe fits them in nothing but this, and Karpenter's own nodes, which never join, in everything.
_NEW_NODE = {"key": "karpenter.sh/nodepool", "operator": "Exists"}
_CLASSES = ("karpenter.k8s.aws", "v1", "ec2nodeclasses")
_CLAIMS = ("karpenter.sh", "v1", "nodeclaims")
_SECONDS = 180
_FOR_MORE = 3  # seconds, for what is asked for beyond that


def probe(pod: Object) -> Object:
    """What of a pod's spec decides where it runs, with an image that is never pulled."""
    spec = {key: copy.deepcopy(pod[key]) for key in _OF_A_NODE if pod.get(key)}
    for kind in ("containers", "initContainers"):
        spec[kind] = [
            {"name": f"{kind.lower()}-{number}", "image": "example.com/none", "resources": each.get("resources") or {}}
            | ({"restartPolicy": each["restartPolicy"]} if each.get("restartPolicy") else {})
            for number, each in enumerate(pod.get(kind) or [])
        ]
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    required = affinity.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {"nodeSelectorTerms": [{}]})
    for term in required["nodeSelectorTerms"]:
        term["matchExpressions"] = [*(term.get("matchExpressions") or []), _NEW_NODE]
    return {**spec, "serviceAccountName": _ACCOUNT, "terminationGracePeriodSeconds": 0}


class Probes:
    """The probes of a session."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._core, self._custom = platform, platform.kube.core, platform.kube.custom
        # Not that of an earlier session, which may still be going.
        self._namespace = f"karpenter-probes-{uuid.uuid4().hex[:8]}"

    @contextmanager
    def pending(self, pod: Object, *, replicas: int, labels: Mapping[str, str]) -> Iterator[str]:
        """Pending pods of this spec, and the name of one. All that came of them is gone afterwards."""
        names = [f"probe-{uuid.uuid4().hex[:8]}" for _ in range(replicas)]
        try:
            for name in names:
                body = {"metadata": {"name": name, "labels": dict(labels)}, "spec": probe(pod)}
                self._core.create_namespaced_pod(self._namespace, body)
            yield names[0]
        finally:
            # The pods first: Karpenter would ask for other nodes at once.
            self._core.delete_collection_namespaced_pod(self._namespace)
            self._clear()

    def fleets(self) -> list[Object]:
        """What EC2 was asked for, from the beginning."""
        found: list[Object] = self._platform.aws.call("ec2", "describe_fleets")["Fleets"]
        return found

    def instances(self) -> list[str]:
        """Karpenter's instances that run."""
        filters = [
            {"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        listed = self._platform.aws.call("ec2", "describe_instances", Filters=filters)["Reservations"]
        return [each["InstanceId"] for reservation in listed for each in reservation["Instances"]]

    def asked(self, pod: Object, *, replicas: int = 1, labels: Mapping[str, str] | None = None) -> list[Object]:
        """What EC2 is asked for when there are such pods: a fleet of one instance for each, with a launch template."""
        known = {fleet["FleetId"] for fleet in self.fleets()}

        def new() -> list[Object]:
            return [fleet for fleet in self.fleets() if fleet["FleetId"] not in known]

        with self.pending(pod, replicas=replicas, labels=labels or {}) as name:
            self._wait("what EC2 is asked for", lambda: len(new()) >= replicas, lambda: self.said(name))
            time.sleep(_FOR_MORE)
            found = new()
            assert len(found) == replicas, f"{len(found)} fleets for {replicas} pods"
            # At once: Karpenter deletes a template that it has not needed for a minute.
            return [{**fleet, "LaunchTemplateData": self._template(fleet)} for fleet in found]

    def refused(self, pod: Object) -> str:
        """Why Karpenter finds no node for such a pod. No fleet is asked for."""
        known = len(self.fleets())
        with self.pending(pod, replicas=1, labels={}) as name:
            self._wait("Karpenter's answer", lambda: bool(self.said(name)))
            assert len(self.fleets()) == known
            return self.said(name)

    def said(self, name: str) -> str:
        """Why Karpenter finds no node for a pod, in its words."""
        events = self._core.list_namespaced_event(self._namespace, field_selector=f"involvedObject.name={name}").items
        return " ".join(
            event.message
            for event in events
            if event.reason == "FailedScheduling" and event.message.startswith("Failed to schedule pod")
        )

    def open(self) -> None:
        """Make the namespace. No node is on its way any more that a probe could be meant for."""
        self._core.create_namespace({"metadata": {"name": self._namespace}})
        account = {"metadata": {"name": _ACCOUNT}, "automountServiceAccountToken": False}
        self._core.create_namespaced_service_account(self._namespace, account)
        self._wait("node classes that are ready", lambda: not self._unready(), lambda: " ".join(self._unready()))
        self._clear()

    def close(self) -> None:
        """Delete the namespace."""
        self._core.delete_namespace(self._namespace)

    def _unready(self) -> list[str]:
        """Node classes that Karpenter can start nothing of, and why."""
        conditions = {
            each["metadata"]["name"]: condition
            for each in self._custom.list_cluster_custom_object(*_CLASSES)["items"]
            for condition in each.get("status", {}).get("conditions", [])
            if condition["type"] == "Ready"
        }
        return [f"{name}: {each['message']}." for name, each in conditions.items() if each["status"] != "True"]

    def _template(self, fleet: Object) -> Object:
        name = fleet["LaunchTemplateConfigs"][0]["LaunchTemplateSpecification"]["LaunchTemplateName"]
        answer = self._platform.aws.call("ec2", "describe_launch_template_versions", LaunchTemplateName=name)
        data: Object = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        return data

    def _clear(self) -> None:
        """Delete all that Karpenter has started: no node of its ever joins, so that nothing runs there."""

        def gone() -> bool:
            claims = self._custom.list_cluster_custom_object(*_CLAIMS)["items"]
            for claim in claims:
                with suppress(client.ApiException):  # gone meanwhile
                    self._custom.delete_cluster_custom_object(*_CLAIMS, claim["metadata"]["name"])
            return not claims

        self._wait("Karpenter's nodes to go, which come again where a pod waits for room", gone)

    def _wait(self, what: str, done: Callable[[], bool], why: Callable[[], str] = str) -> None:
        end = time.monotonic() + _SECONDS
        while not done():
            assert time.monotonic() < end, f"waited {_SECONDS} s for {what}. {why()}"
            time.sleep(1)
