"""Task pods: what Airflow's tasks run in pods of their own, by the KubernetesPodOperator."""

from charts.task_pods.chart import TaskPodsChart
from charts.task_pods.names import NAMESPACE, SERVICE_ACCOUNT

__all__ = ["NAMESPACE", "SERVICE_ACCOUNT", "TaskPodsChart"]
