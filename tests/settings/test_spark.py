"""Spark: one message for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from settings import SettingsError, build_settings, capacity
from settings.spark import team_namespace


def message(**chosen: Any) -> str:
    with pytest.raises(SettingsError) as error:
        build_settings(chosen)
    return str(error.value)


@pytest.mark.parametrize("name", ["Team", "team_a", "1st", "team-", "a" * 31, ""])
def test_a_team_whose_name_is_no_namespace(name: str) -> None:
    said = message(spark={"teams": {name: {}}})
    assert "must be a team's name, 1 to 30 lower-case letters, digits and hyphens" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["operator", "history"])
def test_a_team_whose_namespace_is_taken(name: str) -> None:
    assert message(spark={"teams": {name: {}}}) == (
        f"spark.teams.{name} = {{}}: this name is taken: the namespace spark-{name} is Spark's own"
    )


@pytest.mark.parametrize(
    ("quota", "value", "least"), [("cpu", "1500m", "2"), ("memory", "3Gi", "4Gi"), ("pods", 1, "2")]
)
def test_a_quota_that_no_application_fits_into(quota: str, value: object, least: str) -> None:
    assert message(spark={"teams": {"a": {quota: value}}}) == (
        f"spark.teams.a.{quota} = {value}: the smallest application, a driver and one executor, needs {least} at least"
    )


@pytest.mark.parametrize(("quota", "value", "room"), [("cpu", "33", "32 vCPUs"), ("memory", "161Gi", "160Gi")])
def test_a_quota_that_is_more_than_all_nodes(quota: str, value: str, room: str) -> None:
    team = {"cpu": "32", "memory": "160Gi", "pods": 10}
    build_settings({"spark": {"max_vcpus": 8, "teams": {"a": team}}})
    assert message(spark={"max_vcpus": 8, "teams": {"a": team | {quota: value}}}) == (
        f"spark.teams.a.{quota} = {value}: all nodes for Spark have {room} together; raise spark.max_vcpus, which is "
        "8, or lower this"
    )


def test_no_team() -> None:
    assert message(spark={"teams": {}}) == (
        "spark.teams = {}: name one team at least, or set addons.spark_operator to false"
    )


def test_a_history_server_without_spark() -> None:
    assert message(spark={"history_server": True}, addons={"spark_operator": False}) == (
        "spark.history_server = true: there is no Spark to show: addons.spark_operator is false; switch one of the two"
    )


@pytest.mark.parametrize("image", ["registry.example.com/spark", "registry.example.com:5000/spark:latest"])
def test_an_image_without_a_version(image: str) -> None:
    assert "name a version" in message(spark={"image": image})


@pytest.mark.parametrize("image", ["spark:4.0.4", "https://registry.example.com/spark:4.0.4", "a b/spark:1"])
def test_no_image(image: str) -> None:
    assert "must be an image with its registry and a tag" in message(spark={"image": image})


@pytest.mark.parametrize(
    "image", ["registry.example.com:5000/our/spark:4.0.4", f"registry.example.com/spark@sha256:{'0' * 64}"]
)
def test_an_image(image: str) -> None:
    assert build_settings({"spark": {"image": image}}).spark.image == image


def test_a_name_on_the_command_line_is_a_team_and_the_only_one() -> None:
    settings = build_settings({"spark": {"teams": {"reports": {"cpu": "8"}}}})
    assert list(settings.spark.teams) == ["reports"]
    assert settings.spark.teams["reports"].memory == "256Gi"


def test_what_is_wrong_with_a_team_does_not_matter_while_spark_is_off() -> None:
    settings = build_settings({"spark": {"teams": {"a": {"cpu": "1"}}}, "addons": {"spark_operator": False}})
    assert not settings.addons.spark_operator


def test_the_room_of_the_defaults_takes_the_default_team() -> None:
    settings = build_settings({})
    assert capacity.spark_room(settings.spark.max_vcpus) == capacity.NodeRoom(vcpus=1024, memory_gib=5120)
    assert team_namespace("team-a") == "spark-team-a"
