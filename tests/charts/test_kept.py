"""What takes long is made once, and again when anything that it comes from is another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import kept, sources


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FOLDER", tmp_path)
    return tmp_path


def test_it_is_made_once() -> None:
    made: list[str] = []

    def make() -> list[str]:
        made.append("made")
        return ["result"]

    first = kept.kept("kind", ("1.0", "input"), make)
    first.append("changed")
    assert kept.kept("kind", ("1.0", "input"), make) == ["result"]
    assert made == ["made"]
    kept.kept("kind", ("1.1", "input"), make)
    kept.kept("another", ("1.0", "input"), make)
    assert len(made) == 3


def test_a_failure_is_not_kept() -> None:
    def fail() -> None:
        raise RuntimeError("it failed")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="it failed"):
            kept.kept("kind", ("input",), fail)
    assert kept.kept("kind", ("input",), lambda: "result") == "result"


def test_half_a_file_is_made_anew(folder: Path) -> None:
    kept.kept("kind", ("input",), lambda: "result")
    (file,) = (folder / "kind").iterdir()
    file.write_bytes(b"")
    assert kept.kept("kind", ("input",), lambda: "again") == "again"


def test_what_nobody_asks_for_goes(folder: Path) -> None:
    kept.kept("kind", ("old",), lambda: "old")
    (file,) = (folder / "kind").iterdir()
    os.utime(file, (0, 0))
    kept.kept("kind", ("new",), lambda: "new")
    assert not file.exists()


def test_another_source_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.Test, "patches", False)
    assert sources.of_sources("kind", ("input",), lambda: "result") == "result"
    assert sources.of_sources("kind", ("input",), lambda: "again") == "result"
    monkeypatch.setattr(sources, "state", lambda: "another")
    assert sources.of_sources("kind", ("input",), lambda: "again") == "again"


def test_who_patches_something_has_a_result_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which sources do not say, and nobody else gets."""
    assert sources.Test.patches
    assert sources.of_sources("kind", ("input",), lambda: "patched") == "patched"
    monkeypatch.setattr(sources.Test, "patches", False)
    assert sources.of_sources("kind", ("input",), lambda: "result") == "result"
