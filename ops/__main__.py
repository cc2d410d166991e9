"""``python -m ops``: the list of commands."""

from __future__ import annotations

import typer

from ops.summary import summary

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Operate Airflow on EKS."
)


@app.callback()
def main() -> None:
    """Operate Airflow on EKS."""


app.command()(summary)

if __name__ == "__main__":
    app()
