"""What the picture is put together from: frames, cards with icons, arrows. Units are those of the SVG's view box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import drawsvg as draw  # type: ignore[import-untyped]

from ops.errors import OpsError

ROOT = Path(__file__).parents[2]
_ICONS = ROOT / "node_modules" / "aws-icons" / "icons"

INK, FAINT, LINE, PAPER, SCALES = "#1b2430", "#5a6675", "#8793a3", "#ffffff", "#00796b"
FONT = "Inter, Helvetica, Arial, 'DejaVu Sans', sans-serif"
TITLE, TEXT = 13.5, 12
TIMES = "×"  # noqa: RUF001 - the sign of multiplication is meant
# A letter is about this wide, measured in its size.
_WIDTH = 0.52

Point = tuple[float, float]


def fitting(text: str, room: float, size: float) -> str:
    """The text, cut where it would be wider than the room."""
    letters = int(room / (size * _WIDTH))
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def folded(text: str, room: float, size: float) -> list[str]:
    """The text in lines that are no wider than the room."""
    return wrap(text, int(room / (size * _WIDTH)), break_on_hyphens=False)


class Canvas:
    """An SVG that is drawn from the back to the front."""

    def __init__(self, *, width: float, height: float, colours: Mapping[str, str]) -> None:
        self._drawing = draw.Drawing(width, height, id_prefix="i", style=f"font-family: {FONT}")
        self._colours = colours
        self._heads: dict[str, draw.Marker] = {}
        # A sheet of its own makes it as legible on a dark page as on a light one.
        self._drawing.append(draw.Rectangle(0, 0, width, height, rx=14, fill=PAPER))

    def text(
        self, words: str, x: float, y: float, *, size: float = TEXT, colour: str = INK, bold: bool = False, at: str = ""
    ) -> None:
        """A line of text on its base line; ``at`` is SVG's text-anchor."""
        more = {"text_anchor": at} if at else {}
        self._drawing.append(draw.Text(words, size, x, y, fill=colour, font_weight=600 if bold else 400, **more))

    def frame(
        self,
        box: tuple[float, float, float, float],
        title: str,
        *,
        stack: str,
        dashed: bool = False,
        at: Point = (12, 19),
    ) -> None:
        """A box around others, in the colour of the stack that makes it; its name stands at this distance."""
        x, y, width, height = box
        colour = self._colours.get(stack, INK)
        self._drawing.append(draw.Rectangle(x, y, width, height, rx=8, fill=PAPER))
        more = {"stroke_dasharray": "4 3"} if dashed else {}
        self._drawing.append(
            draw.Rectangle(
                x, y, width, height, rx=8, fill=colour, fill_opacity=0.045, stroke=colour, stroke_width=1.4, **more
            )
        )
        self.text(fitting(title, width - at[0], TEXT), x + at[0], y + at[1], colour=colour, bold=True)

    def card(
        self,
        box: tuple[float, float, float, float],
        title: str,
        lines: Sequence[str] = (),
        *,
        stack: str,
        icon: str = "",
    ) -> None:
        """A part, with a stripe in the colour of the stack that makes it."""
        x, y, width, height = box
        self._drawing.append(draw.Rectangle(x, y, width, height, rx=6, fill=PAPER, stroke="#c5ccd6", stroke_width=1))
        self._drawing.append(draw.Rectangle(x, y + 5, 4, height - 10, rx=2, fill=self._colours.get(stack, LINE)))
        left, room = x + 13, width - 20
        if icon:
            self.icon(icon, x + 12, y + height / 2 - 18, 36)
            left, room = x + 57, width - 61
        top = y + height / 2 - 8 * len(lines) + 5
        self.text(fitting(title, room, TITLE), left, top, size=TITLE, bold=True)
        for number, line in enumerate(lines, 1):
            self.text(fitting(line, room, TEXT), left, top + 16 * number, colour=FAINT)

    def service(self, at: Point, title: str, lines: Sequence[str] = (), *, stack: str, icon: str) -> None:
        """An AWS service: an icon in the middle of ``at``, its name below it."""
        x, y = at
        self.icon(icon, x - 20, y - 20, 40)
        colour = self._colours.get(stack)
        if colour:
            self._drawing.append(draw.Rectangle(x - 20, y + 22, 40, 3, rx=1.5, fill=colour))
        self.text(fitting(title, 128, TEXT), x, y + 38, bold=True, at="middle")
        for number, line in enumerate(lines, 1):
            self.text(fitting(line, 128, TEXT), x, y + 38 + 15 * number, colour=FAINT, at="middle")

    def icon(self, name: str, x: float, y: float, size: float) -> None:
        """An AWS architecture icon, by its file in the package `aws-icons`. Raises OpsError where it is absent."""
        file = _ICONS / f"{name}.svg"
        if not file.exists():
            raise OpsError(f"{file.relative_to(ROOT)} is not there; `make setup` installs it")
        self._drawing.append(
            draw.Image(x, y, size, size, data=file.read_bytes(), mime_type="image/svg+xml", embed=True)
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        """A dot of the legend."""
        self._drawing.append(draw.Circle(x, y, 5, fill=colour))

    def arrow(
        self, points: Sequence[Point], label: str = "", *, at: Point = (0, 0), dashed: bool = False, head: bool = True
    ) -> None:
        """A line through points, with a head at its end and a label whose middle is ``at``."""
        colour = SCALES if dashed else "#3b4757"
        path = draw.Path(
            fill="none",
            stroke=colour,
            stroke_width=1.6,
            stroke_linejoin="round",
            **({"stroke_dasharray": "5 4"} if dashed else {}),
            **({"marker_end": self._head(colour)} if head else {}),
        )
        (x, y), *others = points
        path.M(x, y)
        for x, y in others:
            path.L(x, y)
        self._drawing.append(path)
        if label:
            self.text(label, at[0], at[1] + 4, colour=colour, at="middle", size=11.5)

    def svg(self) -> str:
        """The picture; the same calls give the same text."""
        return f"{self._drawing.as_svg()}\n"

    def _head(self, colour: str) -> draw.Marker:
        if colour not in self._heads:
            marker = draw.Marker(-8, -4, 1, 4, scale=1, orient="auto", markerUnits="userSpaceOnUse")
            marker.args.update({"markerWidth": 9, "markerHeight": 8})
            marker.append(draw.Lines(-8, -4, 0, 0, -8, 4, close=True, fill=colour))
            self._heads[colour] = marker
        return self._heads[colour]
