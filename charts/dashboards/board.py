"""Board: a dashboard as code, in the one shape that all of ours have.

Rows of panels on a grid of 24 columns: small ones that say in colours whether all is well, then how it came to be.
What a panel is, Grafana's own library says:
https://grafana.com/docs/grafana/latest/observability-as-code/foundation-sdk/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import cloudwatch, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import common as shared
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.cloudwatch import CloudWatchQueryMode, MetricEditorMode, MetricQueryType

PROMETHEUS, CLOUDWATCH = "prometheus", "cloudwatch"
"""Identifiers of the data sources, which are their types too."""
TAG = "airflow-eks"
"""All boards have it, and lead to each other by it."""

RATE = "$__rate_interval"
"""As long as four readings at least, which Grafana sets."""

_RUNBOOK = re.compile(r"docs/runbooks/([\w-]+)\.md")
_NOTHING = "no data"
# In the colour of neither good nor bad.
_NULL = model.SpecialValueMap(
    options=model.DashboardSpecialValueMapOptions(
        match=model.SpecialValueMatch.NULL, result=model.ValueMappingResult(text=_NOTHING, color="gray")
    )
)
_GREEN, _YELLOW, _RED, _BLUE = "green", "yellow", "red", "blue"


@dataclass(frozen=True, kw_only=True)
class Query:
    """What Prometheus is asked, in PromQL."""

    expr: str
    legend: str = ""
    """Names of labels in double braces are replaced by their values. Empty: all labels."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What CloudWatch is asked: one metric of one thing, each minute or as often as there is one."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    legend: str


@dataclass(frozen=True, kw_only=True)
class Colours:
    """The colour of a number: that of the last step that it has reached."""

    base: str
    steps: tuple[tuple[float, str], ...] = ()


PLAIN = Colours(base=_BLUE)
"""A number that is neither good nor bad."""


def bad_from(bad: float, *, warn: float | None = None) -> Colours:
    """Red from a number on, and yellow from one before it."""
    return Colours(base=_GREEN, steps=((*([(warn, _YELLOW)] if warn is not None else []), (bad, _RED))))


def good_from(good: float) -> Colours:
    """Green from a number on, and red below."""
    return Colours(base=_RED, steps=((good, _GREEN),))


def quantile(part: float, histogram: str, *, by: str = "", where: str = "") -> str:
    """Build the PromQL of how long this part of all took at most, by some labels."""
    labels = ", ".join(filter(None, ("le", by)))
    return f"histogram_quantile({part}, sum by ({labels}) (rate({histogram}_bucket{{{where}}}[{RATE}])))"


class Board:
    """One dashboard, which nobody changes but by its file here."""

    def __init__(self, *, name: str, title: str, description: str, hours: int = 6) -> None:
        self.name = name
        """Of its file, and in its address."""
        self._panels = 0
        others = dashboard.DashboardLink("Other boards").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
        self._dashboard = (
            dashboard.Dashboard(title)
            .uid(name)
            .description(description)
            .tags([TAG])
            .readonly()
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .refresh("1m")
            .time(f"now-{hours}h", "now")
            .link(others.keep_time(True))
        )

    def variable(self, name: str, *, label: str, metric: str) -> None:
        """Let people choose one of the values that a label of a metric has."""
        self._dashboard.with_variable(
            dashboard.QueryVariable(name)
            .label(label)
            .query(f"label_values({metric}, {name})")
            .datasource(_source(PROMETHEUS))
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
        )

    def row(self, title: str) -> None:
        """Begin a row: what is added next stands below this title."""
        self._dashboard.with_row(dashboard.Row(title).id(self._next_id()))

    def number(
        self, title: str, query: Query | Metric, *, description: str, unit: str = "short", colours: Colours = PLAIN,
        width: int = 4, decimals: int | None = None,
    ) -> None:  # fmt: skip
        """Add one number, the last, with its line behind it."""
        panel = stat.Panel().title(title).description(description).id(self._next_id()).span(width).height(4)
        panel.color_mode(common.BigValueColorMode.BACKGROUND).graph_mode(common.BigValueGraphMode.AREA)
        panel.reduce_options(shared.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        panel.unit(unit).thresholds(_thresholds(colours)).no_value(_NOTHING).mappings([_NULL])
        if decimals is not None:
            panel.decimals(decimals)
        self._dashboard.with_panel(_ask(panel, [query]))

    def lines(
        self, title: str, queries: Sequence[Query | Metric], *, description: str, unit: str = "short",
        width: int = 12, stacked: bool = False, limit: float | None = None,
    ) -> None:  # fmt: skip
        """Add lines over time; all of one data source. ``limit`` is drawn as a line in red."""
        panel = timeseries.Panel().title(title).description(description).id(self._next_id()).span(width).height(8)
        panel.unit(unit).min(0).line_width(1).fill_opacity(30 if stacked else 8)
        panel.show_points(common.VisibilityMode.NEVER)
        panel.legend(
            shared.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        panel.tooltip(
            shared.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        if stacked:
            panel.stacking(shared.StackingConfig().mode(common.StackingMode.NORMAL))
        if limit is not None:
            panel.thresholds(_thresholds(Colours(base=_GREEN, steps=((limit, _RED),))))
            panel.thresholds_style(shared.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.LINE))
        self._dashboard.with_panel(_ask(panel, queries))

    def json(self, *, runbook_url: str | None = None) -> str:
        """As Grafana reads it, with links to the runbooks where they are published."""
        text = JSONEncoder(sort_keys=True, separators=(",", ":")).encode(self._dashboard.build())
        if runbook_url is None:
            return text
        return _RUNBOOK.sub(rf"[\1]({runbook_url.rstrip('/')}/\1.md)", text)

    def _next_id(self) -> int:
        self._panels += 1
        return self._panels


def _source(name: str) -> common.DataSourceRef:
    return common.DataSourceRef(type_val=name, uid=name)


def _thresholds(colours: Colours) -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(color=colours.base, value=None)]
    steps += [model.Threshold(color=colour, value=value) for value, colour in colours.steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def _ask(panel: Any, queries: Sequence[Query | Metric]) -> Any:
    for number, query in enumerate(queries):
        reference = chr(ord("A") + number)
        target = _prometheus(query) if isinstance(query, Query) else _cloudwatch(query)
        panel.with_target(target.ref_id(reference))
    return panel.datasource(_source(PROMETHEUS if isinstance(queries[0], Query) else CLOUDWATCH))


def _prometheus(query: Query) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query.expr).range().datasource(_source(PROMETHEUS))
    return asked.legend_format(query.legend or "__auto")


def _cloudwatch(metric: Metric) -> cloudwatch.CloudWatchMetricsQuery:
    return (
        cloudwatch.CloudWatchMetricsQuery()
        .query_mode(CloudWatchQueryMode.METRICS)
        .metric_query_type(MetricQueryType.SEARCH)
        .metric_editor_mode(MetricEditorMode.BUILDER)
        .region("default")
        .namespace(metric.namespace)
        .metric_name(metric.name)
        .dimensions(dict(metric.dimensions))
        .statistic(metric.statistic)
        .match_exact(True)
        .label(metric.legend)
        .datasource(_source(CLOUDWATCH))
    )
