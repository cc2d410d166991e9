"""CloudFormation's limits, and those of the function that runs kubectl and helm."""

from __future__ import annotations

import json

import pytest

from airflow_eks.chart_installer import MAXIMUM_OBJECT_BYTES
from tests.support.deployment import Deployment

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
TEMPLATE_BYTES = 1_000_000
COUNTS = {"Resources": 500, "Outputs": 200, "Parameters": 200, "Mappings": 200}


def test_templates_are_small_enough(deployment: Deployment) -> None:
    for stack, template in deployment.templates.items():
        # As the CDK writes it: indented by one blank.
        assert len(json.dumps(template, indent=1).encode()) <= TEMPLATE_BYTES, stack


@pytest.mark.parametrize("section", COUNTS)
def test_sections_are_short_enough(deployment: Deployment, section: str) -> None:
    for stack, template in deployment.templates.items():
        assert len(template.get(section, {})) <= COUNTS[section], stack


def test_a_stack_has_something_in_it(deployment: Deployment) -> None:
    # CloudFormation refuses a template without resources.
    for stack, template in deployment.templates.items():
        assert template.get("Resources"), stack


def test_custom_resources_fit_into_an_event(deployment: Deployment) -> None:
    for installed in deployment.installed:
        size = len(json.dumps(installed.resource.properties).encode())
        assert size <= MAXIMUM_OBJECT_BYTES, f"{installed} has {size} bytes"
