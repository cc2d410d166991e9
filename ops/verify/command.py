"""``ops verify``: every check, one table, one exit code."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.aws import Aws, connect
from ops.aws_errors import CALL_ERRORS, explain
from ops.checks import Check, NotCheckedError, Runner
from ops.errors import OpsError, explained
from ops.kubernetes_api import KubernetesApi, eks_api, kubeconfig_api
from ops.names import HELLO_DAG
from ops.options import ContextOption, NameOption, OutputOption, ProfileOption, RegionOption, settings_from
from ops.report import Output, Report, Status
from ops.stack import DeployedStack, read_stack
from ops.verify import alarms, cluster, dag_run, data, load_balancer, spark, stacks, storage, workloads
from ops.verify.subject import DagTest, Deployment

CHECKS: tuple[Check[Deployment], ...] = (
    Check("Stacks", "stack", stacks.stacks),
    Check("AWS", "cluster", cluster.control_plane),
    Check("AWS", "node group", cluster.node_groups),
    Check("AWS", "add-ons", cluster.addons),
    Check("AWS", "pod identities", cluster.pod_identities),
    Check("AWS", "encryption key", data.key),
    Check("AWS", "database", data.database),
    Check("AWS", "queue", data.queue),
    Check("AWS", "file system", data.file_system),
    Check("AWS", "log bucket", storage.log_bucket),
    Check("AWS", "DAG repository", storage.repository),
    Check("AWS", "administrator's secret", data.admin_secret),
    Check("AWS", "load balancer", load_balancer.load_balancer),
    Check("AWS", "alarms", alarms.alarms),
    Check("AWS", "logs and metrics", alarms.arrival),
    Check("Kubernetes", "API server", workloads.api_server),
    Check("Kubernetes", "nodes", workloads.nodes),
    Check("Kubernetes", "node pools", workloads.node_pools),
    Check("Kubernetes", "controllers", workloads.controllers),
    Check("Kubernetes", "claim airflow-dags", workloads.claim),
    Check("Kubernetes", "secrets", workloads.external_secrets),
    Check("Kubernetes", "Airflow's processes", workloads.deployments),
    Check("Kubernetes", "scaling", workloads.scaler),
    Check("Kubernetes", "ingress", workloads.ingress),
    Check("Kubernetes", "Spark", spark.spark),
    Check("Airflow", "Airflow", dag_run.health),
    Check("Airflow", "sign-in", dag_run.sign_in),
    Check("Airflow", "sample DAG", dag_run.sample_dag),
)


def verify(
    *,
    name: NameOption = None,
    region: RegionOption = None,
    context: ContextOption = None,
    profile: ProfileOption = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Reach the cluster by this file instead of as EKS says, as through a tunnel.")
    ] = None,
    kube_context: Annotated[str | None, typer.Option(help="Context within that file.")] = None,
    url: Annotated[str | None, typer.Option(help="Where Airflow is, if not at its load balancer.")] = None,
    dag: Annotated[str, typer.Option(help="DAG to run.")] = HELLO_DAG,
    skip_dag: Annotated[bool, typer.Option("--skip-dag", help="Run no DAG.")] = False,
    dag_timeout: Annotated[
        int, typer.Option(min=1, help="Seconds that the DAG may take, a first node included.")
    ] = 900,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on what could not be checked, too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check a deployment: AWS resources, the cluster, Airflow, and a DAG run from trigger to log.

    What cannot be seen from here is shown as not checked. Exit code: 0 passed, 1 a check failed, 2 not run.
    """
    with explained(), ExitStack() as open_until_done:
        settings = settings_from(context or (), name=name, region=region)
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        stack = read_stack(aws, settings.name)
        deployment = Deployment(
            aws=aws,
            stack=stack,
            kubernetes=open_kubernetes(aws, stack, kubeconfig, kube_context, open_until_done),
            dag_test=DagTest(dag_id=dag, skip=skip_dag, timeout_seconds=dag_timeout),
            url=url,
        )
        runner = Runner(unknown=Status.NOT_CHECKED, console=Console(stderr=True))
        report = Report(
            command="verify",
            subject={"name": settings.name, "region": aws.region, "account": aws.account},
            results=runner.run(CHECKS, deployment),
            strict=strict,
        )
    report.write(output, Console(emoji=False))
    raise typer.Exit(report.exit_code)


def open_kubernetes(
    aws: Aws, stack: DeployedStack, kubeconfig: Path | None, kube_context: str | None, resources: ExitStack
) -> KubernetesApi | NotCheckedError:
    """The cluster's API, or why it cannot be asked. Raises OpsError where a person named a file that does not serve."""
    if kubeconfig is not None:
        return kubeconfig_api(kubeconfig, kube_context)
    try:
        described = aws.client("eks").describe_cluster(name=stack.output("ClusterName"))["cluster"]
        return resources.enter_context(eks_api(aws, described))
    except NotCheckedError as error:
        return error
    except CALL_ERRORS as error:
        return NotCheckedError(f"nobody says where the API server is: {explain(error)}")
    except OpsError as error:  # a stack that has failed has no outputs
        return NotCheckedError(str(error))
