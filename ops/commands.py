"""The list of commands."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from ops.cost.command import cost
from ops.demo import demo
from ops.guard import guarded
from ops.image.command import image
from ops.local.command import airflow
from ops.migrate.command import migrate
from ops.mirror.command import mirror
from ops.preflight.command import preflight
from ops.releases.command import releases
from ops.status import status
from ops.summary import summary
from ops.upgrade.command import upgrade_check
from ops.verify.command import verify


class Commands(TyperGroup):
    """Runs a command within the guard: nearer to it than Typer, which would end Ctrl-C in its own way."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was typed."""
        with guarded():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Operate Airflow on EKS.",
)


@app.callback()
def main() -> None:
    """Operate Airflow on EKS."""


app.command()(summary)
app.command()(cost)
app.command()(preflight)
app.command()(verify)
app.command()(status)
app.command()(upgrade_check)
app.command()(airflow)
app.command()(image)
app.command()(mirror)
app.command()(migrate)
app.command()(demo)
app.add_typer(releases, name="releases")
