"""``SANDBOX_REAL_CLUSTER=1``: the functions get the real programs, and the kubeconfig of the real cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.sandbox.pretend_cluster import aws_cli
from ops.sandbox.pretend_cluster.install import RealClusterError, install, is_real_cluster

pytestmark = pytest.mark.sandbox


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH with programs that say what they are called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("helm", "kubectl"):
        (folder / program).write_text(f'#!/bin/sh\necho real {program} "$@"\n')
        (folder / program).chmod(0o755)
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("the real one")
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("SANDBOX_REAL_CLUSTER", "1")
    return folder


def _run(programs: Path, *arguments: str) -> str:
    program, *rest = arguments
    return subprocess.run(
        [str(programs / program), *rest], input="a-password", capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.usefixtures("path")
def test_kubectl_and_helm_are_the_real_ones(tmp_path: Path) -> None:
    install(tmp_path / "programs")
    assert _run(tmp_path / "programs", "kubectl", "apply", "-f", "x") == "real kubectl apply -f x\n"
    assert _run(tmp_path / "programs", "helm", "upgrade", "a b") == "real helm upgrade a b\n"


@pytest.mark.usefixtures("path")
def test_nobody_logs_in_to_a_registry_with_a_password_that_is_none(tmp_path: Path) -> None:
    install(tmp_path / "programs")
    assert _run(tmp_path / "programs", "helm", "registry", "login", "--password-stdin", "public.ecr.aws") == ""


@pytest.mark.usefixtures("path")
def test_they_are_given_the_real_kubeconfig(tmp_path: Path) -> None:
    aws_cli._write(tmp_path / "kubeconfig", context="us-west-2/airflow")
    assert (tmp_path / "kubeconfig").read_text() == "the real one"


def test_a_program_that_is_missing_is_named(path: Path, tmp_path: Path) -> None:
    (path / "helm").unlink()
    with pytest.raises(RealClusterError, match="the real helm, which is not on PATH"):
        install(tmp_path / "programs")


@pytest.mark.usefixtures("path")
def test_a_kubeconfig_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG")
    with pytest.raises(RealClusterError, match="KUBECONFIG names no file"):
        is_real_cluster()


def test_without_being_asked_for_nothing_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere")
    monkeypatch.delenv("SANDBOX_REAL_CLUSTER", raising=False)
    assert not is_real_cluster()
