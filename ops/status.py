"""``ops status``: where Airflow is, how to sign in, what is deployed and what runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops import status_facts as facts
from ops.aws import Aws, connect
from ops.aws_errors import CALL_ERRORS, explain
from ops.checks import NotCheckedError
from ops.errors import OpsError, explained
from ops.options import ContextOption, NameOption, OutputOption, ProfileOption, RegionOption, settings_from
from ops.report import Output
from ops.stack import DeployedStack, read_stack
from ops.status_facts import Fact
from ops.verify.command import open_kubernetes

Source = Callable[[Aws, DeployedStack], Iterator[Fact]]

_SOURCES: tuple[tuple[str, str, Source], ...] = (
    ("Access", "URL", facts.access),
    ("Stack", "stack", facts.stack_state),
    ("Versions", "Helm releases", facts.releases),
    ("Versions", "Kubernetes", facts.cluster),
    ("Versions", "database", facts.database),
    ("Versions", "queue", facts.queue),
    ("Add-ons", "add-ons", facts.addons),
)
_GROUPS = ("Access", "Stack", "Versions", "Helm releases", "Add-ons", "Runs")


def status(
    *,
    name: NameOption = None,
    region: RegionOption = None,
    context: ContextOption = None,
    profile: ProfileOption = None,
    kubeconfig: Annotated[Path | None, typer.Option(help="Reach the cluster by this file.")] = None,
    kube_context: Annotated[str | None, typer.Option(help="Context within that file.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show a deployment: the URL, where the admin password is, versions, what runs. Never the password itself."""
    with explained(), ExitStack() as open_until_done:
        settings = settings_from(context or (), name=name, region=region)
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        stack = read_stack(aws, settings.name)
        told = [fact for source in _SOURCES for fact in _ask(source, aws, stack)]
        api = open_kubernetes(aws, stack, kubeconfig, kube_context, open_until_done)
        try:
            if isinstance(api, NotCheckedError):
                raise api
            told += facts.workloads(api)
        except OpsError as error:
            told.append(Fact(group="Runs", about="in the cluster", value=f"not known: {error}"))
    told.sort(key=lambda fact: _GROUPS.index(fact.group))
    if output is Output.JSON:
        print(json.dumps(as_tree(settings.name, told), indent=2))
    else:
        _write(settings.name, told)


def as_tree(name: str, told: list[Fact]) -> dict[str, object]:
    """The facts for a program."""
    tree: dict[str, object] = {"command": "status", "name": name}
    for group, members in groupby(told, key=lambda fact: fact.group):
        tree[group.lower()] = {fact.about: fact.value for fact in members}
    return tree


def _ask(source: tuple[str, str, Source], aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """What a source says; that it could not say anything hides nothing else."""
    group, about, ask = source
    try:
        yield from ask(aws, stack)
    except CALL_ERRORS as error:
        problem = explain(error)
        if problem.ends_the_run:
            raise problem from None
        yield Fact(group=group, about=about, value=f"not known: {problem}")
    except OpsError as error:
        yield Fact(group=group, about=about, value=f"not known: {error}")


def _write(name: str, told: list[Fact]) -> None:
    # Commands are copied whole, so nothing here may break a line, or take the `:secret:` of an ARN for a picture.
    console = Console(soft_wrap=True, highlight=False, emoji=False)
    for group, members in groupby(told, key=lambda fact: fact.group):
        rows = list(members)
        width = max(len(fact.about) for fact in rows)
        console.print(f"[bold]{group}[/]" if group != "Access" else f"[bold]Airflow on EKS {name}[/]")
        for fact in rows:
            console.print(f"  {fact.about.ljust(width)}  {fact.value}", markup=False)
