"""What settings choose between, rendered by real helm with the real chart of Airflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for

READERS = ("Deployment/airflow-dag-processor", "Deployment/airflow-triggerer", "Deployment/airflow-worker-main")
SECRET = "arn:aws:secretsmanager:us-west-2:111122223333:secret:git-a1b2c3"
OIDC = {
    "issuer": "https://login.example.com/tenant",
    "authorization_endpoint": "https://login.example.com/tenant/authorize",
    "token_endpoint": "https://login.example.com/tenant/token",
    "user_info_endpoint": "https://login.example.com/userinfo",
    "client_id": "airflow",
    "client_secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:oidc-a1b2c3",
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def rendered(helm: Path, **chosen: Any) -> list[Object]:
    (release,) = [
        item for item in build_charts(settings_for("aws", **chosen))["airflow"] if item["kind"] == "HelmRelease"
    ]
    return rendering.render_release(helm, release)


def init_containers(template: Object) -> list[str]:
    return [each["name"] for each in template["spec"]["initContainers"]]


@pytest.mark.parametrize("queues", [{}, {"reports": {"cpu": "1", "memory": "4Gi"}}])
def test_a_copy_for_each_pod(helm: Path, queues: Object) -> None:
    templates = rendering.pod_templates(rendered(helm, dags={"delivery": "sidecar"}, airflow={"queues": queues}))
    for name in (*READERS, *(f"Deployment/airflow-worker-{queue}" for queue in queues)):
        template = templates[name]
        assert init_containers(template)[-2:] == ["git-askpass", "git-sync"], name
        volumes = {each["name"]: each for each in template["spec"]["volumes"]}
        assert volumes["dags"] == {"name": "dags", "emptyDir": {}}
        (main, *_) = template["spec"]["containers"]
        assert {"name": "dags", "mountPath": "/opt/airflow/dags", "readOnly": True} in main["volumeMounts"]
    assert "git-sync" not in init_containers(templates["Deployment/airflow-scheduler"])


def test_a_bundle_and_no_copy(helm: Path) -> None:
    objects = rendered(helm, dags={"delivery": "bundle"})
    templates = rendering.pod_templates(objects)
    for name in READERS:
        assert init_containers(templates[name])[-1] == "git-askpass"
        (main, *_) = templates[name]["spec"]["containers"]
        environment = {each["name"] for each in main["env"]}
        assert {"AIRFLOW_CONN_GIT_DEFAULT", "GIT_CONFIG_VALUE_0"} <= environment
    (config,) = [item for item in objects if item["metadata"]["name"] == "airflow-config"]
    assert "GitDagBundle" in config["data"]["airflow.cfg"]


def test_a_bundles_password(helm: Path) -> None:
    git = {"url": "https://git.example.com/team/dags.git", "secret_arn": SECRET}
    templates = rendering.pod_templates(rendered(helm, dags={"delivery": "bundle", "git": git}))
    for name in (*READERS, "Deployment/airflow-api-server", "Deployment/airflow-scheduler"):
        (main, *_) = templates[name]["spec"]["containers"]
        found = {each["name"]: each for each in main["env"]}["AIRFLOW_CONN_GIT_DEFAULT"]
        assert found["valueFrom"]["secretKeyRef"] == {"name": "airflow-dag-repository", "key": "connection"}


def test_who_signs_in_at_the_load_balancer(helm: Path) -> None:
    ingress = {
        "certificate_arn": "arn:aws:acm:us-west-2:111122223333:certificate/00000000-1111-2222-3333-444444444444",
        "domain": "airflow.example.com",
        "oidc": OIDC,
    }
    objects = rendered(helm, airflow={"ingress": ingress})
    (entry,) = [item for item in objects if item["kind"] == "Ingress"]
    assert entry["metadata"]["annotations"]["alb.ingress.kubernetes.io/auth-type"] == "oidc"
    assert [rule["host"] for rule in entry["spec"]["rules"]] == ["airflow.example.com"]
    template = rendering.pod_templates(objects)["Deployment/airflow-api-server"]
    (main, *_) = template["spec"]["containers"]
    assert main["args"] == ["bash", "-c", "exec airflow api-server --proxy-headers"]
    assert {"OIDC_ISSUER", "LOAD_BALANCER_KEYS_URL", "FORWARDED_ALLOW_IPS"} <= {each["name"] for each in main["env"]}
    mounted = {each["mountPath"] for each in main["volumeMounts"]}
    assert "/opt/airflow/webserver_config.py" in mounted
    (config,) = [item for item in objects if "webserver_config.py" in (item.get("data") or {})]
    # As it was written: the chart's templates have changed nothing in it.
    written = Path(__file__).parents[2] / "charts/airflow/webserver_config.py"
    assert config["data"]["webserver_config.py"].strip() == written.read_text().strip()
