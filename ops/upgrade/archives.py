"""Chart archives: given by the person, or pulled from the chart's publisher by helm."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ops.checks import NotCheckedError
from ops.errors import OpsError
from ops.upgrade.helm import Helm, HelmError, find_helm
from settings import load_releases

_GIVE = "Give its archive: --chart FILE.tgz"


@dataclass(frozen=True)
class Chart:
    """One chart, read from its archive."""

    path: Path
    files: dict[str, str]
    """Text of the chart's own files, without those of the charts in it."""

    @cached_property
    def described(self) -> dict[str, Any]:
        """Its Chart.yaml."""
        return dict(yaml.safe_load(self.files["Chart.yaml"]))

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Its values.yaml."""
        return dict(yaml.safe_load(self.files.get("values.yaml", "")) or {})

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Its values.schema.json; empty where it has none."""
        return dict(yaml.safe_load(self.files.get("values.schema.json", "{}")))

    @cached_property
    def templates(self) -> str:
        """All of its templates."""
        return "\n".join(text for name, text in self.files.items() if name.startswith("templates/"))

    @property
    def definitions(self) -> tuple[str, ...]:
        """Custom resource definitions that Helm installs once and never changes again."""
        found = []
        for name, text in self.files.items():
            if name.startswith("crds/") and name.endswith((".yaml", ".yml")):
                found += [each["metadata"]["name"] for each in yaml.safe_load_all(text) if each]
        return tuple(sorted(found))


def read_chart(path: Path) -> Chart:
    """Read an archive, as ``helm pull`` leaves it. Raises OpsError where it is none."""
    files = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                inner = PurePosixPath(member.name).parts[1:]
                source = archive.extractfile(member)
                if source is not None and inner and inner[0] != "charts":
                    files["/".join(inner)] = source.read().decode("utf-8", errors="replace")
    except (OSError, tarfile.TarError) as error:
        raise OpsError(f"--chart {path}: {error}") from None
    if "Chart.yaml" not in files:
        raise OpsError(f"--chart {path}: is no Helm chart, there is no Chart.yaml in it")
    return Chart(path, files)


@dataclass(frozen=True)
class Archives:
    """Where archives come from."""

    given: Sequence[Chart]
    folder: Path
    """For what is fetched."""
    may_pull: bool = True
    _pulled: dict[str, Chart | NotCheckedError] = field(default_factory=dict)

    @cached_property
    def helm(self) -> Helm:
        """The program. Raises NotCheckedError where there is none."""
        return find_helm(self.folder)

    def has(self, key: str, version: str) -> bool:
        """Whether the person gave this one."""
        return self._given(key, version) is not None

    def chart(self, key: str, version: str) -> Chart:
        """A chart of the releases, by its key in settings/releases.yaml, at the version that they pin.

        Raises NotCheckedError where it is neither given nor to be had, OpsError where it is not what was pinned.
        """
        given = self._given(key, version)
        if given is not None:
            _verify(given, key)
            return given
        if key not in self._pulled:
            self._pulled[key] = self._pull(key, version)
        pulled = self._pulled[key]
        if isinstance(pulled, NotCheckedError):
            raise pulled
        _verify(pulled, key)
        return pulled

    def _given(self, key: str, version: str) -> Chart | None:
        pinned = load_releases().charts.get(key)
        wanted = (pinned.name if pinned else key, version)
        return next(
            (each for each in self.given if (each.described["name"], each.described["version"]) == wanted), None
        )

    def _pull(self, key: str, version: str) -> Chart | NotCheckedError:
        release = load_releases().charts.get(key)
        if release is None:
            return NotCheckedError(f"settings/releases.yaml has no chart {key}", _GIVE)
        name = release.name
        if not self.may_pull:
            return NotCheckedError(f"the chart {name} {version} is not here", _GIVE)
        into = self.folder / f"{key}-{version}"
        into.mkdir(exist_ok=True)
        try:
            self.helm.pull(repository=release.repository, chart=release.name, version=version, into=into)
        except NotCheckedError as error:
            return error
        except HelmError as error:
            return NotCheckedError(
                f"the chart {name} {version} cannot be had from {release.repository}: {error}", _GIVE
            )
        return read_chart(next(into.glob("*.tgz")))


def _verify(chart: Chart, key: str) -> None:
    """A pinned digest holds for archives that a person gives as well. Raises OpsError."""
    release = load_releases().charts.get(key)
    pinned = release.sha256 if release else None
    digest = hashlib.sha256(io.FileIO(chart.path).readall()).hexdigest()
    if pinned is not None and digest != pinned:
        raise OpsError(f"{chart.path.name} has the SHA-256 digest {digest}, settings/releases.yaml pins {pinned}")
