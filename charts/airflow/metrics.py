"""Airflow's metrics in Prometheus: the mapping of statsd_exporter, and what becomes of the labels at the scrape.

https://github.com/prometheus/statsd_exporter#metric-mapping-and-configuration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

_FILE = Path(__file__).with_name("metrics.yaml")
_PREFIX = "airflow"

# What has labels belongs to a DAG, a file or a pod, which goes one day, and its series with it. What Airflow repeats
# all the time, a gauge, goes soon, so that it never shows the past. A counter stays for longer than a week: what is
# run once a week would begin at zero again each time, and Prometheus would see no increase.
_GAUGE_TTL = "10m"
_TTL = "192h"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of Airflow's."""

    statsd: str
    """Its name in StatsD without the prefix, or a regular expression with one group."""
    name: str
    """Its name in Prometheus. A timer is a histogram, with ``_bucket``, ``_sum`` and ``_count``."""
    type: Literal["counter", "gauge", "timer"]
    labels: tuple[str, ...] = ()
    """After the scrape."""
    hide: tuple[str, ...] = ()
    """Tags that do not become labels."""
    buckets: tuple[float, ...] = ()
    """Upper bounds in seconds."""
    scale: float | None = None
    """Factor that Airflow's value lacks."""

    @property
    def is_pattern(self) -> bool:
        """Whether a part of its name in StatsD is a label."""
        return "(" in self.statsd

    @property
    def series(self) -> tuple[str, ...]:
        """Names of its series, as queries use them."""
        return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count")) if self.buckets else (self.name,)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """All of them."""

    metrics: tuple[Metric, ...]
    rename: Mapping[str, str]
    """Tags, and the labels that they become."""
    drop: tuple[str, ...]
    """Regular expressions of names that are not kept."""


@cache
def airflow_metrics() -> Metrics:
    """Read the list."""
    data = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    metrics = tuple(
        Metric(
            statsd=each["statsd"],
            name=each["name"],
            type=each["type"],
            labels=tuple(each.get("labels", ())),
            hide=tuple(each.get("hide", ())),
            buckets=tuple(data["buckets"][each["buckets"]]) if "buckets" in each else (),
            scale=each.get("scale"),
        )
        for each in data["metrics"]
    )
    return Metrics(metrics=metrics, rename=data["rename"], drop=tuple(data["drop"]))


def statsd_mappings() -> list[dict[str, Any]]:
    """Give the exporter's rules, which replace those of Airflow's chart."""
    known = airflow_metrics()
    drops = [
        {"match": f"^{_PREFIX}\\.{pattern}$", "match_type": "regex", "action": "drop", "name": "dropped"}
        for pattern in known.drop
    ]
    # What DAGs, plugins and providers count by themselves, under its own name.
    others = {"match": ".+", "match_type": "regex", "name": "$0", "ttl": _TTL}
    return [*(_mapping(each) for each in known.metrics), *drops, others]


def relabelings() -> list[dict[str, Any]]:
    """Give the rules of the scrape that turn tags into labels of one name each."""
    rename = airflow_metrics().rename
    kept = [
        {"sourceLabels": ["__name__", tag], "regex": f"{_PREFIX}_.+;(.+)", "targetLabel": label}
        for tag, label in rename.items()
    ]
    return [*kept, {"action": "labeldrop", "regex": "|".join(rename)}]


def _mapping(metric: Metric) -> dict[str, Any]:
    mapping: dict[str, Any] = {"match": f"{_PREFIX}.{metric.statsd}", "name": metric.name}
    if metric.is_pattern:
        mapping |= {"match": f"^{re.escape(_PREFIX)}\\.{metric.statsd}$", "match_type": "regex"}
    labels = {label: "$1" for label in metric.labels if metric.is_pattern}
    # An empty label is none.
    labels |= dict.fromkeys(metric.hide, "")
    if labels:
        mapping["labels"] = labels
    if metric.buckets:
        mapping |= {"observer_type": "histogram", "histogram_options": {"buckets": list(metric.buckets)}}
    if metric.scale is not None:
        mapping["scale"] = metric.scale
    if metric.labels:
        mapping["ttl"] = _GAUGE_TTL if metric.type == "gauge" else _TTL
    return mapping
