"""What the releases come to, rendered by real helm with the real charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from charts.airflow.task_pods import LOCAL_SETTINGS
from charts.placement import SERVICES_POOL, WORKERS_POOL, node_selector, toleration
from settings import load_releases
from tests.charts import rendering
from tests.charts.builders import ACCOUNT, Object, build_charts, settings_for

RELEASES = {
    "airflow": "airflow",
    "aws-load-balancer-controller": "load-balancer-controller",
    "external-secrets": "external-secrets",
    "karpenter": "karpenter",
    "keda": "keda",
    "spark-operator": "spark",
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def partition(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def charts(partition: str) -> dict[str, list[Object]]:
    return build_charts(settings_for(partition))


def rendered(helm: Path, objects: list[Object], key: str) -> list[Object]:
    (release,) = [item for item in objects if item["kind"] == "HelmRelease" and item["metadata"]["name"] == key]
    return rendering.render_release(helm, release)


@pytest.fixture(scope="module")
def airflow(helm: Path, charts: dict[str, list[Object]]) -> list[Object]:
    return rendered(helm, charts["airflow"], "airflow")


def one(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def workloads(objects: list[Object]) -> list[Object]:
    """Those of our own beside the release."""
    return [item for item in objects if item["kind"] in ("Deployment", "Job")]


def secrets_of(template: Object) -> dict[str, set[str]]:
    """The Secrets that a pod reads, and the keys where it names them."""
    read: dict[str, set[str]] = {}
    for container in rendering.containers(template):
        for entry in container.get("env") or []:
            reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
            if reference:
                read.setdefault(reference["name"], set()).add(reference["key"])
    for volume in template["spec"].get("volumes") or []:
        if "secret" in volume:
            read.setdefault(volume["secret"]["secretName"], set())
        for source in (volume.get("projected") or {}).get("sources") or []:
            if "secret" in source:
                read.setdefault(source["secret"]["name"], set())
    return read


def test_airflow_has_every_process(airflow: list[Object]) -> None:
    replicas = {
        item["metadata"]["name"]: item["spec"].get("replicas") for item in airflow if item["kind"] == "Deployment"
    }
    assert replicas == {
        "airflow-api-server": 2,
        "airflow-scheduler": 2,
        "airflow-dag-processor": 1,
        "airflow-triggerer": 2,
        "airflow-worker-main": None,
        "airflow-pgbouncer": 2,
        "airflow-statsd": 1,
    }
    assert not [item for item in airflow if item["kind"] == "StatefulSet"], "a StatefulSet would leave volumes behind"


def test_who_starts_task_pods_has_no_right_among_airflows_own(airflow: list[Object]) -> None:
    rights = [
        (rule["resources"], verb)
        for role in airflow
        if role["kind"] in ("Role", "ClusterRole")
        for rule in role.get("rules") or []
        for verb in rule["verbs"]
        if {"pods", "pods/exec", "secrets", "jobs", "*"} & set(rule["resources"])
        and verb not in ("get", "list", "watch")
    ]
    assert rights == []


def test_every_process_that_may_start_pods_has_the_defaults_of_task_pods(airflow: list[Object]) -> None:
    (config,) = [
        each["data"] for each in airflow if each["kind"] == "ConfigMap" and "airflow.cfg" in (each.get("data") or {})
    ]
    assert config["airflow_local_settings.py"].strip() == LOCAL_SETTINGS.read_text(encoding="utf-8").strip()
    for name in ("airflow-worker-main", "airflow-triggerer", "airflow-dag-processor"):
        (container, *_) = one(airflow, "Deployment", name)["spec"]["template"]["spec"]["containers"]
        mounted = [each["mountPath"] for each in container["volumeMounts"] if "local_settings" in each["mountPath"]]
        assert mounted == ["/opt/airflow/config/airflow_local_settings.py"], name
        assert "TASK_PODS" in {each["name"] for each in container["env"]}, name


def test_workers_are_scaled_from_zero_by_what_the_database_says(airflow: list[Object]) -> None:
    spec = one(airflow, "ScaledObject", "airflow-worker-main")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 20)
    (trigger,) = spec["triggers"]
    assert trigger["type"] == "postgresql"
    assert trigger["metadata"]["connectionFromEnv"] == "AIRFLOW_CONN_AIRFLOW_DB"
    worker = one(airflow, "Deployment", "airflow-worker-main")["spec"]["template"]["spec"]
    (container,) = worker["containers"]
    assert container["name"] == spec["scaleTargetRef"]["envSourceContainerName"]
    (connection,) = [entry for entry in container["env"] if entry["name"] == "AIRFLOW_CONN_AIRFLOW_DB"]
    assert connection["valueFrom"]["secretKeyRef"] == {"name": "airflow-metadata-connection", "key": "connection"}


def test_no_job_comes_with_the_release(airflow: list[Object]) -> None:
    """Its jobs keep their names: an update would be refused while one is there."""
    assert [item["metadata"]["name"] for item in airflow if item["kind"] in ("Job", "CronJob")] == []


def test_the_database_s_password_is_the_poolers_alone(airflow: list[Object], charts: dict[str, list[Object]]) -> None:
    holders = {
        item["metadata"]["name"]
        for item in charts["airflow"]
        if item["kind"] == "ExternalSecret" and "database_password" in str(item["spec"]["target"]["template"]["data"])
    }
    assert holders
    for name, template in rendering.pod_templates([*airflow, *workloads(charts["airflow"])]).items():
        assert name == "Deployment/airflow-pgbouncer" or not holders & set(secrets_of(template)), name


def test_a_rollout_of_api_servers_loses_no_request(
    helm: Path, airflow: list[Object], charts: dict[str, list[Object]]
) -> None:
    # The new one is ready when the load balancer finds it healthy, and none goes before it.
    label = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
    assert label.items() <= one(charts["airflow"], "Namespace", "airflow")["metadata"]["labels"].items()
    spec = one(airflow, "Deployment", "airflow-api-server")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    # The old one answers until the load balancer sends it nothing more, and then ends what it has.
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    life = pod.get("terminationGracePeriodSeconds", 30)
    assert (program, 15 <= int(seconds) <= life - 10) == ("sleep", True)
    annotations = one(airflow, "Ingress", "airflow-ingress")["metadata"]["annotations"]
    attributes = annotations["alb.ingress.kubernetes.io/target-group-attributes"]
    assert attributes == f"deregistration_delay.timeout_seconds={life}"
    # A controller that is down keeps no pod from starting.
    controller = rendered(helm, charts["load-balancer-controller"], "aws-load-balancer-controller")
    (hook,) = [
        hook
        for item in controller
        if item["kind"] == "MutatingWebhookConfiguration"
        for hook in item["webhooks"]
        if hook["name"] == "mpod.elbv2.k8s.aws"
    ]
    assert hook["failurePolicy"] == "Ignore"
    assert [each["key"] for each in hook["namespaceSelector"]["matchExpressions"]] == list(label)


def test_the_ui_is_behind_a_load_balancer(airflow: list[Object]) -> None:
    ingress = one(airflow, "Ingress", "airflow-ingress")
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/scheme"] == "internal"


def test_no_secret_is_made_by_the_chart(airflow: list[Object]) -> None:
    assert [item["metadata"]["name"] for item in airflow if item["kind"] == "Secret"] == []


def test_every_secret_that_is_read_is_written_by_external_secrets(
    airflow: list[Object], charts: dict[str, list[Object]]
) -> None:
    written = {
        item["metadata"]["name"]: set(item["spec"]["target"]["template"]["data"])
        for item in charts["airflow"]
        if item["kind"] == "ExternalSecret"
    }
    read: dict[str, set[str]] = {}
    for template in rendering.pod_templates([*airflow, *workloads(charts["airflow"])]).values():
        for name, keys in secrets_of(template).items():
            read[name] = read.get(name, set()) | keys
    assert read
    for name, keys in read.items():
        assert keys <= written.get(name, set()), f"{name} is read but nobody writes {keys}"
    assert set(written) == set(read), "a Secret that nobody reads"


def test_servers_and_workers_are_where_they_belong(airflow: list[Object]) -> None:
    for name, template in rendering.pod_templates(airflow).items():
        spec = template["spec"]
        if name == "Deployment/airflow-worker-main":
            assert spec["nodeSelector"] == node_selector(WORKERS_POOL)
            assert spec["tolerations"] == [toleration(WORKERS_POOL)]
        else:
            assert spec["nodeSelector"] == node_selector(SERVICES_POOL), name


def test_airflow_pods_are_restricted_and_sized(airflow: list[Object]) -> None:
    for name, template in rendering.pod_templates(airflow).items():
        pod = template["spec"]["securityContext"]
        assert pod["runAsNonRoot"] is True, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in rendering.containers(template):
            where = f"{name}/{container['name']}"
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, where
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, where
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), where


def test_only_git_sync_writes_the_dags(airflow: list[Object]) -> None:
    writers = []
    for name, template in rendering.pod_templates(airflow).items():
        volumes = {volume["name"]: volume for volume in template["spec"].get("volumes") or []}
        if "dags" in volumes:
            assert volumes["dags"]["persistentVolumeClaim"] == {"claimName": "airflow-dags"}
        writers += [
            f"{name}/{container['name']}"
            for container in rendering.containers(template)
            for mount in container.get("volumeMounts") or []
            if mount["name"] == "dags" and not mount.get("readOnly")
        ]
    assert writers == ["Deployment/airflow-dag-processor/git-sync"]


def test_git_sync_asks_the_sidecar_and_follows_the_branch(airflow: list[Object]) -> None:
    spec = one(airflow, "Deployment", "airflow-dag-processor")["spec"]["template"]["spec"]
    (git_sync,) = [container for container in spec["containers"] if container["name"] == "git-sync"]
    environment = {entry["name"]: entry.get("value") for entry in git_sync["env"]}
    assert environment["GITSYNC_REF"] == environment["GIT_SYNC_BRANCH"] == "main"
    assert environment["GITSYNC_ASKPASS_URL"] == "http://127.0.0.1:8617/"
    assert git_sync["securityContext"]["runAsUser"] == 65533
    (askpass,) = [container for container in spec["initContainers"] if container["name"] == "git-askpass"]
    assert askpass["restartPolicy"] == "Always"
    assert {entry["name"]: entry["value"] for entry in askpass["env"]}["CODECOMMIT_REPOSITORY_URL"] == environment[
        "GITSYNC_REPO"
    ]


@pytest.mark.parametrize("key", RELEASES)
def test_every_image_is_pinned_and_from_the_right_registry(
    helm: Path, charts: dict[str, list[Object]], partition: str, key: str
) -> None:
    upstream = {image.upstream for image in load_releases().images.values()}
    private = f"{ACCOUNT}.dkr.ecr."
    for name, template in rendering.pod_templates(rendered(helm, charts[RELEASES[key]], key)).items():
        for container in rendering.containers(template):
            image, where = container["image"], f"{name}/{container['name']}: {container['image']}"
            repository, _, tag = image.partition("@")[0].rpartition(":")
            assert tag not in ("", "latest"), where
            assert repository.startswith(private) if partition == "aws-cn" else repository in upstream, where


@pytest.mark.parametrize("key", [key for key in RELEASES if key != "airflow"])
def test_controllers_run_on_the_system_nodes(helm: Path, charts: dict[str, list[Object]], key: str) -> None:
    templates = rendering.pod_templates(rendered(helm, charts[RELEASES[key]], key))
    assert templates
    for name, template in templates.items():
        selector = template["spec"]["nodeSelector"]
        assert selector["airflow-eks/pool"] == "system", name
        assert selector["kubernetes.io/arch"] == "arm64", name
        for container in rendering.containers(template):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), f"{name}/{container['name']}"
