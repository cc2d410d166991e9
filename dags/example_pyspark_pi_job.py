"""Calculates π on Apache Spark: submits a SparkApplication, and waits for it without a worker.

The driver runs on demand, the executors on spot capacity, all on nodes of the type SparkComputeOptimized. What is run
is in `example_pyspark_pi_job.yaml` beside this file; what the deployment gives it (image, namespaces, buckets) is in
the variable `spark`. Where Spark is switched off, that variable is missing, and a run fails saying so.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk import DAG, Param

with DAG(
    dag_id="example_pyspark_pi_job",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(hours=1)},
    params={
        "team": Param("team-a", type="string", description="Team whose namespace and quota the job is for."),
        "partitions": Param(10, type="integer", minimum=1, maximum=1000, description="Tasks of the job."),
    },
    tags=["example", "spark"],
    doc_md=__doc__,
):
    SparkKubernetesOperator(
        task_id="calculate_pi",
        name="pyspark-pi",
        namespace="{{ var.json.spark.teams[params.team].namespace }}",
        application_file="example_pyspark_pi_job.yaml",
        kubernetes_conn_id="kubernetes_default",
        # The worker submits and goes; a triggerer looks after the driver; a worker reads its log when it has ended.
        deferrable=True,
        get_logs=True,
        # A node for the driver has to start first.
        startup_timeout_seconds=15 * 60,
    )
