"""What DAGs have to know of Spark, as the Airflow variable ``spark``: the same DAG then runs in every deployment."""

from __future__ import annotations

import json

from charts.spark.names import EVENT_LOG_PREFIX, SERVICE_ACCOUNT, TEAM_PREFIX
from settings import Registry
from settings.spark import SparkSettings, team_namespace

_VARIABLE = "spark"


def spark_environment(*, spark: SparkSettings, registry: Registry, region: str, bucket: str) -> list[dict[str, str]]:
    """The variable, as an environment variable of Airflow's processes."""
    value = {
        "image": spark.image or str(registry.image("spark")),
        "version": registry.image("spark").tag,
        "aws_cli_image": str(registry.image("aws-cli")),
        "region": region,
        "service_account": SERVICE_ACCOUNT,
        "teams": {
            name: {
                "namespace": team_namespace(name),
                "event_logs": f"s3://{bucket}/{EVENT_LOG_PREFIX}/{name}",
                "files": f"s3://{bucket}/{TEAM_PREFIX}/{name}",
            }
            for name in sorted(spark.teams)
        },
    }
    return [{"name": f"AIRFLOW_VAR_{_VARIABLE.upper()}", "value": json.dumps(value)}]
