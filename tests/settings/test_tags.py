"""Tags: what AWS takes, and all that places outside of templates can carry."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from settings import Settings, SettingsError, load_settings
from tests.charts import rendering
from tests.charts.builders import build_charts

# Whatever is taken, at its strangest.
ACCEPTED = {
    "cost:center": "4711",
    "Team": "数据平台",
    "a.b/c@d+e-f_g": "x=y=z",
    "two words": "three more words",
    "url": "https://example.com:8443/a/b",
    "e-mail": "data@example.com",
    "empty": "",
    "yes": "true",
    "-": "- +1",
    "colons": "a:b::c",
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings({"settings": {"tags": ACCEPTED}})


def test_more_tags_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"^tags = 41 tags: at most 40: a resource has 50"):
        load_settings({f"tags.key-{number}": "x" for number in range(41)})
    assert len(load_settings({f"tags.key-{number}": "x" for number in range(40)}).tags) == 40


def test_a_line_of_yaml_without_quotes_carries_them(settings: Settings) -> None:
    """Charts write tags into an argument as they are. Who reads it splits at commas, then at the first =."""
    for tag in settings.all_tags.items():
        (argument,) = yaml.safe_load("- --default-tags={}={}".format(*tag))
        assert read(argument) == dict([tag])


def read(argument: str) -> dict[str, str]:
    """As the controllers read it: pflag's StringToString is CSV."""
    (pairs,) = csv.reader([argument.partition("=")[2]])
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def test_the_load_balancer_controller_is_given_each_tag(settings: Settings, tmp_path: Path) -> None:
    objects = build_charts(settings)["load-balancer-controller"]
    (release,) = [item for item in objects if item["kind"] == "HelmRelease"]
    rendered = rendering.render_release(rendering.helm(tmp_path), release)
    (deployment,) = rendering.pod_templates(rendered).values()
    arguments = deployment["spec"]["containers"][0]["args"]
    (tags,) = [each for each in arguments if each.startswith("--default-tags=")]
    assert read(tags) == settings.tags_of("airflow")
