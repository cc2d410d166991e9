"""CloudWatch's metric math, as far as the alarms use it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import itertools
import operator
import re
from collections.abc import Callable, Mapping, Sequence

Point = float | None
"""What a metric has in one period; None where nothing was reported."""

_OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
}
_OVER_METRICS: Mapping[str, Callable[[list[float]], float]] = {"MAX": max, "SUM": sum}


class Expression:
    """One expression. What it does not know, it refuses."""

    def __init__(self, text: str) -> None:
        # Python reads the same syntax, but for these two.
        self._tree = ast.parse(re.sub(r"\bAND\b", "and", re.sub(r"\bIF\(", "IF_(", text)), mode="eval").body

    def evaluate(self, series: Mapping[str, Sequence[Point]]) -> list[Point]:
        """One point for each period. A point is missing where one that it needs is."""
        return _Evaluation(series).of(self._tree)


class _Evaluation:
    def __init__(self, series: Mapping[str, Sequence[Point]]) -> None:
        self._series = series
        (self._length,) = {len(points) for points in series.values()}

    def of(self, node: ast.AST) -> list[Point]:  # noqa: PLR0911 # a line for each piece of the language
        match node:
            case ast.Constant(value=int() | float() as value):
                return [float(value)] * self._length
            case ast.Name(id=name):
                return list(self._series[name])
            case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._by_period(_OPERATORS[type(op)], left, right)
            case ast.BoolOp(op=ast.And(), values=[left, right]):
                return self._by_period(lambda a, b: float(bool(a) and bool(b)), left, right)
            case ast.Call(func=ast.Name(id="IF_"), args=[condition, then, otherwise]):
                rows = zip(self.of(condition), self.of(then), self.of(otherwise), strict=True)
                return [None if met is None else yes if met else no for met, yes, no in rows]
            case ast.Call(func=ast.Name(id="ABS"), args=[inner]):
                return self._by_period(abs, inner)
            case ast.Call(func=ast.Name(id="DIFF"), args=[inner]):
                # The first has none before it.
                pairs = itertools.pairwise(self.of(inner))
                return [None, *(None if a is None or b is None else b - a for a, b in pairs)]
            case ast.Call(func=ast.Name(id="FILL"), args=[inner, ast.Name(id="REPEAT")]):
                return _repeated(self.of(inner))
            case ast.Call(func=ast.Name(id=name), args=[ast.List(elts=metrics)]):
                # Over a list, a metric that has no point is left out.
                rows_of = zip(*(self.of(each) for each in metrics), strict=True)
                present = ([point for point in row if point is not None] for row in rows_of)
                return [_OVER_METRICS[name](points) if points else None for points in present]
        raise ValueError(f"not known here: {ast.dump(node)}")

    def _by_period(self, function: Callable[..., float], *nodes: ast.AST) -> list[Point]:
        rows = zip(*(self.of(each) for each in nodes), strict=True)
        return [None if None in row else float(function(*row)) for row in rows]


def _repeated(points: list[Point]) -> list[Point]:
    """Gaps filled with what was there before them."""
    filled: list[Point] = []
    for point in points:
        filled.append(point if point is not None or not filled else filled[-1])
    return filled
