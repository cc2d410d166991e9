"""PgBouncer's pod as the real chart renders it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def charts(request: pytest.FixtureRequest) -> list[Object]:
    return build_charts(settings_for(request.param))["airflow"]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, charts: list[Object]) -> list[Object]:
    helm: Path = rendering.helm(tmp_path_factory.mktemp("helm"))
    return rendering.render_release(helm, one(charts, "HelmRelease", "airflow"))


def one(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def test_a_changed_file_reaches_the_pooler_that_runs(airflow: list[Object], charts: list[Object]) -> None:
    template = one(airflow, "Deployment", "airflow-pgbouncer")["spec"]["template"]
    (pooler,) = [container for container in template["spec"]["containers"] if container["name"] == "pgbouncer"]
    (mount,) = pooler["volumeMounts"]
    assert "subPath" not in mount, "Kubernetes never updates such a mount"
    (volume,) = [each for each in template["spec"]["volumes"] if each["name"] == mount["name"]]
    mounted = set()
    for source in volume["projected"]["sources"]:
        (kind,) = source
        made = {"secret": "ExternalSecret", "configMap": "ConfigMap"}[kind]
        item = one(charts, made, source[kind]["name"])
        mounted |= set(item["data"] if kind == "configMap" else item["spec"]["target"]["template"]["data"])
    assert mounted == {"pgbouncer.ini", "users.txt", "ca.pem", "pgbouncer_watch.sh"}
    shell, script, folder = pooler["command"]
    assert (shell, script, folder) == ("sh", f"{mount['mountPath']}/pgbouncer_watch.sh", mount["mountPath"])
    assert pooler["securityContext"]["readOnlyRootFilesystem"] is True
    assert template["metadata"]["annotations"]["checksum/pgbouncer-watch"]


def test_a_pooler_that_leaves_answers_until_nobody_asks_it(airflow: list[Object]) -> None:
    spec = one(airflow, "Deployment", "airflow-pgbouncer")["spec"]["template"]["spec"]
    hooks = {container["name"]: container.get("lifecycle") for container in spec["containers"]}
    assert hooks["pgbouncer"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}
