"""Dashboards: one file each, and which of them a deployment has."""

from __future__ import annotations

from charts.dashboards import airflow_overview, dag_detail, data, nodes, spark, workers
from charts.dashboards.board import Board
from charts.data_stores import DataStores
from settings.addons import AddonSettings

__all__ = ["HOME", "Board", "boards"]

HOME = airflow_overview.NAME
"""What Grafana opens with."""


def boards(*, addons: AddonSettings, stores: DataStores) -> tuple[Board, ...]:
    """Those that have something to show."""
    found = [
        airflow_overview.board(),
        dag_detail.board(),
        workers.board(),
        data.board(stores),
        nodes.board(opencost=addons.opencost),
    ]
    if addons.spark_operator:
        found.append(spark.board())
    return tuple(found)
