"""What a team has in the cluster: a namespace, a quota, and who may do what in it."""

from __future__ import annotations

import cdk8s
import cdk8s_plus_27 as kplus

from charts.namespace import RESTRICTED
from charts.namespace_limits import namespace_limits
from charts.namespace_role import namespace_role, permit
from charts.network_policy import ALL_PODS, DNS, EVERYWHERE, WITHIN, Flow, NetworkPolicies
from charts.spark.nodes_policy import TEAM_LABEL
from constructs import Construct
from settings.spark import TeamSettings, team_namespace

_OPERATOR_GROUP = "sparkoperator.k8s.io"
_AIRFLOW_ROLE = "airflow"
_AIRFLOW_READER_ROLE = "airflow-reader"
_AIRFLOW_CANCELLER_ROLE = "airflow-canceller"

# What a container gets that says nothing: Spark says everything of its own.
_CPU, _MEMORY = "100m", "256Mi"


class SparkTeam(Construct):
    """One team's namespace. Drivers' own role comes with the operator's release, which makes it in each namespace."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        team: TeamSettings,
        airflow_namespace: str,
        submitter: str,
        watcher: str,
        network_policies: bool,
    ) -> None:
        """``submitter`` and ``watcher`` are the service accounts of Airflow's workers and triggerers."""
        super().__init__(scope, id_)
        self.namespace = team_namespace(name)
        labels = {**RESTRICTED, TEAM_LABEL: name}
        namespace = kplus.Namespace(
            self, "namespace", metadata=cdk8s.ApiObjectMetadata(name=self.namespace, labels=labels)
        )
        submit = namespace_role(
            self,
            _AIRFLOW_ROLE,
            permit(["create", "get", "list", "watch", "delete"], "sparkapplications", group=_OPERATOR_GROUP),
            permit(["get"], "sparkapplications/status", group=_OPERATOR_GROUP),
            # SparkKubernetesOperator labels a driver that has failed, so that a retry does not take it for its own.
            permit(["patch"], "pods"),
            namespace=self.namespace,
            accounts=[submitter],
            account_namespace=airflow_namespace,
        )
        read = namespace_role(
            self,
            _AIRFLOW_READER_ROLE,
            permit(["get", "list", "watch"], "pods", "events"),
            permit(["get"], "pods/log"),
            namespace=self.namespace,
            accounts=[submitter, watcher],
            account_namespace=airflow_namespace,
        )
        # A task that is cancelled while it is deferred has no worker: its trigger deletes the driver, as a pod
        # (KubernetesPodTrigger, which knows nothing of SparkApplications), and the executors go with it.
        cancel = namespace_role(
            self,
            _AIRFLOW_CANCELLER_ROLE,
            permit(["delete"], "pods"),
            namespace=self.namespace,
            accounts=[watcher],
            account_namespace=airflow_namespace,
        )
        limits = namespace_limits(
            self,
            namespace=self.namespace,
            name="team",
            cpu=team.cpu,
            memory=team.memory,
            pods=team.pods,
            container_cpu=_CPU,
            container_memory=_MEMORY,
        )
        policies = []
        if network_policies:
            # A job talks within itself, and to whatever its code talks to; nobody else talks to it.
            jobs = Flow(name="jobs-to-everywhere", pods=ALL_PODS, to=[EVERYWHERE])
            policies.append(
                NetworkPolicies(self, "network-policies", namespace=self.namespace, flows=[DNS, *WITHIN, jobs])
            )
        for part in (*limits, *submit, *read, *cancel, *policies):
            part.node.add_dependency(namespace)
