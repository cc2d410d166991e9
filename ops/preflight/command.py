"""``ops preflight``: every check, then the exit code."""

from __future__ import annotations

import typer
from rich.console import Console

from ops.aws import connect
from ops.checks import Check, Runner
from ops.errors import explained
from ops.options import ContextOption, OutputOption, ProfileOption, settings_from
from ops.preflight import (
    account,
    changes,
    docker_hub,
    engines,
    given,
    kubernetes,
    names,
    quotas,
    registry,
    roles,
    zones,
)
from ops.preflight.subject import Preflight
from ops.report import Output, Report, Status

CHECKS: tuple[Check[Preflight], ...] = (
    Check("Account", "who", account.identity),
    Check("Account", "where", account.region),
    Check("Account", "CDK bootstrap", account.bootstrap),
    Check("Account", "service-linked roles", roles.service_linked_roles),
    Check("Account", "cluster administrators", account.administrators),
    Check("Names", "stack", names.stack),
    Check("Names", "names in use", names.taken),
    Check("Names", "DAG repository", names.dag_repository),
    Check("Changes", "changes", changes.changes),
    Check("Quotas", "quotas", quotas.quotas),
    Check("Network", "zones", zones.zones),
    Check("Network", "existing VPC", given.existing_vpc),
    Check("Network", "certificate", given.certificate),
    Check("Network", "hosted zone", given.hosted_zone),
    Check("Offers", "nodes", zones.node_types),
    Check("Offers", "database version", engines.database_version),
    Check("Offers", "database class", engines.database_class),
    Check("Offers", "queue version", engines.broker_version),
    Check("Offers", "queue node type", engines.broker_type),
    Check("Offers", "Kubernetes version", kubernetes.kubernetes_version),
    Check("Offers", "add-ons", kubernetes.addons),
    Check("Images", "images and charts", registry.registry),
    Check("Images", "built images", registry.built),
    Check("Images", "Docker Hub", docker_hub.docker_hub),
)


def preflight(
    *,
    context: ContextOption = None,
    profile: ProfileOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check, before a deployment, whether it will work: account, quotas, zones, versions, names, images.

    Give the same --context as to `cdk deploy`. Nothing is changed. Exit code: 0 passed, 1 a check failed, 2 not run.
    """
    with explained():
        settings = settings_from(context or ())
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        runner = Runner(unknown=Status.WARNING, console=Console(stderr=True))
        report = Report(
            command="preflight",
            subject={"name": settings.name, "region": aws.region, "account": aws.account, "size": settings.size},
            results=runner.run(CHECKS, Preflight(aws, settings, tuple(context or ()))),
        )
    report.write(output, Console(emoji=False))
    raise typer.Exit(report.exit_code)
