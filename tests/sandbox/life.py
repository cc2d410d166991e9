"""One life of the platform in a sandbox: ``python -m tests.sandbox.life <region> <assembly> <record> [short]``.

It does what a person types, and writes down what came out, for the tests to look at. A short life is deployed, verified
and destroyed, and no more.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import Inventory, take_inventory
from ops.sandbox.pretend_cluster.state import everything, journal
from ops.sandbox.process import Sandbox, forget_credentials, sandbox
from ops.sandbox.regions import ACCOUNT

ROOT = Path(__file__).parents[2]


class Life:
    """What happens to one deployment, step by step."""

    def __init__(self, *, sandbox: Sandbox, region: str) -> None:
        self._sandbox = sandbox
        self._environment = sandbox.environment(region)
        self._aws = Aws(endpoint=sandbox.endpoint, region=region)
        self.record: dict[str, Any] = {"region": region, "steps": {}}

    def run(self, assembly: str, *, short: bool) -> None:
        """Bootstrap, deploy, verify or deploy again and look for what an upgrade would do, destroy."""
        deploy = ["cdk", "deploy", "--no-notices", "--method=direct", "--require-approval", "never", "--app", assembly]
        place = f"aws://{ACCOUNT}/{self.record['region']}"
        self._step("bootstrap", "cdk", "bootstrap", "--no-notices", place, folder=self._sandbox.state)
        before = take_inventory(self._aws)
        self._step("deploy", *deploy)
        deployed = take_inventory(self._aws)
        self.record["deployed"] = _identifiers(deployed, before)
        self.record["log groups"] = self._log_groups()
        if short:
            self._step("verify", sys.executable, "-m", "ops", "verify", "--skip-dag", "--region", self.record["region"])
        else:
            self._step("deploy again", *deploy)
            check = ["-m", "ops", "upgrade-check", "--region", self.record["region"], "--assembly", assembly]
            self._step("upgrade check", sys.executable, *check, "--offline", "--output", "json")
        self._step("destroy", "cdk", "destroy", "--no-notices", "--force", "--app", assembly)
        destroyed = take_inventory(self._aws)
        self.record["left"] = _identifiers(destroyed, before)
        self.record["pending keys"] = len(destroyed.keys_pending_deletion)
        self.record["journal"] = [asdict(entry) for entry in journal(self._sandbox.state)]
        self.record["cluster"] = {name: len(things) for name, things in everything(self._sandbox.state).items()}

    def _step(self, name: str, program: str, *arguments: str, folder: Path = ROOT) -> None:
        started = time.monotonic()
        found = shutil.which(program, path=self._environment["PATH"]) or program
        done = subprocess.run(
            [found, *arguments], env=self._environment, cwd=folder, capture_output=True, text=True, check=False
        )
        self.record["steps"][name] = {
            "code": done.returncode,
            "output": done.stdout,
            "errors": done.stderr,
            "seconds": round(time.monotonic() - started, 1),
        }
        if done.returncode:
            raise SystemExit(f"{name}: {done.stdout}\n{done.stderr}")

    def _log_groups(self) -> dict[str, bool]:
        """Log groups, and whether each has a retention: those that AWS made by itself have none."""
        groups = self._aws.call("logs", "describe_log_groups")["logGroups"]
        return {group["logGroupName"]: "retentionInDays" in group for group in groups}


def _identifiers(now: Inventory, before: Inventory) -> list[list[str]]:
    return [[found.kind, found.identifier] for found in now.since(before)]


def main() -> None:
    """Live, and write the record down, however far it came."""
    forget_credentials()
    region, assembly, record = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder)) as running:
        life = Life(sandbox=running, region=region)
        try:
            life.run(assembly, short=sys.argv[4:] == ["short"])
        finally:
            record.write_text(json.dumps(life.record), encoding="utf-8")


if __name__ == "__main__":
    main()
