"""The namespaces of all charts with the policies in them, add-ons included: what shuts pods in."""

from __future__ import annotations

from typing import Any

import cdk8s

from charts.addons import HelmAddon, enabled_addons
from tests.charts.builders import Object, build_charts, settings_for
from tests.charts.test_addons import context


def objects_of_all_charts(partition: str = "aws", **chosen: Any) -> list[Object]:
    """Every object and release of every chart, of the add-ons that these settings leave on too."""
    charts = list(build_charts(settings_for(partition, **chosen)).values())
    app = cdk8s.App()
    for name, addon in enabled_addons(context(partition, **chosen)):
        if isinstance(addon, HelmAddon):
            charts.append(addon.chart(app, name).to_json())
    return [item for chart in charts for item in chart]


def policies(partition: str = "aws", **chosen: Any) -> list[Object]:
    """Every network policy."""
    return [item for item in objects_of_all_charts(partition, **chosen) if item["kind"] == "NetworkPolicy"]
