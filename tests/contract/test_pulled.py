"""What a deployment pulls, as preflight and mirror know it from the settings, is what its templates refer to."""

from __future__ import annotations

import json

import pytest

from settings import load_releases, load_settings
from settings.pulled import pulled
from tests.support.deployment import Deployment
from tests.support.synthesis import CONFIGURATIONS, synthesize

RELEASES = load_releases()


def referred(deployment: Deployment) -> tuple[set[str], set[str]]:
    """Keys of the images and charts that the templates name; a chart's values have path and tag apart."""
    text = json.dumps([each.manifest for each in deployment.installed])
    images = {
        key
        for key, release in RELEASES.images.items()
        if release.upstream.partition("/")[2] in text and release.tag in text
    }
    releases = [each.resource.properties for each in deployment.releases.values()]
    # A chart in an OCI registry is named by its reference, whose last part is the name.
    names = {(str(each.get("Chart", each.get("Repository"))).rpartition("/")[2], each["Version"]) for each in releases}
    return images, {key for key, chart in RELEASES.charts.items() if (chart.name, chart.version) in names}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_templates_refer_to_what_is_pulled_and_to_nothing_else(name: str) -> None:
    settings = load_settings(CONFIGURATIONS[name])
    chosen = pulled(settings)
    images, charts = referred(synthesize(name))
    # With an image of one's own for Spark, the published one is copied in vain: it may be set back at any time.
    spare = {"spark"} if settings.spark.image else set()
    assert set(chosen.images) - spare == images - spare
    assert set(chosen.charts) == charts
