"""``python -m ops``: the list of commands."""

from __future__ import annotations

import typer

from ops.cost.command import cost
from ops.demo import demo
from ops.image.command import image
from ops.local.command import airflow
from ops.mirror.command import mirror
from ops.preflight.command import preflight
from ops.status import status
from ops.summary import summary
from ops.upgrade.command import upgrade_check
from ops.verify.command import verify

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Operate Airflow on EKS."
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
app.command()(demo)

if __name__ == "__main__":
    app()
