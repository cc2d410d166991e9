"""The pages on China and on images that are built: their commands are taken, their facts are the code's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from ops.commands import app
from settings import PARTITIONS, Registry, load_releases, load_settings
from tests.charts.builders import ACCOUNT

DOCS = Path(__file__).parents[2] / "docs"
CHINA = (DOCS / "china.md").read_text(encoding="utf-8")
BUILDS = (DOCS / "build-images.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m ops ([^#\n]*?)\s*(?:#.*)?$", CHINA + BUILDS, re.MULTILINE)
RELEASES = load_releases()
PROGRAM: Any = typer.main.get_command(app)


def test_every_step_has_its_command() -> None:
    steps = [shlex.split(line)[0] for line in COMMANDS]
    assert steps.index("mirror") < steps.index("preflight") < steps.index("verify")
    order = ("cdk bootstrap", "ops mirror", "ops preflight", "cdk deploy", "ops verify", "git push", "cdk destroy")
    places = [CHINA.index(f"\n{word}" if word.startswith(("cdk", "git")) else f"python -m {word}") for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_s_options_are_taken(line: str) -> None:
    name, *arguments = shlex.split(line)
    # Reads the arguments, with their types, and runs nothing.
    PROGRAM.commands[name].make_context(name, arguments)


def test_what_is_no_option_is_refused() -> None:
    with pytest.raises(Exception, match="No such option: --plna"):
        PROGRAM.commands["mirror"].make_context("mirror", ["--plna"])


def test_names_in_the_registry_are_those_of_the_deployment() -> None:
    registry = Registry(settings=load_settings({"partition": "aws-cn"}), account=ACCOUNT)
    for key in ("airflow", "git-sync"):
        release, image = RELEASES.images[key], registry.image(key)
        assert f"| `{release.upstream}:{release.tag}` | `{image.path}:{image.tag}` |" in CHINA
    chart = RELEASES.charts["airflow"]
    assert f"| chart `airflow` {chart.version} | `airflow-eks/charts/airflow:{chart.version}` |" in CHINA


def test_hosts_and_zones_are_the_partition_s() -> None:
    facts = PARTITIONS["aws-cn"]
    assert facts.codecommit_url(repository="airflow-dags", region=facts.default_region) in CHINA
    for each in PARTITIONS.values():
        assert f"`{each.dns_suffix}`" in CHINA
        assert each.timezone in CHINA


def test_versions_that_are_built_are_the_releases() -> None:
    built = RELEASES.builds["pgbouncer"].version
    assert f"| PgBouncer {built} with TLS and c-ares; published is {published('pgbouncer')} |" in BUILDS
    for name in RELEASES.builds:
        assert f"| `{name}` |" in BUILDS
    assert f"PgBouncer {built} was configured" in BUILDS
    assert f"| KEDA {RELEASES.builds['keda'].version}'s operator, metrics server and webhooks; " in BUILDS
    assert f"published is {published('keda')} |" in BUILDS


def published(key: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+", RELEASES.images[key].tag)
    assert found, key
    return found[0]
