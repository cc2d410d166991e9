"""Every template is what CloudFormation takes in the region that it is for."""

from __future__ import annotations

import json

import pytest

from tests.support.deployment import Deployment
from tests.support.lint import lint_all
from tests.support.synthesis import DEFAULTS, synthesize

# The defaults of every region that is tested, and what differs from them most. A template takes a second.
LINTED = (*DEFAULTS, "cn-own-vpc")

# Rules that do not apply here, and why.
IGNORED = {
    "W3005": "the CDK says in DependsOn what a reference says already; it does no harm",
}


def job(deployment: Deployment, stack: str) -> tuple[str, str]:
    return json.dumps(deployment.templates[stack]), deployment.settings.region


@pytest.fixture(scope="session")
def findings() -> dict[tuple[str, str], list[str]]:
    """All configurations at once, so that every processor has something to do; once, whatever order tests come in."""
    deployments = [synthesize(name) for name in LINTED]
    return lint_all(job(deployment, stack) for deployment in deployments for stack in deployment.templates)


@pytest.mark.parametrize("name", LINTED)
def test_cfn_lint_is_content(name: str, findings: dict[tuple[str, str], list[str]]) -> None:
    deployment = synthesize(name)
    found = [
        f"{stack}: {line}"
        for stack in deployment.templates
        for line in findings[job(deployment, stack)]
        if line.partition(" ")[0] not in IGNORED
    ]
    assert not found, "\n".join(found)


def test_every_ignored_rule_is_still_broken(findings: dict[tuple[str, str], list[str]]) -> None:
    broken = {line.partition(" ")[0] for lines in findings.values() for line in lines}
    assert set(IGNORED) <= broken
