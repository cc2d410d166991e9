"""``helm``, as far as the CDK's handler uses it."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from ops.sandbox.pretend_cluster import load_balancer
from ops.sandbox.pretend_cluster.calls import Call, Parser
from ops.sandbox.pretend_cluster.order import RELEASE, check_creation, check_deletion, has_namespace
from ops.sandbox.pretend_cluster.state import RefusedError, Thing
from settings import load_releases

_PRIVATE = re.compile(r"oci://\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/.+/charts/")
# The function that runs helm ends after 15 minutes.
_MAXIMUM_SECONDS = 14 * 60
AIRFLOW = "airflow"
"""The one release with an Ingress."""


def run(call: Call) -> str:
    """Install or uninstall a release, fetch a chart, or log in to a registry. Raises RefusedError."""
    options = _parser().parse_args(call.arguments)
    if options.verb == "registry":
        return _log_in(call)
    if options.verb == "pull":
        return _pull(call, options)
    return _upgrade(call, options) if options.verb == "upgrade" else _uninstall(call, options)


def _parser() -> Parser:
    parser = Parser(prog="helm")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    registry = verbs.add_parser("registry")
    registry.add_argument("action", choices=["login"])
    registry.add_argument("--username", required=True)
    registry.add_argument("--password-stdin", action="store_true", required=True)
    registry.add_argument("host")
    pull = verbs.add_parser("pull")
    pull.add_argument("chart")
    pull.add_argument("--version", required=True)
    pull.add_argument("--untar", action="store_true", required=True)
    upgrade = verbs.add_parser("upgrade")
    upgrade.add_argument("release")
    upgrade.add_argument("chart")
    upgrade.add_argument("--install", action="store_true", required=True)
    upgrade.add_argument("--create-namespace", action="store_true")
    upgrade.add_argument("--repo")
    upgrade.add_argument("--values", type=Path)
    upgrade.add_argument("--version")
    upgrade.add_argument("--atomic", action="store_true")
    uninstall = verbs.add_parser("uninstall")
    uninstall.add_argument("release")
    for verb in (upgrade, uninstall):
        verb.add_argument("--namespace", required=True)
        verb.add_argument("--wait", action="store_true")
        verb.add_argument("--timeout", default="300s")
        verb.add_argument("--kubeconfig", type=Path, required=True)
    return parser


def _log_in(call: Call) -> str:
    if not call.given.strip():
        raise RefusedError("helm registry login: there was no password on standard input")
    return "Login Succeeded\n"


def _pull(call: Call, options: argparse.Namespace) -> str:
    """Puts a chart, by name and version alone, where helm would put it."""
    name = options.chart.rpartition("/")[2]
    _check_pinned(repository=options.chart, name=name, version=options.version)
    chart = call.folder / name
    chart.mkdir()
    (chart / "Chart.yaml").write_text(json.dumps({"name": name, "version": options.version}), encoding="utf-8")
    return f"Pulled: {options.chart}:{options.version}\n"


def _upgrade(call: Call, options: argparse.Namespace) -> str:
    metadata = call.folder / options.chart / "Chart.yaml"
    if metadata.exists():
        chart = json.loads(metadata.read_text(encoding="utf-8"))
    else:
        chart = {"name": options.chart, "version": options.version}
        _check_pinned(repository=options.repo, **chart)
    values = json.loads(options.values.read_text(encoding="utf-8")) if options.values else {}
    if _seconds(options.timeout) > _MAXIMUM_SECONDS:
        raise RefusedError(f"the release {options.release} may take {options.timeout}: the function ends before")
    release = _release(options)
    with call.clusters.held(call.cluster_of(options.kubeconfig)) as cluster:
        call.fault(f"upgrade {options.release}")
        if options.create_namespace and not has_namespace(cluster, options.namespace):
            cluster.put(Thing(kind="Namespace", group="", namespace="", name=options.namespace), "by helm")
        check_creation(cluster, release)
        done = cluster.put(release, f"chart {chart['name']} {chart['version']}")
        load_balancer.make(call.aws, cluster.name, values)
    return f"{release.label} {done}\n"


def _uninstall(call: Call, options: argparse.Namespace) -> str:
    release = _release(options)
    with call.clusters.held(call.cluster_of(options.kubeconfig)) as cluster:
        call.fault(f"uninstall {options.release}")
        if not options.wait:
            raise RefusedError(f"the release {options.release} is uninstalled without --wait")
        check_deletion(cluster, release)
        cluster.remove(release)
        if options.release == AIRFLOW:
            load_balancer.delete(call.aws, cluster.name)
    return f"{release.label} uninstalled\n"


def _release(options: argparse.Namespace) -> Thing:
    return Thing(kind=RELEASE, group="helm", namespace=options.namespace, name=options.release)


def _check_pinned(*, repository: str | None, name: str, version: str | None) -> None:
    """Raise RefusedError for a chart that is not among the pinned ones, or that comes from elsewhere."""
    for chart in load_releases().charts.values():
        if (chart.name, chart.version) != (name, version):
            continue
        if repository == chart.repository or (repository and _PRIVATE.match(repository)):
            return
        raise RefusedError(f"the chart {name} comes from {repository}; releases.yaml says {chart.repository}")
    raise RefusedError(f"the chart {name} {version} is not in settings/releases.yaml")


def _seconds(duration: str) -> int:
    match = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    if not match or not duration:
        raise RefusedError(f"{duration} is not a duration")
    return int(match[1] or 0) * 60 + int(match[2] or 0)
