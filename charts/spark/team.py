"""What a team has in the cluster: a namespace, a quota, and who may do what in it."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s
import cdk8s_plus_27 as kplus

from charts.network_policy import ALL_PODS, DNS, EVERYWHERE, WITHIN, Flow, NetworkPolicies
from charts.spark.nodes_policy import TEAM_LABEL
from constructs import Construct
from settings.spark import TeamSettings, team_namespace

# https://kubernetes.io/docs/concepts/security/pod-security-standards/
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}

_OPERATOR_GROUP = "sparkoperator.k8s.io"
_AIRFLOW_ROLE = "airflow"
_AIRFLOW_READER_ROLE = "airflow-reader"

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
        submit = self._role(
            _AIRFLOW_ROLE,
            [submitter],
            airflow_namespace,
            _allow(["create", "get", "list", "watch", "delete"], "sparkapplications", group=_OPERATOR_GROUP),
            _allow(["get"], "sparkapplications/status", group=_OPERATOR_GROUP),
            # SparkKubernetesOperator labels a driver that has failed, so that a retry does not take it for its own.
            _allow(["patch"], "pods"),
        )
        read = self._role(
            _AIRFLOW_READER_ROLE,
            [submitter, watcher],
            airflow_namespace,
            _allow(["get", "list", "watch"], "pods", "events"),
            _allow(["get"], "pods/log"),
        )
        policies = []
        if network_policies:
            # A job talks within itself, and to whatever its code talks to; nobody else talks to it.
            jobs = Flow(name="jobs-to-everywhere", pods=ALL_PODS, to=[EVERYWHERE])
            policies.append(
                NetworkPolicies(self, "network-policies", namespace=self.namespace, flows=[DNS, *WITHIN, jobs])
            )
        for part in (*self._limits(team), *submit, *read, *policies):
            part.node.add_dependency(namespace)

    def _role(
        self, name: str, accounts: Sequence[str], account_namespace: str, *rules: kplus.k8s.PolicyRule
    ) -> tuple[Construct, Construct]:
        """A role in the team's namespace, and its binding to accounts of another."""
        metadata = kplus.k8s.ObjectMeta(name=name, namespace=self.namespace)
        role = kplus.k8s.KubeRole(self, name, metadata=metadata, rules=list(rules))
        binding = kplus.k8s.KubeRoleBinding(
            self,
            f"{name}-binding",
            metadata=metadata,
            role_ref=kplus.k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name=name),
            subjects=[
                kplus.k8s.Subject(kind="ServiceAccount", name=account, namespace=account_namespace)
                for account in accounts
            ],
        )
        binding.add_dependency(role)
        return role, binding

    def _limits(self, team: TeamSettings) -> list[Construct]:
        quantity = kplus.k8s.Quantity.from_string
        metadata = kplus.k8s.ObjectMeta(name="team", namespace=self.namespace)
        quota = kplus.k8s.KubeResourceQuota(
            self,
            "quota",
            metadata=metadata,
            spec=kplus.k8s.ResourceQuotaSpec(
                hard={
                    "requests.cpu": quantity(team.cpu),
                    "requests.memory": quantity(team.memory),
                    "limits.memory": quantity(team.memory),
                    "pods": quantity(str(team.pods)),
                    # A web page of a job is reached through the API server; nothing here opens the cluster.
                    "services.loadbalancers": quantity("0"),
                    "services.nodeports": quantity("0"),
                }
            ),
        )
        # Under such a quota Kubernetes refuses a container that says nothing of CPU and memory.
        limits = kplus.k8s.KubeLimitRange(
            self,
            "limits",
            metadata=metadata,
            spec=kplus.k8s.LimitRangeSpec(
                limits=[
                    kplus.k8s.LimitRangeItem(
                        type="Container",
                        default_request={"cpu": quantity(_CPU), "memory": quantity(_MEMORY)},
                        default={"memory": quantity(_MEMORY)},
                    )
                ]
            ),
        )
        return [quota, limits]


def _allow(verbs: list[str], *resources: str, group: str = "") -> kplus.k8s.PolicyRule:
    return kplus.k8s.PolicyRule(api_groups=[group], resources=list(resources), verbs=verbs)
