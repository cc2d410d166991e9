"""A console that nobody looks at."""

from __future__ import annotations

import io

from rich.console import Console

QUIET = Console(file=io.StringIO())
