"""With packages, all that is Airflow runs the image that has them, and nothing else changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from settings import load_releases, packages
from tests.charts.builders import ACCOUNT, build_charts, settings_for

AIRFLOW = load_releases().images["airflow"]
PARTITIONS = {
    "aws": f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/airflow-eks/airflow",
    "aws-cn": f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks/airflow",
}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_all_of_airflow_runs_it(partition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = json.dumps(build_charts(settings_for(partition))["airflow"])
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("pandas==2.3.3\n", encoding="utf-8")
    objects = build_charts(settings_for(partition, airflow={"requirements": "team.txt"}))["airflow"]
    (release,) = [each for each in objects if each["kind"] == "HelmRelease"]
    values = release["spec"]["values"]
    image = values["images"]["airflow"]
    assert image["repository"] == PARTITIONS[partition]
    assert image["tag"].startswith(f"{AIRFLOW.tag}-")
    assert (values["defaultAirflowRepository"], values["defaultAirflowTag"]) == (image["repository"], image["tag"])
    # The chart compares this one with versions.
    assert values["airflowVersion"] == AIRFLOW.tag
    # Put back, there is no difference left: neither another place that names the published one, nor another change.
    told = json.dumps(objects).replace(image["tag"], AIRFLOW.tag)
    host = PARTITIONS["aws-cn"].partition("/")[0]
    upstream = AIRFLOW.upstream if partition == "aws" else f"{host}/airflow-eks/apache/airflow"
    assert one_job(told.replace(PARTITIONS[partition], upstream)) == one_job(published)


def one_job(objects: str) -> str:
    """The objects, with one name for the Job whose name is made of what is in it, its image among that."""
    return re.sub(r"airflow-setup-[0-9a-f]{8}", "airflow-setup-00000000", objects)
