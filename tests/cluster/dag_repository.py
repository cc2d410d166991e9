"""DAGs get into the platform as a user's do: by a push to the DAG repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from botocore.credentials import ReadOnlyCredentials

from charts.airflow.askpass import sign
from ops.sandbox.aws import FAKE_ACCESS_KEY, FAKE_SECRET_KEY

_PERSON = ("-c", "user.name=A person", "-c", "user.email=person@example.com")
_SECONDS = 120


def push_dags(files: Mapping[str, Path], *, url: str, folder: Path, address: str, certificate: str = "") -> None:
    """Push files into ``dags/`` of the repository, by their names there. ``folder`` is for the clone, and new.

    ``address`` is where the name in ``url`` leads to, ``certificate`` the file that it is trusted by; where it is
    empty, git's own (GIT_SSL_CAINFO).
    """
    parts = urlsplit(url)
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull}
    if certificate:
        environment["GIT_SSL_CAINFO"] = certificate
    way = ("-c", f"http.curloptResolve={parts.hostname}:443:{address}", "-c", "http.proxy=")

    def git(*arguments: str) -> str:
        program = shutil.which("git") or "git"
        command = [program, *way, *_PERSON, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
        assert done.returncode == 0, f"git {arguments[0]}: {done.stderr.strip()}"
        return done.stdout

    # What git-remote-codecommit would give git. The signature is good for a quarter of an hour.
    credentials = ReadOnlyCredentials(FAKE_ACCESS_KEY, FAKE_SECRET_KEY, None)
    username, password = sign(url, str(parts.hostname).split(".")[1], credentials, datetime.now(UTC))
    login = f"{quote(username)}:{quote(password)}"
    git("clone", parts._replace(netloc=f"{login}@{parts.hostname}").geturl(), str(folder))
    dags = folder / "dags"
    dags.mkdir(exist_ok=True)
    for name, file in files.items():
        shutil.copyfile(file, dags / name)
    git("-C", str(folder), "add", "--all")
    if git("-C", str(folder), "status", "--porcelain"):
        git("-C", str(folder), "commit", "--quiet", "--message", "DAGs of the cluster's tests")
        git("-C", str(folder), "push", "--quiet", "origin", "HEAD:main")
