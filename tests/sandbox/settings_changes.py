"""Deployments on which the steps of settings_changes.yaml are tried."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import Inventory, take_inventory
from ops.sandbox.process import Sandbox
from ops.sandbox.regions import ACCOUNT
from tests.sandbox.conftest import REGION, ROOT, synthesize
from tests.sandbox.happened import Happened, Watch
from tests.sandbox.settings_table import Keys, added


class Deployment:
    """The deployment of one chain."""

    def __init__(self, *, sandbox: Sandbox, folder: Path) -> None:
        self.aws = Aws(endpoint=sandbox.endpoint, region=REGION)
        self._sandbox, self._folder = sandbox, folder
        self._watch = Watch(self.aws)
        self._settings: dict[str, Any] = {}
        zone = self.aws.call("route53", "create_hosted_zone", Name="example.com", CallerReference="x")["HostedZone"]
        self._zone: str = zone["Id"].rpartition("/")[2]
        self.aws.call("codecommit", "create_repository", repositoryName="our-dags")
        self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        self._before = take_inventory(self.aws)
        self.assembly = folder

    def deploy(self, name: str, settings: Keys) -> Happened:
        """Deploy with these settings beside those that were set before. Gives what happened."""
        self._settings = added(self._settings, settings)
        chosen = {key: self._zone if value == "<zone>" else value for key, value in self._settings.items()}
        self.assembly = synthesize(self._folder / re.sub(r"\W+", "-", name), REGION, "aws", settings=chosen)
        self._watch.know(self.assembly)
        done = self._deploy()
        assert done.returncode == 0, (self._watch.failures(), done.stderr[-2000:])
        return self._watch.look()

    def again(self) -> tuple[str, Happened]:
        """Deploy the same once more. Gives what the command line says, and what happened."""
        done = self._deploy("--force")
        return done.stdout + done.stderr, self._watch.look()

    def destroy(self) -> list[str]:
        """Destroy it. Gives what is left."""
        self._cdk("destroy", "--force", "--app", str(self.assembly))
        left: Inventory = take_inventory(self.aws)
        return [f"{found.kind} {found.identifier}" for found in left.since(self._before)]

    def _deploy(self, *more: str) -> subprocess.CompletedProcess[str]:
        method = ("--method=direct", "--require-approval", "never")
        return self._run("cdk", "deploy", "--no-notices", *method, *more, "--app", str(self.assembly))

    def _cdk(self, command: str, *arguments: str) -> None:
        # Bootstrapping looks for no application only where there is none.
        done = self._run("cdk", command, "--no-notices", *arguments, folder=self._folder)
        assert done.returncode == 0, done.stderr[-2000:]

    def _run(self, program: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
        environment = self._sandbox.environment(REGION)
        found = shutil.which(program, path=environment["PATH"]) or program
        return subprocess.run(
            [found, *arguments],
            env={**environment, "NO_COLOR": "1"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
