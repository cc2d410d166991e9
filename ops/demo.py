"""``ops demo``: the whole life of the platform, from bootstrap to nothing left, in an in-memory AWS on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import Inventory, take_inventory
from ops.sandbox.pretend_cluster.install import RealClusterError, is_real_cluster
from ops.sandbox.pretend_cluster.state import Entry, journal
from ops.sandbox.process import Sandbox, SandboxError, forget_credentials, sandbox
from ops.sandbox.programs import run
from ops.sandbox.regions import ACCOUNT
from settings import PARTITIONS

_ROOT = Path(__file__).parents[1]
_SIZE = "dev"  # the size that keeps nothing when it is destroyed
_STACK = "airflow"
_INTERRUPTED = 130


class DemoError(Exception):
    """The demo cannot go on."""


def demo(
    partition: Annotated[str, typer.Option(help=f"{' or '.join(PARTITIONS)}.")] = "aws",
    region: Annotated[str | None, typer.Option(help="Region; by default the partition's own default.")] = None,
) -> None:
    """Bootstrap, deploy, verify and destroy the platform in an in-memory AWS on this machine. Needs no AWS account."""
    forget_credentials()
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    if partition not in PARTITIONS:
        raise typer.BadParameter(f"must be one of {', '.join(PARTITIONS)}", param_hint="--partition")
    facts = PARTITIONS[partition]
    region = region or facts.default_region
    if region not in facts.regions:
        raise typer.BadParameter(f"must be one of {', '.join(facts.regions)}", param_hint="--region")
    try:
        is_real_cluster()
    except RealClusterError as error:
        raise typer.BadParameter(str(error), param_hint="environment") from None
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="airflow-eks-demo-"))
    try:
        with sandbox(folder) as running:
            problems = Demo(console=console, sandbox=running, partition=partition, region=region).run()
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        console.print("\nStopped. The in-memory AWS is gone, and nothing of it is left running.")
        raise typer.Exit(_INTERRUPTED) from None
    except (DemoError, SandboxError) as error:
        problems = [str(error)]
    if problems:
        for problem in problems:
            console.print(f"[red]Failed:[/red] {escape(problem)}")
        console.print(f"Logs of the in-memory AWS and of its functions: {folder}")
        raise typer.Exit(1)
    shutil.rmtree(folder, ignore_errors=True)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@dataclass(kw_only=True)
class Demo:
    """One run through the platform's life."""

    console: Console
    sandbox: Sandbox
    partition: str
    region: str
    _step: int = field(default=0, init=False)

    def run(self) -> list[str]:
        """Go through all of it. Gives what was not as it should be. Raises DemoError where it cannot go on."""
        started = time.monotonic()
        self.console.print(
            f"An in-memory AWS answers at {self.sandbox.endpoint}. All that follows talks to it and to nothing else;\n"
            "credentials, profiles and endpoints of your environment are left out."
        )
        aws = Aws(endpoint=self.sandbox.endpoint, region=self.region)
        # Not in the project's folder, where it would synthesize the application first.
        self._cdk("bootstrap", f"aws://{ACCOUNT}/{self.region}", folder=self.sandbox.state)
        before = take_inventory(aws)
        assembly = self.sandbox.state / "cdk.out"
        context = [f"name={_STACK}", f"partition={self.partition}", f"region={self.region}", f"size={_SIZE}"]
        options = [word for pair in context for word in ("--context", pair)]
        self._cdk("deploy", "--method=direct", "--require-approval", "never", "--output", str(assembly), *options)
        self._show_deployed(take_inventory(aws), before)
        problems = self._verify(options)
        self._show_next(aws)
        self._cdk("destroy", "--force", "--app", str(assembly))
        problems += self._show_left(take_inventory(aws), before)
        problems += [f"{entry.what}: {entry.detail}" for entry in self._journal("problem")]
        verdict = "[red]not all of it as it should be[/red]" if problems else "[green]done[/green]"
        self.console.print(f"\n{verdict}, in {time.monotonic() - started:.0f} s")
        return problems

    def _cdk(self, command: str, *arguments: str, folder: Path = _ROOT) -> None:
        # The command line looks for news about itself unless told not to.
        code = self._run([f"cdk {command}", *arguments], ["cdk", command, "--no-notices", *arguments], folder)
        if code:
            raise DemoError(f"cdk {command} ended with {code}")

    def _verify(self, options: Sequence[str]) -> list[str]:
        command = ["python", "-m", "ops", "verify", "--skip-dag", *options]
        if is_real_cluster():
            command += ["--kubeconfig", os.environ["KUBECONFIG"]]
        code = self._run(command, command)
        return [f"ops verify ended with {code}"] if code else []

    def _run(self, shown: Sequence[str], command: Sequence[str], folder: Path = _ROOT) -> int:
        with self._headed(" ".join(shown)):
            environment = self.sandbox.environment(self.region)
            program = shutil.which(command[0], path=environment["PATH"])
            if program is None:
                raise DemoError(f"there is no `{command[0]}` on PATH; run `make setup`")
            return run([program, *command[1:]], environment=environment, folder=folder)

    @contextmanager
    def _headed(self, title: str) -> Iterator[None]:
        self._step += 1
        self.console.print(f"\n[bold]{self._step}. {escape(title)}[/bold]")
        started = time.monotonic()
        yield
        self.console.print(f"[dim]{time.monotonic() - started:.0f} s[/dim]")

    def _show_deployed(self, now: Inventory, before: Inventory) -> None:
        with self._headed("What is there now"):
            counted = Inventory(present=frozenset(now.since(before)), keys_pending_deletion=frozenset()).count()
            self.console.print(", ".join(f"{kind}: {number}" for kind, number in counted.items()))
            self._show_objects("Kubernetes objects and releases, in the order in which they were made", "created")

    def _show_objects(self, title: str, action: str) -> None:
        if is_real_cluster():
            self.console.print("Kubernetes objects are in the real cluster.")
            return
        self.console.print(f"\n{title}:")
        for number, entry in enumerate(self._journal(action), start=1):
            self.console.print(f"{number:4} {escape(entry.what)} [dim]{escape(entry.detail)}[/dim]")

    def _show_next(self, aws: Aws) -> None:
        (stack,) = aws.call("cloudformation", "describe_stacks", StackName=_STACK)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        with self._headed("Outputs, and what you would do next in a real account"):
            for key, value in outputs.items():
                self.console.print(f"  {key:18} {value}")
            self.console.print(
                "\n  python -m ops status                     where Airflow is, and how to show its password\n"
                "  python -m ops verify                     the checks above, the cluster's own, and a DAG run\n"
                f"  {outputs['KubeconfigCommand']}\n"
                f"  git clone {outputs['DagRepositoryUrl']}\n"
                "                                           where your DAGs go: a push brings them to the cluster"
            )

    def _show_left(self, now: Inventory, before: Inventory) -> list[str]:
        left = now.since(before)
        with self._headed("What is left"):
            self._show_objects("Kubernetes objects and releases, in the order in which they were deleted", "deleted")
            self.console.print("\nWhat `cdk bootstrap` made, and AWS' defaults:")
            for kind, number in now.count().items():
                self.console.print(f"  {kind}: {number}")
            for found in sorted(now.keys_pending_deletion):
                self.console.print(f"Gone in 30 days, which is how AWS deletes keys: {found.kind} {found.identifier}")
            self.console.print(f"Of the platform itself: {len(left) or 'nothing'}")
        return [f"{found.kind} {found.identifier} is left" for found in left]

    def _journal(self, action: str) -> list[Entry]:
        return [entry for entry in journal(self.sandbox.state) if entry.action == action]
