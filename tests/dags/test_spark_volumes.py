"""The pods of each SparkApplication have the volumes that its containers mount."""

from __future__ import annotations

import copy

from tests.dags.conftest import ROOT
from tests.support.spark_applications import mounted_but_not_given, spark_applications

SAMPLE = "dags/example_pyspark_pi_job.yaml:0"


def test_each_mounted_volume_is_one_that_the_operator_gives_to_the_pod() -> None:
    found = spark_applications(ROOT)
    assert SAMPLE in found
    faults = {where: mounted_but_not_given(application) for where, application in found.items()}
    assert not {where: each for where, each in faults.items() if each}


def test_a_mount_without_its_volume_would_be_found() -> None:
    application = copy.deepcopy(spark_applications(ROOT)[SAMPLE])
    driver = application["spec"]["driver"]
    driver["volumeMounts"] = [mount for mount in driver["volumeMounts"] if mount["name"] != "temporary"]
    assert mounted_but_not_given(application) == ["driver/event-logs mounts temporary"]
    driver["volumeMounts"] = [{"name": "nowhere", "mountPath": "/nowhere"}]
    assert mounted_but_not_given(application)[0] == "driver mounts nowhere, which is no volume"


def test_two_volumes_are_not_mounted_in_one_place() -> None:
    for application in spark_applications(ROOT).values():
        for part in ("driver", "executor"):
            paths = [mount["mountPath"] for mount in application["spec"].get(part, {}).get("volumeMounts", [])]
            assert len(paths) == len(set(paths))
