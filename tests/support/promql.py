"""What a query in PromQL asks for: whether its metrics and labels exist, and the labels of what it answers.

The grammar is promql-parser's; what is followed here is which labels go through:
https://prometheus.io/docs/prometheus/latest/querying/operators/
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

from charts.airflow.metrics import airflow_metrics

_FILE = Path(__file__).with_name("metric_lists.yaml")
Labels = frozenset[str]
_SET_OPERATORS = {"and", "or", "unless"}
# What a scrape by a monitor of the Prometheus operator sets.
_SCRAPE = frozenset({"namespace", "pod", "container", "endpoint", "job", "instance"})
# As long as any: which one Grafana takes depends on the time that is shown.
_VARIABLES = {"$__rate_interval": "5m", "$__range": "6h"}


class UnknownNameError(LookupError):
    """A metric or a label that nothing has."""


@cache
def lists() -> dict[str, Any]:
    """The recorded lists."""
    return dict(yaml.safe_load(_FILE.read_text()))


@cache
def known_metrics() -> Mapping[str, Labels]:
    """Labels of every series, by its name."""
    known: dict[str, Labels] = {}
    for metric in airflow_metrics().metrics:
        for series in metric.series:
            bucket = {"le"} if series.endswith("_bucket") else set()
            known[series] = _SCRAPE | set(metric.labels) | bucket
    for exporter in lists()["exporters"].values():
        for name, own in exporter["metrics"].items():
            renamed = exporter["own_labels"] == "exported"
            known[name] = _SCRAPE | {f"exported_{each}" if renamed and each in _SCRAPE else each for each in own}
    return known


def parse(expression: str, variables: Mapping[str, str]) -> Any:
    """Parse it with values for Grafana's variables. Raises ValueError."""
    for name, value in {**_VARIABLES, **{f"${name}": value for name, value in variables.items()}}.items():
        expression = expression.replace(name, value)
    if "$" in expression.replace('"$1"', ""):
        raise ValueError(f"a variable that is not there: {expression}")
    return promql.parse(expression)


def metrics(expression: Any) -> set[str]:
    """Names of all series that it reads."""
    match expression:
        case promql.VectorSelector():
            return {expression.name}
        case promql.MatrixSelector():
            return {expression.vector_selector.name}
        case promql.BinaryExpr():
            return metrics(expression.lhs) | metrics(expression.rhs)
        case promql.Call():
            return {name for argument in expression.args for name in metrics(argument)}
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return metrics(expression.expr)
    return set()


def labels(expression: Any) -> Labels | None:
    """Labels of the answer; None where it is a number. Raises UnknownNameError."""
    match expression:
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
        case promql.VectorSelector():
            found: Labels | None = _selected(expression)
        case promql.MatrixSelector():
            found = _selected(expression.vector_selector)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            found = labels(expression.expr)
        case promql.AggregateExpr():
            found = _aggregated(expression)
        case promql.Call():
            found = _called(expression)
        case promql.BinaryExpr():
            found = _combined(expression)
        case _:
            raise TypeError(f"not followed: {type(expression).__name__}")
    return found


def _selected(selector: Any) -> Labels:
    if selector.name not in known_metrics():
        raise UnknownNameError(f"no such metric: {selector.name}")
    found = known_metrics()[selector.name]
    _within([matcher.name for matcher in selector.matchers.matchers], found, selector.name)
    return found


def _aggregated(expression: Any) -> Labels:
    inner = labels(expression.expr) or frozenset()
    if str(expression.op) in ("topk", "bottomk"):
        return inner
    if expression.modifier is None:
        return frozenset()
    named = frozenset(expression.modifier.labels)
    _within(named, inner, expression.prettify())
    return named if expression.modifier.type == promql.AggModifierType.By else inner - named


def _called(call: Any) -> Labels:
    if call.func.name == "vector":
        return frozenset()
    vectors = [each for argument in call.args if (each := labels(argument)) is not None]
    (inner,) = vectors
    if call.func.name == "histogram_quantile":
        _within(["le"], inner, call.prettify())
        return inner - {"le"}
    if call.func.name == "label_replace":
        _within([call.args[3].val], inner, call.prettify())
        return inner | {call.args[1].val}
    return inner


def _combined(expression: Any) -> Labels | None:
    left, right = labels(expression.lhs), labels(expression.rhs)
    if left is None or right is None:
        return right if left is None else left
    if str(expression.op) in _SET_OPERATORS:
        return left | right
    modifier = expression.modifier
    matching = modifier.matching if modifier else None
    if matching is None:
        # Series meet where all labels are the same: with different ones none would.
        if left != right:
            raise UnknownNameError(f"no series of both sides have the same labels: {expression.prettify()}")
        return left
    _within(matching.labels, left & right, expression.prettify())
    if modifier.card == promql.VectorMatchCardinality.ManyToOne:
        _within(modifier.group_labels or [], right, expression.prettify())
        return left | frozenset(modifier.group_labels or [])
    return frozenset(matching.labels)


def _within(asked: Any, found: Labels, where: str) -> None:
    if unknown := set(asked) - found:
        raise UnknownNameError(f"no such label: {', '.join(sorted(unknown))} in {where}")
