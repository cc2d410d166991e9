"""``ops migrate``: read the old Airflow, show what there is to do, do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from ops.aws import connect
from ops.aws_errors import CALL_ERRORS, explain
from ops.errors import OpsError, explained
from ops.migrate import connections, dags, exports, gather, plan, pools, users, variables
from ops.migrate.dags import DagSource
from ops.migrate.gather import PASSWORD, TOKEN, Gathered
from ops.migrate.items import Kind
from ops.migrate.plan import Planned, State
from ops.migrate.target import Target
from ops.options import ContextOption, NameOption, OutputOption, ProfileOption, RegionOption, settings_from
from ops.report import Output
from ops.stack import read_stack

_GROUPS = {Kind.POOLS: "pool", Kind.VARIABLES: "variable", Kind.CONNECTIONS: "connection", Kind.USERS: "user"}


def migrate(
    *,
    what: Annotated[
        list[Kind] | None, typer.Argument(help="What to bring; all that the old Airflow tells, where nothing is named.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="The old Airflow, version 2 or 3.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            help=f"Who signs in there. The password is asked for, or in {PASSWORD}; or a token is in {TOKEN}."
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Authority of the old Airflow's certificate, in PEM.")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--from-stdin", help="Read what `airflow … export` writes, with passwords.")
    ] = False,
    dags_from: Annotated[
        str | None,
        typer.Option(metavar="GIT-URL|FOLDER|S3-URI", help="Bring the DAGs too; from a repository all its branches."),
    ] = None,
    branch: Annotated[
        str | None, typer.Option(help="Of that repository this branch alone, to the one that the deployment reads.")
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Leave out what has such a name: `test_*`. May be repeated."),
    ] = None,
    with_defaults: Annotated[
        bool, typer.Option("--with-defaults", help="Those connections too that every Airflow has and nobody changed.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what the deployment has with another value.")
    ] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
    name: NameOption = None,
    region: RegionOption = None,
    context: ContextOption = None,
    profile: ProfileOption = None,
    url: Annotated[
        str | None, typer.Option(help="Where the deployment's Airflow is, if not at its load balancer.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring connections, variables, pools, users and DAGs of another Airflow into a deployment.

    Secrets go to AWS Secrets Manager and nowhere else. Exit code: 0 all is there (with --plan: nothing stands in the
    way), 1 something is not, 2 not run, 130 interrupted; run it again and it goes on.
    """
    with explained():
        kinds = _kinds(what or (), source=source, from_stdin=from_stdin, dags_from=dags_from)
        settings = settings_from(context or (), name=name, region=region)
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        progress = Console(stderr=True, emoji=False)
        try:
            stack = read_stack(aws, settings.name)
            target = Target(aws=aws, stack=stack, settings=settings, url=url, overwrite=overwrite)
            gathered = Gathered(source=dags_from or "", items={})
            if source:
                access = gather.access_for(user)
                with progress.status("") as status:
                    gathered = gather.from_api(source, access, kinds, ca_file=ca_file, say=status.update)
            elif from_stdin:
                gathered = gather.from_stdin(kinds[0])
            with TemporaryDirectory(prefix="airflow-eks-migrate-") as work:
                with progress.status(f"looking at {settings.name}"):
                    planned = list(_plan(gathered.without(skip or ()), target, with_defaults=with_defaults))
                    if dags_from:
                        dag_source = DagSource(place=dags_from, branch=branch, profile=profile)
                        planned += dags.plan(dag_source, target, Path(work))
                title = f"migrate · {gathered.source} → {settings.name} in {aws.region} of {aws.account}"
                clear = run(planned, title=title, plan_only=plan_only, output=output, progress=progress)
        except CALL_ERRORS as error:
            raise explain(error) from None
    raise typer.Exit(0 if clear else 1)


def run(planned: Sequence[Planned], *, title: str, plan_only: bool, output: Output, progress: Console) -> bool:
    """Whether nothing is left to do by hand. Raises OpsError, or KeyboardInterrupt."""
    console = Console(emoji=False)
    if output is Output.TABLE:
        plan.write(planned, title=title, console=console)
        for hint in _hints(planned):
            console.print(hint, highlight=False, markup=False, soft_wrap=True)
    failed: list[Planned] = []
    if not plan_only:
        try:
            done = plan.keep_going(planned, progress)
        except KeyboardInterrupt:
            progress.print("What has been made stays. Run the command again, and it goes on.")
            raise
        failed = [each for each in done if each.state is State.FAILED]
        for each in failed:
            progress.print(
                f"{each.kind} {each.name} failed: {each.note}", markup=False, highlight=False, soft_wrap=True
            )
        if output is Output.TABLE:
            print(f"{len(done) - len(failed)} brought, {len(failed)} failed")
    clear = plan.is_clear([*planned, *failed])
    if output is Output.JSON:
        print(plan.as_json([*planned, *failed], title=title, clear=clear))
    return clear


def _kinds(what: Sequence[Kind], *, source: str | None, from_stdin: bool, dags_from: str | None) -> list[Kind]:
    """What to bring, in the order in which it is brought. Raises OpsError where the options do not go together."""
    if source is None and not from_stdin and dags_from is not None and not what:
        return []
    if (source is None) is not from_stdin:
        raise OpsError(
            "give one of --from URL, the old Airflow, and --from-stdin, an export that is piped in; "
            "or --dags-from alone, for the DAGs alone"
        )
    if from_stdin and len(what) != 1:
        raise OpsError(f"--from-stdin reads one kind: name one of {', '.join(_GROUPS)}")
    return [kind for kind in _GROUPS if not what or kind in what]


def _plan(gathered: Gathered, target: Target, *, with_defaults: bool) -> Iterator[Planned]:
    items = gathered.items
    for kind, reason in gathered.not_given.items():
        yield Planned(kind=_GROUPS[kind], name=f"all {kind}", state=State.NOT_GIVEN, note=reason)
    yield from pools.plan(items.get(Kind.POOLS, ()), target)
    yield from variables.plan(items.get(Kind.VARIABLES, ()), target)
    yield from connections.plan(items.get(Kind.CONNECTIONS, ()), target, with_defaults=with_defaults)
    if Kind.USERS in items:
        users.require_users_api(target)
        yield from users.plan(items[Kind.USERS], gathered.roles, target)
        if gathered.complete:
            note = "an export does not say who is not active: those get a new password here like the others"
            yield Planned(kind=_GROUPS[Kind.USERS], name="all users", state=State.NOTE, note=note)


def _hints(planned: Sequence[Planned]) -> Iterator[str]:
    """How to bring what the old Airflow did not give."""
    for kind, name in _GROUPS.items():
        if any(each.kind == name and each.state is State.NOT_GIVEN for each in planned):
            yield (
                f"To bring the {kind} that were not given, run this where the old Airflow runs, with the same options "
                f"for the deployment:\n  {exports.COMMANDS[kind]} | python -m ops migrate {kind} --from-stdin"
            )
