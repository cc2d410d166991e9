"""``ops summary``: what was synthesized, and what to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ops.assembly import read_assembly
from ops.errors import explained
from ops.options import NameOption
from settings import PARTITIONS

_CHINA = list(PARTITIONS)[-1]


def summary(
    assembly: Annotated[Path, typer.Argument(help="Folder that `cdk synth` wrote.")] = Path("cdk.out"),
    name: NameOption = None,
) -> None:
    """Show each stack of the synthesized platform: resources, size, and what it waits for."""
    console = Console()
    with explained():
        read = read_assembly(assembly, name=name)
    table = Table(title=f"Stack {read.root.name}: {read.root.template.get('Description', '')}", title_justify="left")
    for column, justify in (("nested stack", "left"), ("resources", "right"), ("KiB", "right"), ("waits for", "left")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type] # rich's Literal
    for stack in (read.root, *read.nested):
        name = f"({stack.name})" if stack is read.root else stack.name
        resources = len(stack.template["Resources"])
        table.add_row(name, str(resources), f"{stack.bytes / 1024:.0f}", ", ".join(stack.waits_for) or "nothing")
    console.print(table)
    console.print(
        "Nothing was deployed. Next, with AWS credentials:\n"
        "  source .venv/bin/activate\n"
        "  cdk bootstrap                                  once per account and region\n"
        f"  cdk deploy                                     or: cdk deploy --context partition={_CHINA}\n"
        "  cdk destroy                                    takes it all away again\n"
        "What can be set is in docs/settings.md; a smaller one to try: cdk deploy --context size=dev",
        highlight=False,
        soft_wrap=True,
    )
