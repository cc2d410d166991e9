"""Takes out of the way what would keep a cluster from being deleted: what a controller that does not work left behind.

Three things hang without their controller: a webhook that the API server has to ask, an API that it has to list, and an
object with a finalizer. A custom resource names in its property ``Stage`` when in a deletion it is asked. Where all is
well nothing is done: then each controller cleans up after itself. And nothing is done but when all of it goes: in an
update, a controller that does not work is to be mended.
"""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from airflow_eks.handlers.answer import Event, answering
from airflow_eks.handlers.kubectl import Kubectl, NoClusterError, label
from airflow_eks.handlers.leftovers import Leftovers

log = logging.getLogger(__name__)

_WEBHOOKS = (
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
)
_APIS = "apiservices.apiregistration.k8s.io"
_GOES = {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"}
_POLL_SECONDS = 5
# How long what is in a namespace may take to go by itself. A task that can no longer say that it runs gives up within a
# minute; a volume is detached within two.
_PATIENCE_SECONDS = 300


_BALANCERS = "aws-load-balancer-controller"


@dataclass(frozen=True, kw_only=True)
class Controller:
    """A controller, by its release, and the kinds whose deletion only it can finish."""

    release: str
    kinds: tuple[str, ...]
    finalizer: str = ""
    """A part of the finalizers' names, where others have objects of these kinds too."""


CONTROLLERS = (
    Controller(
        release=_BALANCERS,
        kinds=("ingresses.networking.k8s.io", "services", "targetgroupbindings.elbv2.k8s.aws"),
        finalizer="k8s.aws/",
    ),
    Controller(
        release="keda",
        kinds=(
            "scaledobjects.keda.sh",
            "scaledjobs.keda.sh",
            "triggerauthentications.keda.sh",
            "clustertriggerauthentications.keda.sh",
        ),
    ),
    Controller(
        release="external-secrets",
        kinds=("externalsecrets.external-secrets.io", "secretstores.external-secrets.io"),
    ),
    Controller(
        release="spark-operator",
        kinds=("scheduledsparkapplications.sparkoperator.k8s.io", "sparkapplications.sparkoperator.k8s.io"),
    ),
    Controller(
        release="kube-prometheus-stack",
        kinds=("prometheuses.monitoring.coreos.com", "alertmanagers.monitoring.coreos.com"),
        finalizer="monitoring.coreos.com/",
    ),
)
KARPENTER = Controller(
    release="karpenter",
    kinds=("nodepools.karpenter.sh", "nodeclaims.karpenter.sh", "ec2nodeclasses.karpenter.k8s.aws"),
)
_KARPENTERS_NODES = Controller(release="karpenter", kinds=("nodes",), finalizer="karpenter.sh/")
IN_NAMESPACES = ("pods", "persistentvolumeclaims", *(kind for each in CONTROLLERS for kind in each.kinds))


def before_everything(kubectl: Kubectl, _namespace: str) -> Iterator[str]:
    """The first of a deletion: everything is still there, so what does not work now did not work before."""
    yield from _unreachable(kubectl)
    for controller in _broken(kubectl, CONTROLLERS):
        yield from _force(kubectl, controller)


def before_node_pools(kubectl: Kubectl, _namespace: str) -> Iterator[str]:
    """Pods that ran on Karpenter's nodes are gone. Instances that it cannot end are ended after it."""
    for controller in _broken(kubectl, (KARPENTER,)):
        yield from _force(kubectl, controller)
        yield from _force(kubectl, _KARPENTERS_NODES)


def before_namespace(kubectl: Kubectl, namespace: str) -> Iterator[str]:
    """What was in the namespace has been deleted; what is still in it after a while would keep it for ever."""
    yield from _unreachable(kubectl)
    for kind, item in _inside(kubectl, namespace):
        # What tasks and people made, such as a SparkApplication that has ended, nobody else asks to go.
        if kind != "pods" and not item["metadata"].get("deletionTimestamp"):
            kubectl.delete(kind, item)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left := _inside(kubectl, namespace):
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    for kind, item in left:
        kubectl.delete(kind, item, at_once=kind == "pods")
        kubectl.free(kind, item)
        yield f"{label(kind, item)} would not go"


STAGES: Mapping[str, Callable[[Kubectl, str], Iterator[str]]] = {
    "BeforeEverything": before_everything,
    "BeforeNodePools": before_node_pools,
    "BeforeNamespace": before_namespace,
}


def _unreachable(kubectl: Kubectl) -> Iterator[str]:
    """Delete webhooks and APIs that nobody answers for: with them nothing can be changed, and no namespace deleted."""
    ready: set[tuple[str, str]] | None = None
    for kind in _WEBHOOKS:
        for item in kubectl.find(kind):
            services = {
                (service["namespace"], service["name"])
                for webhook in item.get("webhooks", ())
                if (service := webhook["clientConfig"].get("service"))
            }
            ready = _ready_services(kubectl) if services and ready is None else ready
            if services - (ready or set()):
                kubectl.delete(kind, item)
                yield f"{label(kind, item)}: nobody answers"
    for item in kubectl.find(_APIS):
        conditions = {each["type"]: each["status"] for each in item.get("status", {}).get("conditions", ())}
        if item["spec"].get("service") and conditions.get("Available") != "True":
            kubectl.delete(_APIS, item)
            yield f"{label(_APIS, item)}: nobody answers"


def _ready_services(kubectl: Kubectl) -> set[tuple[str, str]]:
    """Namespace and name of the services that have an endpoint which is ready."""
    return {
        (item["metadata"]["namespace"], item["metadata"].get("labels", {}).get("kubernetes.io/service-name", ""))
        for item in kubectl.find("endpointslices.discovery.k8s.io")
        if any(each.get("conditions", {}).get("ready", True) for each in item.get("endpoints") or ())
    }


def _broken(kubectl: Kubectl, controllers: tuple[Controller, ...]) -> list[Controller]:
    """Those of which a Deployment has no pod that is available, or that have none at all."""
    available: dict[str, list[bool]] = {}
    for item in kubectl.find("deployments.apps"):
        release = item["metadata"].get("labels", {}).get("app.kubernetes.io/instance")
        available.setdefault(release, []).append(bool(item.get("status", {}).get("availableReplicas")))
    return [each for each in controllers if not all(available.get(each.release) or [False])]


def _force(kubectl: Kubectl, controller: Controller) -> Iterator[str]:
    """Delete a controller's objects, in its place."""
    for kind in controller.kinds:
        for item in kubectl.find(kind):
            finalizers = item["metadata"].get("finalizers", ())
            if controller.finalizer and not any(controller.finalizer in each for each in finalizers):
                continue
            kubectl.delete(kind, item)
            kubectl.free(kind, item)
            yield f"{label(kind, item)} deleted: {controller.release} does not work"


def _inside(kubectl: Kubectl, namespace: str) -> list[tuple[str, dict[str, Any]]]:
    """What is in a namespace, of the kinds that may hang. A service without a finalizer goes with the namespace."""
    return [
        (kind, item)
        for kind in IN_NAMESPACES
        for item in kubectl.find(kind, namespace=namespace)
        if kind != "services" or item["metadata"].get("finalizers")
    ]


def handle(event: Event) -> str:
    """Do what a stage asks for. Gives what was done."""
    properties = event["ResourceProperties"]
    stage, cluster = properties["Stage"], properties["ClusterName"]
    if event["RequestType"] != "Delete":
        return "nothing to do"
    client = botocore.session.Session().create_client
    if lives_on := _lives_on(client, cluster):
        return lives_on
    kubectl: Kubectl | None
    try:
        kubectl = Kubectl.login(cluster)
    except NoClusterError:
        kubectl = None
    left = Leftovers(client, cluster=cluster, vpc=properties.get("VpcId", ""))
    if stage == "AfterControllers":
        return _told(left.remove(kubectl))
    if kubectl is None:
        return f"there is no cluster {cluster}"
    try:
        orphans = _load_balancers(kubectl, left) if stage == "BeforeEverything" else ()
        return _told(chain(STAGES[stage](kubectl, properties.get("Namespace", "")), orphans))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # What fails here is tried once more by the ordinary deletion, which comes next.
        log.exception("%s", error.stderr)
        return str(error)


def _lives_on(client: Callable[[str], Any], cluster: str) -> str:
    """Why nothing is to be done. The stack has the cluster's name.

    An update that is taken back deletes too, and its deployment lives on.
    """
    try:
        state = client("cloudformation").describe_stacks(StackName=cluster)["Stacks"][0]["StackStatus"]
    except (BotoCoreError, ClientError) as error:
        return f"nothing done, for it is not known whether all is deleted: {error}"
    return "" if state in _GOES else f"nothing to do: the deployment is {state}"


def _load_balancers(kubectl: Kubectl, left: Leftovers) -> Iterator[str]:
    """Delete those that nobody looks after: they use certificate and web ACL, which could not go before them."""
    if any(each.release == _BALANCERS for each in _broken(kubectl, CONTROLLERS)):
        yield from left.load_balancers()


def _told(lines: Iterable[str]) -> str:
    said = []
    for line in lines:
        log.warning("%s", line)
        said.append(line)
    return "; ".join(said) or "all was well"


@answering
def handler(event: Event) -> str:
    """The function's entry."""
    os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - the one place in AWS Lambda that can be written to
    return handle(event)
