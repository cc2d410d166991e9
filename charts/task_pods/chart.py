"""The home of task pods: a namespace, a quota, who may start pods there, and whom these may talk to."""

from __future__ import annotations

from collections.abc import Mapping

import cdk8s
import cdk8s_plus_27 as kplus

from charts.namespace import RESTRICTED
from charts.namespace_limits import namespace_limits
from charts.namespace_role import namespace_role, permit
from charts.network_policy import ALL_PODS, CREDENTIALS, DNS, EVERYWHERE, Flow, NetworkPolicies, addresses
from charts.nodes_policy import NodesPolicy
from charts.placement import POOL_LABEL, TASK_PODS_POOL
from charts.task_pods.names import NAMESPACE, SERVICE_ACCOUNT
from constructs import Construct
from settings.task_pods import TaskPodSettings, destination

_LABEL = "airflow-eks/task-pods"
_START_ROLE, _FOLLOW_ROLE = "airflow", "airflow-follower"
_HTTPS_PORT = 443


class TaskPodsChart(cdk8s.Chart):
    """Made before Airflow, and gone after it: on the way back nothing starts a pod there any more."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        task_pods: TaskPodSettings,
        airflow_namespace: str,
        airflow_accounts: Mapping[str, str],
        network_policies: bool,
    ) -> None:
        """``airflow_accounts`` has the service accounts of Airflow's ``worker`` and ``triggerer``."""
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = kplus.Namespace(
            self,
            "namespace",
            metadata=cdk8s.ApiObjectMetadata(name=NAMESPACE, labels={**RESTRICTED, _LABEL: "true"}),
        )
        parts: list[Construct] = [
            kplus.ServiceAccount(
                self,
                "account",
                metadata=cdk8s.ApiObjectMetadata(name=SERVICE_ACCOUNT, namespace=NAMESPACE),
                automount_token=False,
            ),
            *namespace_limits(
                self,
                namespace=NAMESPACE,
                name=NAMESPACE,
                cpu=task_pods.cpu,
                memory=task_pods.memory,
                pods=task_pods.pods,
                container_cpu=task_pods.container_cpu,
                container_memory=task_pods.container_memory,
            ),
            *namespace_role(
                self,
                _START_ROLE,
                # `patch` labels a pod that has failed, so that a retry does not take it for its own.
                permit(["create", "patch"], "pods"),
                # What a task returns (XCom) is read out of a second container. Kubernetes asks for `create` since 1.35,
                # and for `get` before.
                permit(["get", "create"], "pods/exec"),
                namespace=NAMESPACE,
                accounts=[airflow_accounts["worker"]],
                account_namespace=airflow_namespace,
            ),
            *namespace_role(
                self,
                _FOLLOW_ROLE,
                # Who waits for a pod deletes it: a worker when it has ended, a triggerer when its task is cancelled.
                permit(["get", "list", "watch", "delete"], "pods"),
                permit(["get"], "pods/log"),
                permit(["get", "list", "watch"], "events"),
                namespace=NAMESPACE,
                accounts=[airflow_accounts["worker"], airflow_accounts["triggerer"]],
                account_namespace=airflow_namespace,
            ),
        ]
        if network_policies:
            parts.append(NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=_flows(task_pods)))
        for part in parts:
            part.node.add_dependency(namespace)
        NodesPolicy(
            self,
            "nodes-policy",
            name="task-pods-on-their-own-nodes",
            namespace_label=_LABEL,
            label=POOL_LABEL,
            values=[TASK_PODS_POOL],
            refusal=f"a pod in the namespace {NAMESPACE} runs on the nodes for task pods: leave its node selector "
            f"{POOL_LABEL} out, or let it be {TASK_PODS_POOL}",
        )


def _flows(task_pods: TaskPodSettings) -> list[Flow]:
    """No pod is called, and none calls another: Airflow's database, queue and servers are out of reach."""
    return [
        DNS,
        CREDENTIALS,
        Flow(name="https", pods=ALL_PODS, to=[EVERYWHERE], ports=[("TCP", _HTTPS_PORT)]),
        *(
            Flow(
                name=f"destination-{number}", pods=ALL_PODS, to=addresses([str(each.block)]), ports=[("TCP", each.port)]
            )
            for number, each in enumerate(map(destination, task_pods.destinations), 1)
        ),
    ]
