"""The deployed platform: its stack, its cluster, and the CDK's command line to change it with."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import ops.aws
from ops.errors import OpsError
from ops.local.process import Process, stop
from ops.names import AIRFLOW_NAMESPACE
from ops.sandbox.aws import Aws
from ops.sandbox.inventory import Inventory, take_inventory
from ops.sandbox.process import Sandbox
from ops.sandbox.regions import ACCOUNT
from ops.stack import DeployedStack, read_stack
from settings import Settings, cdk_json_context, load_settings
from tests.cluster.choice import NAME
from tests.cluster.kube import Kube
from tests.cluster.leftovers import everything, without_what_stays

ROOT = Path(__file__).parents[2]
_MINUTES = 60
_DEPLOY_SECONDS = 45 * _MINUTES


class Platform:
    """One deployment in an in-memory AWS and a real cluster."""

    namespace = AIRFLOW_NAMESPACE

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        kube: Kube,
        context: Mapping[str, str],
        folder: Path,
        patience: float = _DEPLOY_SECONDS,
    ) -> None:
        self.sandbox, self.kube, self.folder = sandbox, kube, folder
        self.context = dict(context)
        self.region = self.context["region"]
        self.aws = Aws(endpoint=sandbox.endpoint, region=self.region)
        self.before: Inventory | None = None
        """What of AWS there was before the deployment."""
        self.cluster_before: frozenset[str] = frozenset()
        """What the cluster had before it."""
        self.destroyed = False
        self._patience, self._count = patience, 0
        self._changes: dict[str, str] = {}

    @cached_property
    def settings(self) -> Settings:
        """The settings that it is deployed with."""
        return load_settings({**cdk_json_context(), **self.context, **self._changes})

    @property
    def stack(self) -> DeployedStack:
        """The stack as it is now."""
        return read_stack(self.ops_aws, NAME)

    @property
    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        return self.stack.outputs

    @cached_property
    def ops_aws(self) -> ops.aws.Aws:
        """The same AWS, as the commands of ``ops`` see it."""
        return ops.aws.connect(region=self.region, partition=self.context["partition"])

    def admin(self) -> tuple[str, str]:
        """Name and password of Airflow's administrator, from where ``ops verify`` has them."""
        answer = self.aws.call("secretsmanager", "get_secret_value", SecretId=self.outputs["AdminSecretArn"])
        secret = json.loads(answer["SecretString"])
        return secret["username"], secret["password"]

    def kubectl(self, *arguments: str, **options: Any) -> str:
        """See Kube.kubectl."""
        return self.kube.kubectl(*arguments, **options)

    def bootstrap(self) -> None:
        """``cdk bootstrap``. Raises AssertionError where it fails."""
        # Not in the project's folder, where it would synthesize the application first.
        done = self._run("cdk bootstrap", ["bootstrap", f"aws://{ACCOUNT}/{self.region}"], folder=self.folder)
        assert done.returncode == 0, done.stdout
        self.before, self.cluster_before = take_inventory(self.aws), everything(self.kube)

    def cdk(self, command: str, *options: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """``cdk deploy`` and others, with the settings of the deployment and what differs from them.

        A setting in a section is given as ``**{"airflow.workers.max": "3"}``; its change stays for later calls where
        the deployment succeeds. Output and errors come as one text, ``stdout``.
        """
        context = {**self.context, **self._changes, **changes}
        arguments = [command, "--output", str(self.folder / "cdk.out"), *options]
        arguments += [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
        if command == "deploy":
            arguments += ["--method=direct", "--require-approval", "never"]
        done = self._run(f"cdk {command}", arguments, folder=ROOT)
        if command == "deploy" and done.returncode == 0:
            self._changes |= changes
            self.__dict__.pop("settings", None)
        return done

    def deploy(self, **changes: str) -> subprocess.CompletedProcess[str]:
        """``cdk deploy``: the first time, or an update."""
        self.destroyed = False
        return self.cdk("deploy", **changes)

    def destroy(self) -> subprocess.CompletedProcess[str]:
        """``cdk destroy``."""
        done = self.cdk("destroy", "--force")
        self.destroyed = done.returncode == 0
        return done

    def left(self) -> list[str]:
        """What of AWS, and in the cluster, is there that was not before the deployment and should not be."""
        assert self.before is not None, "the deployment is not this session's"
        in_aws = [f"{found.kind} {found.identifier}" for found in take_inventory(self.aws).since(self.before)]
        return in_aws + without_what_stays(everything(self.kube) - self.cluster_before)

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python -m ops …``, which sees this AWS."""
        return self._run(f"ops {arguments[0]}", ["-m", "ops", *arguments], folder=ROOT, program="python")

    def _run(
        self, name: str, arguments: list[str], *, folder: Path, program: str = "cdk"
    ) -> subprocess.CompletedProcess[str]:
        environment = self.sandbox.environment(self.region)
        found = shutil.which(program, path=environment["PATH"])
        assert found, f"there is no {program} on PATH; run make setup"
        self._count += 1
        notices = ["--no-notices"] if program == "cdk" else []
        process = Process(
            name,
            [found, *arguments, *notices],
            environment=environment,
            folder=folder,
            log=self.folder / f"{self._count:02}-{name.replace(' ', '-')}.log",
            whole_group=True,
        )
        code = 1
        try:
            process.wait(self._patience)
            code = 0
        except OpsError as error:
            with process.log.open("a") as log:
                log.write(f"\n{error}\n")
        finally:
            stop([process])
        return subprocess.CompletedProcess([program, *arguments], code, process.log.read_text(errors="replace"), "")
