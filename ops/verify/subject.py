"""What verify looks at: a deployed stack, the cluster in it, and Airflow in that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.airflow_api import AirflowApi, UnreachableError
from ops.aws import Aws
from ops.checks import NotCheckedError
from ops.entry import Entry, find_entry
from ops.errors import OpsError
from ops.kubernetes_api import KubernetesApi
from ops.names import BY_PORT_FORWARD
from ops.stack import DeployedStack

NO_LOAD_BALANCER = "the AWS at this endpoint is in memory: no controller has made a load balancer"


@dataclass(frozen=True, kw_only=True)
class DagTest:
    """How the sample DAG is run."""

    dag_id: str
    skip: bool
    timeout_seconds: int
    poll_seconds: float = 5
    log_seconds: float = 60
    """How long a log may take to arrive: a worker says that a task is done before it uploads its log."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The subject of every check. What several checks ask for is asked for once."""

    aws: Aws
    stack: DeployedStack
    kubernetes: KubernetesApi | NotCheckedError
    """The cluster's API, or why there is none."""
    dag_test: DagTest
    url: str | None = None
    """Where Airflow is, if a person says so."""

    @cached_property
    def cluster_name(self) -> str:
        """The cluster's name."""
        return self.stack.output("ClusterName")

    @cached_property
    def cluster(self) -> Mapping[str, Any]:
        """The cluster, as EKS describes it."""
        described: Mapping[str, Any] = self.aws.client("eks").describe_cluster(name=self.cluster_name)["cluster"]
        return described

    @property
    def api(self) -> KubernetesApi:
        """The cluster's API. Raises NotCheckedError where there is none; the first check has said why."""
        if isinstance(self.kubernetes, KubernetesApi):
            return self.kubernetes
        raise NotCheckedError("the API server cannot be asked, see above")

    @cached_property
    def entry(self) -> Entry | None:
        """Airflow's load balancer."""
        return find_entry(self.aws, self.cluster_name)

    @property
    def airflow(self) -> AirflowApi:
        """Airflow's API, once it has answered. Raises NotCheckedError where it cannot be reached from here."""
        if isinstance(self._reached, AirflowApi):
            return self._reached
        raise self._reached

    @cached_property
    def _reached(self) -> AirflowApi | OpsError:
        """Tried once: every further try would take as long to fail."""
        internal = False
        if self.url:
            airflow = AirflowApi(self.url)
        elif self.entry is not None:
            airflow, internal = AirflowApi(self.entry.url), self.entry.internal
        elif self.aws.in_memory:
            return NotCheckedError(NO_LOAD_BALANCER)
        else:
            return NotCheckedError("there is no load balancer to reach Airflow by, see above")
        try:
            airflow.health()
        except UnreachableError as error:
            if internal and not error.status:
                return NotCheckedError(f"{error}; its load balancer is internal to the VPC", BY_PORT_FORWARD)
            return error
        return airflow
