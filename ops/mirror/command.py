"""``ops mirror``: look, then copy what is missing; or the other way, take all of it away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ops.aws import connect
from ops.errors import OpsError, explained
from ops.mirror import plan as plans
from ops.mirror.artifacts import Artifact, artifacts
from ops.mirror.copy import Copy
from ops.mirror.errors import MirrorError, StopError
from ops.mirror.plan import Planned
from ops.mirror.remove import remove as remove_repositories
from ops.mirror.route import Route, in_words, route_of
from ops.options import ContextOption, ProfileOption, settings_from
from settings import PARTITIONS

_JOBS = 4


def mirror(
    *,
    context: ContextOption = None,
    profile: ProfileOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what is there, what is missing, and sizes.")] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="All of settings/releases.yaml, not only what these settings install.")
    ] = False,
    to_archive: Annotated[
        Path | None, typer.Option(metavar="FILE.tar|FOLDER", help="Copy to an OCI image layout; needs no account.")
    ] = None,
    from_archive: Annotated[
        Path | None, typer.Option(metavar="FILE.tar|FOLDER", help="Copy from there; needs no publisher.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the repositories that this command made.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="How many layers at once.")] = _JOBS,
) -> None:
    """Copy every image and chart that a deployment pulls to the account's own registry, Amazon ECR.

    Give the same --context as to `cdk deploy`. Exit code: 0 all is there, 1 something is missing or could not be
    copied, 2 not run, 130 interrupted; run it again and it goes on.
    """
    with explained(), ExitStack() as until_done:
        _check_options(plan=plan, remove=remove, to_archive=to_archive, from_archive=from_archive)
        settings = settings_from(context or ())
        if remove:
            aws = connect(region=settings.region, partition=settings.partition, profile=profile)
            with in_words():
                remove_repositories(aws, settings.images.prefix, ask=not yes)
            return
        if not settings.images.any_is_copied:
            private = [f"partition={each.name}" for each in PARTITIONS.values() if each.image_source == "private"]
            contexts = " or ".join(
                f"--context {each}" for each in [*private, "images.source=private", "images.copied=docker.io"]
            )
            raise OpsError(
                "with images.source=upstream a deployment pulls from the publishers, and nothing has to be copied. "
                f"Give the context that you deploy with: {contexts}"
            )
        with in_words():
            route = route_of(settings, profile, to_archive, from_archive, plan_only=plan)
            until_done.callback(route.close)
            wanted = artifacts(settings, account=route.account, all_releases=all_)
            complete = run(route, wanted, plan_only=plan, jobs=jobs)
        if settings.airflow.requirements is not None and route.account:
            print("Airflow's image with the packages of airflow.requirements is built: python -m ops image")
    raise typer.Exit(0 if complete else 1)


def run(route: Route, wanted: list[Artifact], *, plan_only: bool, jobs: int) -> bool:
    """Whether all is there in the end. Raises StopError, or KeyboardInterrupt."""
    console, progress = Console(emoji=False), Console(stderr=True, emoji=False)
    with progress.status("looking at both ends"):
        plan = plans.make_plan(wanted, lambda each: (route.source(each), route.target(each)), jobs=2 * jobs)
    console.print(plans.table(plan, title=route.title))
    for note in plans.notes(plan):
        console.print(note, highlight=False, soft_wrap=True)
    console.print(plans.summary(plan), highlight=False, soft_wrap=True)
    if plan_only:
        return plans.is_complete(plan)
    missing = [each for each in plan if each.state is plans.State.MISSING]
    for repository in sorted({each.artifact.repository for each in plan if each.state is not plans.State.UNKNOWN}):
        route.prepare(repository)
    failed = _copy(route, missing, progress, jobs=jobs) if missing else {}
    for name, reason in failed.items():
        told = f"[bold red]not copied[/] {escape(name)}: {escape(str(reason))}"
        progress.print(told, highlight=False, soft_wrap=True)
    if missing:
        console.print(f"{len(missing) - len(failed)} copied, {len(failed)} not", highlight=False)
    return not failed and plans.is_complete(each for each in plan if each.state is not plans.State.MISSING)


def _copy(route: Route, missing: Sequence[Planned], progress: Console, *, jobs: int) -> dict[str, MirrorError]:
    """What could not be copied, by its name, with the reason."""
    route.parts.require_room(plans.to_copy(missing) if route.keeps_all else plans.largest(missing, jobs))
    try:
        failed = Copy(parts=route.parts, jobs=jobs, console=progress).run(missing)
    except KeyboardInterrupt:
        progress.print("What has been copied stays. Run the command again, and it goes on.")
        raise
    for each in missing:
        if each.artifact.name not in failed:
            try:
                route.verify(each.artifact)
            except StopError:
                raise
            except MirrorError as error:
                failed[each.artifact.name] = error
    return failed


def _check_options(*, plan: bool, remove: bool, to_archive: Path | None, from_archive: Path | None) -> None:
    given = [
        name
        for name, is_given in (
            ("--remove", remove),
            ("--to-archive", to_archive is not None),
            ("--from-archive", from_archive is not None),
        )
        if is_given
    ]
    if len(given) > 1 or (remove and plan):
        raise OpsError(f"{' and '.join(given) if len(given) > 1 else '--remove and --plan'}: give one of them")
