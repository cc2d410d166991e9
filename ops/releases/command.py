"""``ops releases``: commands about settings/releases.yaml."""

from __future__ import annotations

import typer

from ops.releases.charts import charts
from ops.releases.check import check
from ops.releases.pin import pin

releases = typer.Typer(
    no_args_is_help=True,
    help="Check what settings/releases.yaml pins; fetch its charts; pin what is not pinned.",
)
releases.command()(charts)
releases.command()(check)
releases.command()(pin)
