"""What upgrade-check looks at: what is deployed, or another revision, and what this working tree would deploy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.assembly import Assembly, AssemblyError, read_assembly
from ops.aws import Aws
from ops.checks import NotCheckedError
from ops.stack import DeployedStack
from ops.upgrade.archives import Archives
from ops.upgrade.pins import ConstraintFiles
from ops.upgrade.releases_in import Release, releases_in
from ops.upgrade.versions import Versions

_SYNTHESIZE = "Run `cdk synth --quiet` with the --context keys that you will deploy with, then repeat this."


@dataclass(frozen=True)
class Live:
    """A deployment to ask."""

    aws: Aws
    stack: DeployedStack


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """The subject of every check."""

    name: str
    region: str
    before: Versions
    after: Versions
    stacks_before: Mapping[str, Mapping[str, Any]] | None
    """Templates by stack, the top-level one under no name; None where only versions are known."""
    folder: Path
    """Where the synthesized application is that would be deployed."""
    archives: Archives
    constraints: ConstraintFiles
    airflow_python: Path
    """Python of an environment with Airflow in it, which is asked for its migrations."""
    requirements: str | None = None
    """File of packages that go into Airflow's image: the setting airflow.requirements."""
    longest_task_hours: int | None = None
    """How long a worker that is told to go may take: the setting airflow.workers.longest_task_hours."""
    live: Live | None = None
    """The deployment, unless another revision is compared with."""

    @property
    def deployment(self) -> Live:
        """What is deployed. Raises NotCheckedError where another revision is compared with."""
        if self.live is None:
            raise NotCheckedError("no deployment was asked", "Repeat the command without --from…")
        return self.live

    @property
    def assembly(self) -> Assembly:
        """What would be deployed. Raises NotCheckedError where it was not synthesized from this working tree."""
        if isinstance(self._assembly, NotCheckedError):
            raise self._assembly
        return self._assembly

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """The Helm releases that would be deployed. Raises NotCheckedError as ``assembly`` does."""
        return releases_in(self.assembly)

    @cached_property
    def _assembly(self) -> Assembly | NotCheckedError:
        try:
            assembly = read_assembly(self.folder, name=self.name)
        except AssemblyError as error:
            return NotCheckedError(str(error), _SYNTHESIZE)
        if assembly.root.name != self.name:
            told = f"{self.folder} holds the deployment {assembly.root.name}, not {self.name}"
            return NotCheckedError(told, _SYNTHESIZE)
        synthesized = {each.key: each.version for each in releases_in(assembly)}
        stale = {name for name, version in self.after.charts.items() if synthesized.get(name, version) != version}
        airflow = next((each.values.get("airflowVersion") for each in releases_in(assembly) if each.is_airflow), None)
        if airflow != self.after.airflow:
            stale.add("Airflow itself")
        if stale:
            told = f"{self.folder} was synthesized with other versions of {', '.join(sorted(stale))}"
            return NotCheckedError(told, _SYNTHESIZE)
        return assembly
