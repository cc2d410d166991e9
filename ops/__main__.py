"""``python -m ops``."""

from __future__ import annotations

from ops.guard import guarded


def main() -> None:
    """Run a command. What the commands need takes a second to import, in which somebody may press Ctrl-C too."""
    with guarded():
        from ops.commands import app  # noqa: PLC0415

        app()


if __name__ == "__main__":
    main()
