"""``python -m ops.diagram``: draw the synthesized platform.

It is no command of ``ops``, because its libraries are the developer's, and who only deploys does not have them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.assembly import read_assembly
from ops.contents import Contents
from ops.diagram.canvas import ROOT
from ops.diagram.facts import read_facts
from ops.diagram.picture import draw_picture
from ops.diagram.png import render
from ops.errors import OpsError, explained
from ops.guard import guarded

_PICTURE = ROOT / "docs" / "images" / "architecture.svg"


def diagram(
    assembly: Annotated[Path, typer.Argument(help="Folder that `cdk synth` wrote.")] = Path("cdk.out"),
    output: Annotated[Path, typer.Option("--output", "-o", help="File of the SVG; the PNG goes beside it.")] = _PICTURE,
) -> None:
    """Draw the architecture of a synthesized platform, as SVG and as PNG."""
    with explained():
        facts = read_facts(Contents(read_assembly(assembly)))
        svg = draw_picture(facts)
        pixels = render(svg)
        try:
            output.write_text(svg, encoding="utf-8")
            output.with_suffix(".png").write_bytes(pixels)
        except OSError as error:
            raise OpsError(f"--output {output}: {error.strerror}") from None


if __name__ == "__main__":
    with guarded():
        typer.run(diagram)
