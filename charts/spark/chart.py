"""Everything of Spark's in the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdk8s
import cdk8s_plus_27 as kplus

from charts.namespace import RESTRICTED
from charts.network_policy import ALL_PODS, DNS, HTTPS, Flow, NetworkPolicies, addresses
from charts.spark.history_server import HistoryServer
from charts.spark.names import OPERATOR_METRICS, OPERATOR_NAMESPACE
from charts.spark.nodes_policy import spark_nodes_policy
from charts.spark.operator import operator
from charts.spark.team import SparkTeam
from constructs import Construct
from settings import Registry
from settings.spark import SparkSettings


class SparkChart(cdk8s.Chart):
    """The teams' namespaces, then the operator, which makes its own roles in them.

    On the way back the operator goes first. It leaves nothing that only it could take away: it sets no finalizers, and
    what it makes belongs to the SparkApplication, which goes with its namespace, drivers and executors with it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        spark: SparkSettings,
        registry: Registry,
        region: str,
        bucket: str,
        airflow_namespace: str,
        airflow_accounts: Mapping[str, str],
        vpc_cidrs: Sequence[str],
    ) -> None:
        """``airflow_accounts`` has the service accounts of Airflow's ``worker`` and ``triggerer``.

        ``vpc_cidrs`` are the VPC's blocks, where there are to be network policies.
        """
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = kplus.Namespace(
            self, "namespace", metadata=cdk8s.ApiObjectMetadata(name=OPERATOR_NAMESPACE, labels=RESTRICTED)
        )
        nodes = spark_nodes_policy(self, "nodes-policy")
        teams = [
            SparkTeam(
                self,
                f"team-{name}",
                name=name,
                team=team,
                airflow_namespace=airflow_namespace,
                submitter=airflow_accounts["worker"],
                watcher=airflow_accounts["triggerer"],
                network_policies=bool(vpc_cidrs),
            )
            for name, team in sorted(spark.teams.items())
        ]
        release = operator(self, "operator", registry=registry, namespaces=[team.namespace for team in teams])
        release.node.add_dependency(namespace, nodes, *teams)
        if vpc_cidrs:
            # The API server asks its webhook about each job and each of its pods.
            api_server = addresses(vpc_cidrs)
            webhook = Flow(name="admission-from-api-server", pods=ALL_PODS, source=api_server, ports=[("TCP", 9443)])
            flows = [DNS, HTTPS, OPERATOR_METRICS.scrape_in, webhook]
            policies = NetworkPolicies(self, "network-policies", namespace=OPERATOR_NAMESPACE, flows=flows)
            policies.node.add_dependency(namespace)
            release.node.add_dependency(policies)
        if spark.history_server:
            HistoryServer(
                self,
                "history-server",
                spark=spark,
                registry=registry,
                region=region,
                bucket=bucket,
                network_policies=bool(vpc_cidrs),
            )
