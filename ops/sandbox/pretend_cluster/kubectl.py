"""``kubectl``, as far as the CDK's handler uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.sandbox.pretend_cluster import clearing, load_balancer
from ops.sandbox.pretend_cluster.calls import Call, Parser
from ops.sandbox.pretend_cluster.order import check_creation, check_deletion, controller_of
from ops.sandbox.pretend_cluster.state import Cluster, RefusedError, Thing

# What is asked for, and whether it is the host name of an internal load balancer.
_HOST_NAMES = {
    f'.status.loadBalancer.ingress[?(@.hostname{comparison}"internal-")].hostname': internal
    for comparison, internal in ((">", True), ("<", False))
}
_ASKED = {"ingress": tuple(_HOST_NAMES), "job": (".status.succeeded",)}
_REQUIRED = ("apiVersion", "kind", "metadata")


def run(call: Call) -> str:
    """Apply, create or delete the objects of a file, or say where an Ingress is. Raises RefusedError."""
    if "--output" in call.arguments or "--ignore-not-found" in call.arguments or "patch" in call.arguments:
        return clearing.run(call)
    if "get" in call.arguments:
        return _get(call)
    parser = Parser(prog="kubectl")
    parser.add_argument("verb", choices=["apply", "create", "delete"])
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("-f", "--filename", type=Path, required=True)
    parser.add_argument("--save-config", action="store_true")
    parser.add_argument("--validate", choices=["true", "false"])
    options = parser.parse_args(call.arguments)
    output = ""
    with call.clusters.held(call.cluster_of(options.kubeconfig)) as cluster:
        for manifest in _objects(options.filename.read_text(encoding="utf-8")):
            thing = _thing(manifest)
            call.fault(f"{options.verb} {thing.label}")
            controller = controller_of(thing)
            there = thing in cluster.things
            if options.verb == "delete" and there and controller and call.is_broken(controller):
                raise RefusedError(f"{thing.label} would hang: {controller} does not work")
            output += f"{thing.label} {_do(options.verb, cluster, thing)}\n"
    return output


def _get(call: Call) -> str:
    """The host name of an Ingress, or that a Job has succeeded: all that anybody asks for. Raises RefusedError."""
    parser = Parser(prog="kubectl")
    parser.add_argument("verb", choices=["get"])
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("-n", "--namespace", required=True)
    parser.add_argument("type", choices=list(_ASKED))
    parser.add_argument("name")
    parser.add_argument("-o", required=True)
    options = parser.parse_args(call.arguments)
    path = str(options.o).removeprefix("jsonpath='{").removesuffix("}'")
    if path not in _ASKED[options.type]:
        raise RefusedError(f"error: the sandbox knows nothing of {options.o}")
    with call.clusters.held(call.cluster_of(options.kubeconfig)) as cluster:
        call.fault(f"get {options.type} {options.name}")
        if options.type == "job":
            if cluster.find("Job", options.name) is None:
                raise RefusedError(f'Error from server (NotFound): jobs.batch "{options.name}" not found')
            return "'1'"
        host = load_balancer.host(call.aws, cluster.name)
        return f"'{host}'" if host.startswith("internal-") is _HOST_NAMES[path] else "''"


def _do(verb: str, cluster: Cluster, thing: Thing) -> str:
    if verb == "delete":
        check_deletion(cluster, thing)
        cluster.remove(thing)
        return "deleted"
    check_creation(cluster, thing)
    if verb == "create" and thing in cluster.things:
        raise RefusedError(f"Error from server (AlreadyExists): {thing.label} already exists")
    return cluster.put(thing)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a stream of JSON objects, as the CDK's handler writes them. Raises RefusedError."""
    decoder = json.JSONDecoder()
    rest = text.lstrip()
    while rest:
        try:
            manifest, end = decoder.raw_decode(rest)
        except json.JSONDecodeError as error:
            raise RefusedError(f"error parsing the manifest: {error}") from None
        yield manifest
        rest = rest[end:].lstrip()


def _thing(manifest: dict[str, Any]) -> Thing:
    """What a manifest is about. Raises RefusedError where it does not say."""
    missing = [name for name in _REQUIRED if name not in manifest]
    if missing or not manifest["metadata"].get("name"):
        raise RefusedError(f"error validating data: {', '.join(missing) or 'metadata.name'} is not set in {manifest}")
    group, _, version = manifest["apiVersion"].rpartition("/")
    if not version.startswith("v"):
        raise RefusedError(f"error validating data: there is no apiVersion {manifest['apiVersion']}")
    metadata = manifest["metadata"]
    return Thing(kind=manifest["kind"], group=group, namespace=metadata.get("namespace", ""), name=metadata["name"])
