"""What preflight counts is what is deployed: it may import no stack and no chart, so it knows numbers."""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from typing import Any

from ops.preflight import needs
from settings.quantities import cores
from tests.support.deployment import Deployment


def asked(node: Any) -> float:
    """CPUs of all requests below a node of a manifest."""
    if isinstance(node, list):
        return sum(asked(each) for each in node)
    if not isinstance(node, dict):
        return 0
    own = node.get("requests")
    below = sum(asked(value) for key, value in node.items() if key != "requests")
    return below + (cores(str(own["cpu"])) if isinstance(own, dict) and "cpu" in own else 0)


def test_cpus_of_what_is_on_airflows_nodes(aws: Deployment, internet: Deployment) -> None:
    airflow = aws.releases["airflow"].manifest
    assert asked(airflow["pgbouncer"]) == needs.PGBOUNCER_CPU
    assert asked(airflow["statsd"]) == needs.STATSD_CPU
    assert asked(aws.releases["grafana"].manifest) == needs.GRAFANA_CPU
    prometheus = aws.releases["kube-prometheus-stack"].manifest["prometheus"]["prometheusSpec"]
    assert asked(prometheus) == cores(aws.settings.metrics.cpu)
    # An init container's request does not come on top.
    [server] = [each for each in internet.objects if (each.kind, each.namespace) == ("Deployment", "spark-history")]
    assert asked(server.manifest["spec"]["template"]["spec"]["containers"]) == needs.HISTORY_SERVER_CPU


def test_releases_and_objects_that_are_installed_at_once(deployment: Deployment) -> None:
    # Each as early as what it waits for lets it, and as if each took equally long.
    installed = {each.address for each in deployment.installed}
    wave: Counter[str] = Counter()
    for address in TopologicalSorter(deployment.order.waits_for).static_order():
        before = max((wave[each] for each in deployment.order.waits_for.get(address, ())), default=0)
        wave[address] = before + (address in installed)
    at_once = Counter(wave[address] for address in installed)
    assert 20 < max(at_once.values()) <= needs.INSTALLED_AT_ONCE
