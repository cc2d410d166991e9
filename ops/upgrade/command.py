"""``ops upgrade-check``: every check of a change of versions, one table, one exit code."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.aws import connect
from ops.checks import Check, Runner
from ops.errors import OpsError, explained
from ops.options import ContextOption, NameOption, OutputOption, ProfileOption, RegionOption, settings_from
from ops.report import Output, Report, Status
from ops.stack import read_stack
from ops.upgrade import (
    addons,
    airflow,
    charts,
    deployed,
    engines,
    kubernetes,
    node_images,
    packages,
    path,
    providers,
    sources,
    templates,
)
from ops.upgrade.archives import Archives, read_chart
from ops.upgrade.pins import IMAGE_PYTHON, ConstraintFiles
from ops.upgrade.sources import Source
from ops.upgrade.subject import Live, Upgrade
from ops.upgrade.versions import of_releases
from ops.verify.command import open_kubernetes
from settings import load_releases
from settings.pulled import pulled

CHECKS: tuple[Check[Upgrade], ...] = (
    Check("Before", "deployed state", deployed.state),
    Check("Airflow", "Airflow", airflow.version),
    Check("Airflow", "migrations", airflow.database),
    Check("Airflow", "providers", providers.providers),
    Check("Airflow", "packages", packages.packages),
    Check("Charts", "charts", charts.versions),
    Check("Charts", "values", charts.values),
    Check("Kubernetes", "Kubernetes", kubernetes.version),
    Check("Kubernetes", "node versions", kubernetes.nodes),
    Check("Kubernetes", "node image", node_images.node_images),
    Check("Kubernetes", "kubectl", kubernetes.kubectl_layer),
    Check("Kubernetes", "add-ons", addons.addons),
    Check("Kubernetes", "EKS upgrade insights", kubernetes.insights),
    Check("Engines", "database", engines.database),
    Check("Engines", "queue", engines.queue),
    Check("CloudFormation", "changes", templates.resources),
    Check("Path", "steps", path.path),
)
_AIRFLOW_PYTHON = sources.ROOT / ".venv-airflow" / "bin" / "python"


def upgrade_check(
    *,
    name: NameOption = None,
    region: RegionOption = None,
    context: ContextOption = None,
    profile: ProfileOption = None,
    revision: Annotated[
        str | None, typer.Option("--from", metavar="REVISION", help="Compare with this git revision; asks no AWS.")
    ] = None,
    from_releases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with this releases.yaml; asks no AWS.")
    ] = None,
    from_assembly: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Compare with this earlier `cdk synth`; asks no AWS.")
    ] = None,
    assembly: Annotated[Path, typer.Option(help="What would be deployed, as `cdk synth` wrote it.")] = Path("cdk.out"),
    chart: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Archive of a chart; others are pulled. May be repeated.")
    ] = None,
    constraints_before: Annotated[
        Path | None, typer.Option(help="Constraints of the Airflow that is deployed.")
    ] = None,
    constraints_after: Annotated[Path | None, typer.Option(help="Constraints of the Airflow to come.")] = None,
    python: Annotated[str, typer.Option(help="Python of the Airflow image, for its constraints.")] = IMAGE_PYTHON,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no chart and no constraints.")] = False,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Reach the cluster by this file instead of as EKS says, as through a tunnel.")
    ] = None,
    kube_context: Annotated[str | None, typer.Option(help="Context within that file.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on what could not be checked, too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say what a change of versions will do, before it is deployed: migrations, providers, charts, Kubernetes, engines.

    Compares what is deployed with this working tree. Nothing is changed. Exit code: 0 passed, 1 a check failed, 2 not
    run.
    """
    with explained(), ExitStack() as open_until_done:
        settings = settings_from(context or (), name=name, region=region)
        scratch = Path(open_until_done.enter_context(tempfile.TemporaryDirectory()))
        chosen = pulled(settings).charts.keys()
        before, live = _without_aws(revision, from_releases, from_assembly), None
        if before is None:
            aws = connect(region=settings.region, partition=settings.partition, profile=profile)
            live = Live(aws, read_stack(aws, settings.name))
            api = open_kubernetes(aws, live.stack, kubeconfig, kube_context, open_until_done)
            before = sources.from_deployment(aws, live.stack, api)
        before = sources.without_switched_off(before, chosen)
        upgrade = Upgrade(
            name=settings.name,
            region=settings.region,
            before=before.versions,
            after=of_releases(
                load_releases(),
                charts=chosen,
                kubernetes=settings.cluster.kubernetes_version,
                aurora=settings.database.version,
                queue=settings.broker.engine,
                source="this working tree",
            ),
            stacks_before=before.stacks,
            folder=assembly,
            archives=Archives([read_chart(file) for file in chart or ()], scratch, may_pull=not offline),
            constraints=ConstraintFiles(
                before=constraints_before,
                after=constraints_after,
                python=python,
                may_fetch=not offline,
                requirements_before=before.requirements,
                requirements_after=(sources.ROOT / sources.REQUIREMENTS).read_text(encoding="utf-8"),
            ),
            airflow_python=_AIRFLOW_PYTHON,
            requirements=settings.airflow.requirements,
            longest_task_hours=settings.airflow.workers.longest_task_hours,
            live=live,
        )
        runner = Runner(unknown=Status.NOT_CHECKED, console=Console(stderr=True))
        report = Report(
            command="upgrade-check",
            subject={"name": settings.name, "region": settings.region, "from": before.versions.source},
            results=runner.run(CHECKS, upgrade),
            strict=strict,
        )
    report.write(output, Console(emoji=False))
    raise typer.Exit(report.exit_code)


def _without_aws(revision: str | None, releases: Path | None, assembly: Path | None) -> Source | None:
    """What to compare with, where the person says so. Raises OpsError where they say so twice."""
    if sum(each is not None for each in (revision, releases, assembly)) > 1:
        raise OpsError("give one of --from, --from-releases and --from-assembly")
    if revision is not None:
        return sources.from_revision(revision)
    if releases is not None:
        return sources.from_file(releases)
    return sources.from_assembly(assembly) if assembly is not None else None
