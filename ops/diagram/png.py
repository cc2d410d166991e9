"""The same picture in pixels, for slides."""

from __future__ import annotations

import struct
import zlib
from hashlib import sha256

import resvg_py

from ops.diagram.canvas import ROOT
from ops.errors import OpsError

WIDTH = 2400
"""In pixels."""
_NOTE = "Source"
_FONTS = ROOT / "node_modules" / "@expo-google-fonts" / "inter"
_WEIGHTS = ("400Regular/Inter_400Regular.ttf", "600SemiBold/Inter_600SemiBold.ttf")


def render(svg: str) -> bytes:
    """A PNG of an SVG, in one font whatever is installed on this machine. Raises OpsError where that font is absent."""
    fonts = [_FONTS / weight for weight in _WEIGHTS]
    for font in fonts:
        if not font.exists():
            raise OpsError(f"{font.relative_to(ROOT)} is not there; `make setup` installs it")
    pixels: bytes = resvg_py.svg_to_bytes(
        svg_string=svg, width=WIDTH, skip_system_fonts=True, font_files=[str(font) for font in fonts]
    )
    return _with_note(pixels, f"{_NOTE}\0{_digest(svg)}".encode())


def is_of(pixels: bytes, svg: str) -> bool:
    """Whether a PNG was made from this SVG. Its pixels would not say so: they differ a little between processors."""
    return f"{_NOTE}\0{_digest(svg)}".encode() in pixels


def _digest(svg: str) -> str:
    return sha256(svg.encode()).hexdigest()


def _with_note(pixels: bytes, note: bytes) -> bytes:
    """The PNG with a tEXt chunk after its header, which is always 33 bytes: https://www.w3.org/TR/png-3/#11tEXt."""
    chunk = b"tEXt" + note
    return pixels[:33] + struct.pack(">I", len(note)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + pixels[33:]
