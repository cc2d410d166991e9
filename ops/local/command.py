"""``ops airflow``: run the platform's Airflow on this machine until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.assembly import read_assembly
from ops.errors import OpsError, explained
from ops.local.endpoints import HOST, Ports
from ops.local.folder import DEFAULT, ROOT, Folder
from ops.local.platform import LocalPlatform, Plan
from ops.local.process import kill_children
from ops.local.programs import Programs, find_programs
from ops.local.rendered import Rendered

_VENV = ROOT / ".venv-airflow"
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULTS = Ports()
_LAST_PORT = 65535


def _port(whose: str) -> Any:
    return typer.Option(min=0, max=_LAST_PORT, help=f"{whose} port. 0 takes any that is free.")


def airflow(
    *,
    assembly: Annotated[Path, typer.Option(help="Folder that `cdk synth` wrote.")] = ROOT / "cdk.out",
    dags: Annotated[Path, typer.Option(help="Folder with the DAGs.")] = ROOT / "dags",
    folder: Annotated[Path, typer.Option(help="Where databases, secrets and logs are kept.")] = DEFAULT,
    web_port: Annotated[int, _port("Airflow's")] = _DEFAULTS.web,
    database_port: Annotated[int, _port("PostgreSQL's")] = _DEFAULTS.database,
    pooler_port: Annotated[int, _port("PgBouncer's")] = _DEFAULTS.pooler,
    broker_port: Annotated[int, _port("Redis's")] = _DEFAULTS.broker,
    schedulers: Annotated[int, typer.Option(min=1, max=4, help="How many; SQLite bears one.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start with an empty database and new secrets.")] = False,
    sqlite: Annotated[bool, typer.Option("--sqlite", help="SQLite, even where PostgreSQL and Redis are.")] = False,
) -> None:
    """Run the platform's Airflow on this machine, on its loopback address, until Ctrl-C."""
    with explained():
        rendered = Rendered(read_assembly(assembly))
        if not (_VENV / "bin" / "airflow").exists():
            raise OpsError(f"{_VENV.name} is missing; run `make setup` first")
        if not dags.is_dir():
            raise OpsError(f"{dags} is no folder; --dags names the one with the DAGs")
        programs = find_programs()
        if sqlite:
            programs = Programs(postgres=None, pgbouncer=None, redis=None, missing=("--sqlite was given",))
        here = Folder(folder)
        with here.locked():
            ports = Ports(web=web_port, database=database_port, pooler=pooler_port, broker=broker_port).taken()
            if fresh:
                here.clear()
            _say(_backends(programs))
            plan = Plan(
                rendered=rendered,
                folder=here,
                ports=ports,
                programs=programs,
                dags=dags.absolute(),
                venv=_VENV,
                schedulers=schedulers,
            )
            _serve(plan)


def _serve(plan: Plan) -> None:
    for number in _ENDS:
        signal.signal(number, signal.default_int_handler)
    platform = LocalPlatform(plan, _say)
    try:
        platform.start()
        _say(_welcome(plan, platform.username))
        while True:
            time.sleep(1)
            platform.check()
    except KeyboardInterrupt:
        _say("stopping")
    finally:
        for number in _ENDS:  # a second Ctrl-C would leave half of them behind
            signal.signal(number, signal.SIG_IGN)
        platform.stop()
        kill_children()
    _say("stopped")


def _backends(programs: Programs) -> str:
    missing = "; ".join(programs.missing)
    if programs.postgres and programs.redis:
        return "with PostgreSQL, PgBouncer, and Redis" if not missing else f"with PostgreSQL and Redis: {missing}"
    return f"with SQLite, and tasks beside the scheduler: {missing}"


def _welcome(plan: Plan, username: str) -> str:
    return "\n".join(
        [
            f"Airflow is ready: http://{HOST}:{plan.ports.web}",
            f"  user      {username}",
            f"  password  in {_short(plan.folder.password)}",
            f"  DAGs      {_short(plan.dags)}",
            f"  logs      {_short(plan.folder.log('*').parent)}",
            f"  airflow   its own command line: source {_short(plan.folder.shell)}",
            "Ctrl-C stops it.",
        ]
    )


def _short(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _say(line: str) -> None:
    print(line, flush=True)
