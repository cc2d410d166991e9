"""docker buildx bake: what it is given, and what it says where it cannot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from settings import ImageReference, Registry, load_releases
from settings.packages import ROOT, Packages
from settings.registry import AIRFLOW

BAKE_FILE = "docker/docker-bake.hcl"
_NEEDED = "Docker with Buildx 0.18 or newer is needed: https://docs.docker.com/build/install-buildx/"


@dataclass(frozen=True, kw_only=True)
class Build:
    """One build."""

    images: Mapping[str, ImageReference]
    """What comes of it, by the targets of docker/docker-bake.hcl."""
    variables: Mapping[str, str]
    """Of docker/docker-bake.hcl."""
    options: tuple[str, ...] = ()
    """Further ones of bake."""

    def arguments(self, targets: Iterable[str]) -> list[str]:
        """What docker is given to build some of it, or all."""
        return ["buildx", "bake", "--file", BAKE_FILE, *self.options, *targets]


def airflow_build(registry: Registry, packages: Packages, *, pip_conf: Path | None = None) -> Build:
    """What to build for the packages of the settings. ``pip_conf`` is the configuration of a private index."""
    folder = packages.path.resolve().parent
    # Bake reads what is outside of the project only where it is told that it may.
    may_read = [folder] if pip_conf is None else [folder, pip_conf.resolve()]
    secret = [] if pip_conf is None else ["--set", f"{AIRFLOW}.secrets=type=file,id=pip.conf,src={pip_conf.resolve()}"]
    image = registry.image(AIRFLOW)
    return Build(
        images={AIRFLOW: image},
        variables={
            "AIRFLOW_BASE": str(registry.published_image(AIRFLOW)),
            "AIRFLOW_VERSION": registry.version(AIRFLOW),
            "AIRFLOW_IMAGE": str(image),
            "REQUIREMENTS_FOLDER": str(folder),
            "REQUIREMENTS_FILE": packages.path.name,
        },
        options=(*(f"--allow=fs.read={path}" for path in may_read), *secret),
    )


def released_build(registry: Registry, name: str, *, mirrors: Mapping[str, str]) -> Build:
    """What to build from released source. ``mirrors`` are variables with another place than the releases name.

    They change where a source comes from and never what it is: that is what its checksum is for.
    """
    release = load_releases().builds[name]
    given = {
        "VERSION": registry.version(release.images[0]),
        "SOURCE": release.source,
        "CHECKSUM": release.checksum,
        "PROXY": release.proxy,
    }
    images = {key: registry.image(key) for key in release.images}
    return Build(
        images=images,
        variables={
            **{_variable(key, "BASE"): str(registry.published_image(key)) for key in release.bases},
            **{_variable(name, what): value for what, value in given.items() if value is not None},
            **{_variable(key, "IMAGE"): str(image) for key, image in images.items()},
            **{variable: place for variable, place in mirrors.items() if variable in mirrored(name)},
        },
    )


def mirrored(name: str) -> tuple[str, ...]:
    """The variables of a build that say where its source comes from."""
    release = load_releases().builds[name]
    if release.proxy is not None:
        return (_variable(name, "PROXY"),)
    return () if release.source is None else (_variable(name, "SOURCE"),)


def _variable(key: str, what: str) -> str:
    return f"{key}_{what}".upper().replace("-", "_")


def require_docker() -> None:
    """Raises OpsError where there is no Docker, no Buildx, or no engine that answers."""
    for arguments, missing in (
        (["buildx", "version"], "docker has no buildx"),
        (["version", "--format", "{{.Server.Version}}"], "the Docker engine does not answer"),
    ):
        _docker(arguments, otherwise=missing)


def sign_in(host: str, password: str) -> None:
    """Let Docker push to a registry. The password goes in by standard input, and to where Docker keeps passwords.

    Raises OpsError where the registry refuses.
    """
    _docker(["login", "--username", "AWS", "--password-stdin", host], given=password, otherwise=f"no sign-in to {host}")


def bake(build: Build, *, targets: Iterable[str]) -> None:
    """Build and push. What Docker writes is the person's to see. Raises OpsError where it fails."""
    command = ["docker", *build.arguments(targets), "--push"]
    environment = {**os.environ, **build.variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603 - docker, from the path
    if done.returncode:
        raise OpsError(f"docker buildx bake ended with {done.returncode}; above is why")


def _docker(arguments: Sequence[str], *, otherwise: str, given: str = "") -> None:
    try:
        done = subprocess.run(  # noqa: S603
            ["docker", *arguments],  # noqa: S607 - docker, from the path
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        raise OpsError(f"there is no docker here. {_NEEDED}") from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no message"])[0]
        raise OpsError(f"{otherwise}: {why}. {_NEEDED}")
