"""``ops image``: check, build, push; or find that there is nothing to do."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ops.aws import Aws, connect
from ops.aws_errors import CALL_ERRORS, explain
from ops.checks import NotCheckedError
from ops.errors import OpsError, explained
from ops.image import bake
from ops.image.conflicts import resolve
from ops.image.repository import has_image, make_repository, password
from ops.options import ContextOption, ProfileOption, settings_from
from ops.upgrade.pins import IMAGE_PYTHON, ConstraintFiles
from settings import Registry, load_releases
from settings.packages import Packages, read_packages
from settings.registry import AIRFLOW


def image(
    *,
    context: ContextOption = None,
    profile: ProfileOption = None,
    constraints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Airflow's constraints, where they cannot be fetched.")
    ] = None,
    python: Annotated[str, typer.Option(help="Python of the image, for its constraints.")] = IMAGE_PYTHON,
    skip_check: Annotated[bool, typer.Option("--skip-check", help="Leave conflicts to the build.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check the packages only; asks no AWS.")] = False,
    print_only: Annotated[bool, typer.Option("--print", help="Show what would be run.")] = False,
    pip_conf: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="pip's configuration, for a private index; stays out of the image."),
    ] = None,
) -> None:
    """Build Airflow's image with the packages of the setting airflow.requirements, and push it to the account's ECR.

    Does nothing where that image is there already. Exit code: 0 the image is there, 2 it is not: one message says why.
    """
    with explained():
        settings = settings_from(context or ())
        if settings.airflow.requirements is None:
            raise OpsError("airflow.requirements is not set: Airflow's image needs no building (docs/packages.md)")
        packages = read_packages(settings.airflow.requirements)
        if pip_conf is not None and not pip_conf.is_file():
            raise OpsError(f"--pip-conf {pip_conf}: there is no such file")
        if not skip_check:
            _check(packages, constraints, python)
        if check:
            return
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        build = bake.build_of(Registry(settings=settings, account=aws.account), packages, pip_conf=pip_conf)
        if print_only:
            _show(build)
            return
        try:
            _push(aws, build)
        except CALL_ERRORS as error:
            raise explain(error) from None


def _check(packages: Packages, constraints: Path | None, python: str) -> None:
    version = load_releases().images[AIRFLOW].tag
    try:
        pins = ConstraintFiles(python=python).pins(version, constraints)
    except NotCheckedError as error:
        raise OpsError(
            f"the packages cannot be checked: {error}. Give that file: --constraints FILE; or --skip-check, which "
            "leaves the check to the build"
        ) from None
    resolved = resolve(packages, pins, python=python)
    print(f"{packages.path}: {len(packages.lines)} requirements go with Airflow {version}, {len(resolved)} with theirs")


def _push(aws: Aws, build: bake.Build) -> None:
    if has_image(aws, build.image):
        print(f"{build.image} is there already: nothing has changed")
        return
    bake.require_docker()
    if make_repository(aws, build.image):
        print(f"made the repository {build.image.path}; it stays when the deployment is destroyed")
    bake.sign_in(build.image.registry, password(aws))
    bake.bake(build)
    print(f"pushed {build.image}; `cdk deploy` with the same context uses it")


def _show(build: bake.Build) -> None:
    for name, value in build.variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print(shlex.join(["docker", *build.arguments, "--push"]))
