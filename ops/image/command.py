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
from ops.image.choice import chosen, mirrors_of
from ops.image.conflicts import resolve
from ops.image.repository import has_image, make_repository, password
from ops.options import ContextOption, ProfileOption, settings_from
from ops.upgrade.pins import IMAGE_PYTHON, ConstraintFiles
from settings import Registry, Settings, load_releases
from settings.packages import Packages, read_packages
from settings.registry import AIRFLOW


def image(
    *,
    context: ContextOption = None,
    profile: ProfileOption = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of what the settings ask for, this one; may be repeated.")
    ] = None,
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
    mirror: Annotated[
        list[str] | None,
        typer.Option(metavar="VARIABLE=URL", help="Where else a source comes from: KEDA_PROXY=https://…"),
    ] = None,
) -> None:
    """Build the images that the settings ask for, and push them to the account's ECR.

    That is Airflow's with the packages of airflow.requirements, and those of images.built. Does nothing where an image
    is there already. Exit code: 0 all images are there, 2 they are not: one message says why.
    """
    with explained():
        settings = settings_from(context or ())
        names = chosen(settings, only or ())
        mirrors = mirrors_of(names, mirror or ())
        packages = None
        if AIRFLOW in names:
            packages = _packages(settings, pip_conf)
            if not skip_check:
                _check(packages, constraints, python)
        if check:
            if packages is None:
                raise OpsError("--check is for the packages of airflow.requirements, which is not among what is built")
            return
        aws = connect(region=settings.region, partition=settings.partition, profile=profile)
        registry = Registry(settings=settings, account=aws.account)
        builds = [bake.released_build(registry, name, mirrors=mirrors) for name in names if name != AIRFLOW]
        if packages is not None:
            builds.insert(0, bake.airflow_build(registry, packages, pip_conf=pip_conf))
        if print_only:
            for build in builds:
                _show(build)
            return
        try:
            for build in builds:
                _push(aws, build)
        except CALL_ERRORS as error:
            raise explain(error) from None


def _packages(settings: Settings, pip_conf: Path | None) -> Packages:
    if pip_conf is not None and not pip_conf.is_file():
        raise OpsError(f"--pip-conf {pip_conf}: there is no such file")
    return read_packages(str(settings.airflow.requirements))


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
    # A tag that is there cannot be pushed again.
    missing = {target: image for target, image in build.images.items() if not has_image(aws, image)}
    for target, image in build.images.items():
        if target not in missing:
            print(f"{image} is there already: nothing has changed")
    if not missing:
        return
    bake.require_docker()
    for image in missing.values():
        if make_repository(aws, image):
            print(f"made the repository {image.path}; it stays when the deployment is destroyed")
    bake.sign_in(next(iter(missing.values())).registry, password(aws))
    bake.bake(build, targets=missing)
    for image in missing.values():
        print(f"pushed {image}; `cdk deploy` with the same context uses it")


def _show(build: bake.Build) -> None:
    for name, value in build.variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print(shlex.join(["docker", *build.arguments(build.images), "--push"]))
