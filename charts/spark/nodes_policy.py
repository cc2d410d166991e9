"""Pods of Spark's teams run on Spark's nodes."""

from __future__ import annotations

from charts.nodes_policy import NodesPolicy
from charts.spark.pools import NODE_GROUP_TYPE, SPARK_POOLS
from constructs import Construct

NAME = "spark-on-its-own-nodes"
TEAM_LABEL = "airflow-eks/spark-team"
"""Label of the namespaces that it is about."""


def spark_nodes_policy(scope: Construct, id_: str) -> NodesPolicy:
    """The rule of all teams."""
    types = [pool.node_group_type for pool in SPARK_POOLS]
    return NodesPolicy(
        scope,
        id_,
        name=NAME,
        namespace_label=TEAM_LABEL,
        label=NODE_GROUP_TYPE,
        values=types,
        refusal=f"a pod of a Spark team runs on Spark's nodes: give it the node selector {NODE_GROUP_TYPE} with one of "
        f"{', '.join(types)}, and the toleration that goes with it",
    )
