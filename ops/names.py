"""Names that the platform gives to what is in the cluster.

These commands may import neither stacks nor charts; a test compares each name with the one that is deployed.
"""

from __future__ import annotations

AIRFLOW_NAMESPACE = "airflow"
RELEASE = "airflow"
DAG_CLAIM = "airflow-dags"
HELLO_DAG = "hello_world_scheduled_dag"
TASK_LOG_PREFIX = "task-logs"
NODE_POOLS = ("airflow-services", "airflow-workers")

AIRFLOW_COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "worker-main", "pgbouncer", "statsd")
"""Airflow's processes: each is a Deployment ``airflow-<component>``, or a StatefulSet."""

WORKERS = "worker-"
"""What the names of the workers of all queues start with; ``main`` are those of the default queue."""

CONTROLLERS = (
    ("kube-system", "coredns"),
    ("kube-system", "aws-load-balancer-controller"),
    ("karpenter", "karpenter"),
    ("keda", "keda-operator"),
    ("keda", "keda-operator-metrics-apiserver"),
    ("external-secrets", "external-secrets"),
    ("external-secrets", "external-secrets-webhook"),
)
"""Deployments that Airflow cannot do without, with their namespaces."""

ADDON_CONTROLLERS = {
    "aws-ebs-csi-driver": ("kube-system", "ebs-csi-controller"),
    "aws-efs-csi-driver": ("kube-system", "efs-csi-controller"),
}
"""And those of EKS add-ons that can be switched off, by the add-on's name."""

PLATFORM_NAMESPACES = frozenset(
    {
        "alarm-metrics",
        "amazon-cloudwatch",
        "external-secrets",
        "fluent-bit",
        "karpenter",
        "keda",
        "kube-system",
        "monitoring",
        "node-exporter",
        "opencost",
        "spark-history",
        "spark-operator",
    }
)
"""Namespaces of the controllers. What runs in others is somebody else's, and no fault of the platform's."""

SPARK_OPERATOR_NAMESPACE = "spark-operator"
SPARK_OPERATOR = ("spark-operator-controller", "spark-operator-webhook")
TASK_PODS = "task-pods"
"""The namespace of the pods that tasks start, and the pool of their nodes."""
TEAM_NAMESPACE = "spark-"
"""What the names of the namespaces of Spark's teams begin with."""
TEAM_QUOTA = "team"

PORT_FORWARD = f"kubectl --namespace {AIRFLOW_NAMESPACE} port-forward service/{RELEASE}-api-server 8080:8080"
BY_PORT_FORWARD = f"Run: {PORT_FORWARD}, and give --url http://localhost:8080"
"""What to do where Airflow cannot be reached from here."""

OWN_CONNECTIONS = ("airflow_db", "aws_default", "kubernetes_default")
OWN_VARIABLES = ("spark", "task_pods")
"""Connections and variables that Airflow's pods have in their environment, or may have."""
BUNDLE_CONNECTION = "git_default"
"""And the one that Airflow reads the DAG repository with, where it does that itself (`dags.delivery=bundle`)."""
