"""``kubectl``, as far as the function uses it that clears the way of a deletion."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ops.sandbox.pretend_cluster.calls import Call, Parser
from ops.sandbox.pretend_cluster.order import RELEASE, controller_of
from ops.sandbox.pretend_cluster.state import Cluster, Thing

_DEPLOYMENTS = "deployments.apps"


def run(call: Call) -> str:
    """List, delete or patch objects of one kind. Raises RefusedError."""
    options = _parser().parse_args(call.arguments)
    with call.clusters.held(call.cluster_of(options.kubeconfig)) as cluster:
        if options.verb == "get":
            return json.dumps({"items": _items(call, cluster, options)})
        if options.verb == "delete":
            for thing in _things(cluster, options.kind):
                if (thing.name, thing.namespace) == (options.name, options.namespace or ""):
                    cluster.remove(thing)
        # Nothing here has finalizers that a patch would take off.
        return ""


def _parser() -> Parser:
    parser = Parser(prog="kubectl")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    get, delete, patch = (verbs.add_parser(verb) for verb in ("get", "delete", "patch"))
    for verb in (get, delete, patch):
        verb.add_argument("kind")
        verb.add_argument("--kubeconfig", type=Path, required=True)
        verb.add_argument("--namespace")
    get.add_argument("--all-namespaces", action="store_true")
    get.add_argument("--output", choices=["json"], required=True)
    for verb in (delete, patch):
        verb.add_argument("name")
    delete.add_argument("--ignore-not-found", action="store_true", required=True)
    delete.add_argument("--wait", choices=["false"], required=True)
    delete.add_argument("--grace-period", choices=["0"])
    delete.add_argument("--force", action="store_true")
    patch.add_argument("--type", choices=["merge"], required=True)
    patch.add_argument("--patch", required=True)
    return parser


def _items(call: Call, cluster: Cluster, options: argparse.Namespace) -> list[dict[str, Any]]:
    if options.kind == _DEPLOYMENTS:
        return [_deployment(call, thing) for thing in cluster.things if thing.kind == RELEASE]
    return [
        {"metadata": {"name": thing.name, **({"namespace": thing.namespace} if thing.namespace else {})}}
        for thing in _things(cluster, options.kind)
        if options.namespace in (None, thing.namespace)
    ]


def _deployment(call: Call, release: Thing) -> dict[str, Any]:
    """Each release has one, of its own name."""
    labels = {"app.kubernetes.io/instance": release.name}
    return {
        "metadata": {"name": release.name, "namespace": release.namespace, "labels": labels},
        "status": {"availableReplicas": 0 if call.is_broken(release.name) else 1},
    }


def _things(cluster: Cluster, kind: str) -> list[Thing]:
    """Those that have a controller: of the rest nothing is left when its time has come."""
    plural, _, group = kind.partition(".")
    return [
        thing
        for thing in cluster.things
        if controller_of(thing)
        and thing.group == group
        and plural in (f"{thing.kind.lower()}{end}" for end in ("s", "es"))
    ]
