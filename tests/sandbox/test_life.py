"""The whole life of the platform, in both partitions: bootstrap, deploy, verify, deploy again, destroy."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

Life = dict[str, Any]


def test_deployed_with_everything_that_the_platform_is_made_of(life: Life) -> None:
    counts: dict[str, int] = {}
    for kind, _ in life["deployed"]:
        counts[kind] = counts.get(kind, 0) + 1
    assert counts["CloudFormation stack"] == 9
    for kind in (
        *("Kubernetes cluster", "database", "cache", "file system", "CodeCommit repository", "queue"),
        *("topic", "dashboard", "alarm, composite", "load balancer"),
    ):
        assert counts[kind] == 1, kind
    assert counts["bucket"] == 2


def test_every_log_group_is_the_stacks_own(life: Life) -> None:
    # One that AWS made by itself would have no retention, and stay behind.
    assert life["log groups"]
    assert [name for name, has_retention in life["log groups"].items() if not has_retention] == []


def test_deployed_again_nothing_changes(life: Life) -> None:
    step = life["steps"]["deploy again"]
    assert "(no changes)" in step["output"] + step["errors"]


def test_an_upgrade_to_what_is_deployed_changes_nothing(life: Life) -> None:
    report = json.loads(life["steps"]["upgrade check"]["output"])
    told = {each["check"]: each for each in report["results"]}
    assert {each["status"] for each in report["results"]} <= {"ok", "not checked"}
    assert told["changes"]["found"] == "0 resources changed, 0 new, 0 gone"
    assert told["Airflow"]["found"].endswith("unchanged")


def test_destroyed_nothing_is_left(life: Life) -> None:
    assert life["left"] == []
    assert life["pending keys"] == 1


def test_kubernetes_objects_went_the_way_they_came(life: Life) -> None:
    entries = life["journal"]
    assert [entry for entry in entries if entry["action"] == "problem"] == []
    created = [entry["what"] for entry in entries if entry["action"] == "created"]
    deleted = [entry["what"] for entry in entries if entry["action"] == "deleted"]
    assert sorted(created) == sorted(deleted)
    # Beside each other, after all that they need.
    assert {created[-1], deleted[0]} <= {"Release airflow/airflow", "Release spark-operator/spark-operator"}
    assert life["cluster"] == {}


def test_china_lives_the_same_life(china_demo: str) -> None:
    assert "Of the platform itself: nothing" in china_demo


@pytest.mark.thorough
def test_the_other_region_of_china_lives_it_too(ningxia_life: dict[str, Any]) -> None:
    assert list(ningxia_life["steps"]) == ["bootstrap", "deploy", "verify", "destroy"]
    assert ningxia_life["deployed"]
    assert ningxia_life["left"] == []
    assert ningxia_life["cluster"] == {}
    verified = ningxia_life["steps"]["verify"]
    assert re.search(r"verify: \d+ ok, \d+ not checked\n", verified["output"])
    shown = ningxia_life["steps"]["deploy"]["output"] + ningxia_life["steps"]["deploy"]["errors"]
    assert re.search(r"DatabaseEndpoint = \S+\.cn-northwest-1\.rds\.amazonaws\.com\.cn\n", shown)


def test_verify_finds_nothing_wrong_and_says_what_it_could_not_check(china_demo: str) -> None:
    assert re.search(r"verify: \d+ ok, \d+ not checked\n", china_demo)
    assert re.search(r"API server +│ not checked", china_demo)


def test_chinas_names_are_chinas(china_demo: str) -> None:
    assert re.search(r"DatabaseEndpoint +\S+\.cn-north-1\.rds\.amazonaws\.com\.cn\n", china_demo)
    assert re.search(r"AdminSecretArn +arn:aws-cn:secretsmanager:cn-north-1:", china_demo)
    assert not re.search(r"\.cn-north-1\.\S*amazonaws\.com(?!\.cn)", china_demo)


def test_demo_shows_objects_in_order_and_what_to_do_next(china_demo: str) -> None:
    made, _, deleted = china_demo.partition("in the order in which they were deleted")
    assert made.index("Release keda/keda") < made.index("Release airflow/airflow")
    assert deleted.index("Release airflow/airflow") < deleted.index("Release keda/keda")
    assert "python -m ops status" in china_demo


def test_demo_replaces_credentials_and_endpoint(china_demo: str) -> None:
    # The fixture gives it a profile that is not there and an endpoint that does not answer.
    assert "192.0.2.1" not in china_demo
    assert "somebody" not in china_demo
