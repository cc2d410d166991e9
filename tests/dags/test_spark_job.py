"""The Spark job: what Airflow makes of its file is what the operator's API takes, and asks for the right nodes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from charts.spark.pools import NODE_GROUP_TYPE, SPARK_POOLS
from settings import load_releases
from tests.dags.conftest import AIRFLOW_PYTHON, ROOT
from tests.support import reference

JOB = "example_pyspark_pi_job"


@pytest.fixture
def task(airflow: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = airflow["rendered"]["calculate_pi"]
    return found


@pytest.fixture
def application(task: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = task["application"]
    return found


def test_it_is_submitted_to_its_teams_namespace_without_keeping_a_worker(task: dict[str, Any]) -> None:
    assert task["namespace"] == task["application"]["metadata"]["namespace"] == "spark-team-a"
    assert task["deferrable"] is True
    assert task["connection"] == "kubernetes_default"


def test_nothing_is_left_to_fill_in(application: dict[str, Any]) -> None:
    assert not re.findall(r"\{\{.*?\}\}", str(application))


def test_the_operator_takes_it(application: dict[str, Any]) -> None:
    schema = reference.custom_resource_schemas()[application["apiVersion"], application["kind"]]
    faults = [error.message[:200] for error in jsonschema.Draft202012Validator(schema).iter_errors(application)]
    assert not faults
    application["spec"]["driver"]["nodeSelectors"] = {}
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(application)), "a fault would be found"


def test_driver_on_demand_and_executors_on_spot(application: dict[str, Any]) -> None:
    (pool,) = [each for each in SPARK_POOLS if each.node_group_type == "SparkComputeOptimized"]
    for part, capacity in (("driver", "on-demand"), ("executor", "spot")):
        pod = application["spec"][part]
        assert pod["nodeSelector"] == {
            NODE_GROUP_TYPE: pool.node_group_type,
            "karpenter.sh/capacity-type": capacity,
        }
        assert pod["tolerations"] == [{"key": pool.name, "operator": "Exists", "effect": "NoSchedule"}]


def test_losing_spot_capacity_loses_no_shuffle(application: dict[str, Any]) -> None:
    configuration = application["spec"]["sparkConf"]
    for key in (
        "spark.decommission.enabled",
        "spark.storage.decommission.enabled",
        "spark.storage.decommission.rddBlocks.enabled",
        "spark.storage.decommission.shuffleBlocks.enabled",
    ):
        assert configuration[key] == "true"
    # EC2 gives two minutes.
    assert application["spec"]["executor"]["terminationGracePeriodSeconds"] == 120
    assert application["spec"]["dynamicAllocation"]["shuffleTrackingEnabled"] is True


def test_the_image_is_the_releases(application: dict[str, Any]) -> None:
    release = load_releases().images["spark"]
    assert application["spec"]["image"] == f"{release.upstream}:{release.tag}@{release.digest}"
    assert application["spec"]["sparkVersion"] == release.tag


def test_pods_are_restricted(application: dict[str, Any]) -> None:
    for part in ("driver", "executor"):
        pod = application["spec"][part]
        assert pod["podSecurityContext"]["runAsNonRoot"] is True
        assert pod["podSecurityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (pod, *pod.get("initContainers", [])):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_without_spark_the_dag_still_parses(tmp_path: Path) -> None:
    program = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(ROOT / 'dags')!r})\n"
        f"assert not bag.import_errors, bag.import_errors\nassert {JOB!r} in bag.dags\n"
    )
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-B", "-c", program],
        env={"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
