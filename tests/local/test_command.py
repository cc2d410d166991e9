"""``ops airflow`` says in one line what is in its way."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.commands import app
from ops.local import command
from ops.local.folder import Folder


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["airflow", *arguments])
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    text = re.sub(r"\n$", "", result.output)
    assert "\n" not in text
    return text


def test_no_assembly(tmp_path: Path) -> None:
    assert "run `make synth`" in refused("--assembly", str(tmp_path))


def test_no_airflow(assembly: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "_VENV", tmp_path / ".venv-airflow")
    assert refused("--assembly", str(assembly)) == ".venv-airflow is missing; run `make setup` first"


def test_no_dags(assembly: Path, tmp_path: Path) -> None:
    assert "--dags names" in refused("--assembly", str(assembly), "--dags", str(tmp_path / "none"))


def test_a_port_is_taken(assembly: Path, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        text = refused("--assembly", str(assembly), "--folder", str(tmp_path), "--web-port", str(port))
    assert re.fullmatch(rf"port {port} is taken \(.*\); choose another one: --web-port", text)


def test_it_runs_already(assembly: Path, tmp_path: Path) -> None:
    with Folder(tmp_path).locked():
        assert "stop that one first" in refused("--assembly", str(assembly), "--folder", str(tmp_path))
