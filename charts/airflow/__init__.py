"""Apache Airflow in the cluster."""

from charts.airflow.chart import NAMESPACE, AirflowChart
from charts.airflow.components import COMPONENTS, service_account
from charts.airflow.config import LOG_PREFIX, secret_prefixes
from charts.airflow.inputs import DagRepository, DagVolume, Endpoints, LoadBalancerSubnets, SecretArns

__all__ = [
    "COMPONENTS",
    "LOG_PREFIX",
    "NAMESPACE",
    "AirflowChart",
    "DagRepository",
    "DagVolume",
    "Endpoints",
    "LoadBalancerSubnets",
    "SecretArns",
    "secret_prefixes",
    "service_account",
]
