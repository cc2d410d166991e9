"""Apache Airflow in the cluster."""

from charts.airflow.chart import AirflowChart
from charts.airflow.components import COMPONENTS, service_account
from charts.airflow.config import LOG_PREFIX, secret_prefixes
from charts.airflow.endpoints import NAMESPACE
from charts.airflow.ingress import INGRESS, load_balancer_name
from charts.airflow.inputs import DagRepository, DagVolume, Endpoints, LoadBalancer, SecretArns

__all__ = [
    "COMPONENTS",
    "INGRESS",
    "LOG_PREFIX",
    "NAMESPACE",
    "AirflowChart",
    "DagRepository",
    "DagVolume",
    "Endpoints",
    "LoadBalancer",
    "SecretArns",
    "load_balancer_name",
    "secret_prefixes",
    "service_account",
]
