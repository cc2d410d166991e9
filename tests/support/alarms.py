"""Alarms of CloudWatch, evaluated as its documentation says.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html and, for missing data,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.metric_math import Expression, Point

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Series = Mapping[str, Sequence[Point]]
"""Points by the metrics' names, a point for each period, the last one last."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_NOTHING: Mapping[str, State] = {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}
_FURTHER = 2
"""Periods that CloudWatch reads beyond those that it evaluates. It says 'more', and its example has two."""


@dataclass(frozen=True)
class Alarm:
    """An alarm, as the template has it."""

    properties: Mapping[str, Any]

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """What it reads, by id; a plain metric has the id ``m``."""
        if "Metrics" not in self.properties:
            return {"m": {**self.properties, "Stat": self.properties["Statistic"]}}
        read = [each for each in self.properties["Metrics"] if "MetricStat" in each]
        return {each["Id"]: {**each["MetricStat"], **each["MetricStat"]["Metric"]} for each in read}

    @property
    def names(self) -> set[str]:
        """Names of the metrics that it reads."""
        return {str(each["MetricName"]) for each in self.metrics.values()}

    def evaluate(self, series: Series) -> State:
        """The state after the last period."""
        periods = int(self.properties["EvaluationPeriods"])
        needed = int(self.properties.get("DatapointsToAlarm", periods))
        missing = self.properties.get("TreatMissingData", "missing")
        window = self._points(series)[-(periods + _FURTHER) :]
        # The latest points that are there count; gaps only where there are fewer of them than are evaluated.
        there = [point for point in window if point is not None][-periods:]
        if not there:
            return _NOTHING[missing]
        breaching = sum(map(self._breaches, there))
        if missing == "breaching":
            breaching += periods - len(there)
        return "ALARM" if breaching >= needed else "OK"

    def _breaches(self, point: float) -> bool:
        return _COMPARISONS[self.properties["ComparisonOperator"]](point, float(self.properties["Threshold"]))

    def _points(self, series: Series) -> list[Point]:
        by_id = {id_: list(series[each["MetricName"]]) for id_, each in self.metrics.items()}
        expressions = [each["Expression"] for each in self.properties.get("Metrics", ()) if "Expression" in each]
        if not expressions:
            return by_id["m"]
        (expression,) = expressions
        return Expression(expression).evaluate(by_id)


def composite(rule: str, states: Mapping[str, State]) -> bool:
    """Whether a composite's rule holds, by the states of the alarms that it names. It is of ALARM(…) and OR alone."""
    terms = [
        re.fullmatch(r'ALARM\("([^"]+)"\)', term) for term in rule.removeprefix("(").removesuffix(")").split(" OR ")
    ]
    assert all(terms), rule
    return any(states[term[1]] == "ALARM" for term in terms if term)
