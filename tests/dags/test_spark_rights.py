"""What the Spark job asks of Kubernetes, by the pinned provider, is what the team's roles allow, and no less."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.charts.builders import build_charts, settings_for
from tests.dags.conftest import AIRFLOW_PYTHON, ROOT
from tests.support.spark_applications import spark_applications

PROGRAM = Path(__file__).with_name("kubernetes_calls.py")
NAMESPACE = "spark-team-a"
_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/[^/]+/namespaces/(?P<namespace>[^/]+)/(?P<resource>\w+)"
    r"(?:/(?P<name>[^/]+)(?:/(?P<sub>\w+))?)?"
)
_VERBS = {"POST": "create", "DELETE": "delete", "PATCH": "patch", "PUT": "update"}
_DRIVER = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "job-driver", "namespace": NAMESPACE},
    "spec": {"containers": [{"name": "spark-kubernetes-driver"}]},
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "spark-kubernetes-driver", "image": "spark", "imageID": "", "ready": True, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }
        ],
    },
}  # fmt: skip
Call = tuple[str, str]


class Kubernetes(ThreadingHTTPServer):
    """An API server that has a driver that runs, and writes down what it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Call] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Kubernetes

    def _answer(self) -> None:
        asked = urlsplit(self.path)
        found = _PATH.fullmatch(asked.path)
        assert found is not None, self.path
        assert found["namespace"] == NAMESPACE
        resource = "/".join(filter(None, (found["group"], found["resource"], found["sub"])))
        verb = _VERBS.get(self.command, "get" if found["name"] else "list")
        if "watch" in parse_qs(asked.query):
            verb = "watch"
        self.server.calls.append((resource, verb))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if found["resource"] == "sparkapplications":
            answer = json.loads(body) if self.command == "POST" else {}
            answer |= {"status": {"applicationState": {"state": "RUNNING"}}}
        elif found["name"]:
            answer = _DRIVER
        else:
            answer = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": []}
        sent = b"" if verb == "watch" else json.dumps(answer).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Call]]:
    """Who asked what."""
    kubernetes = Kubernetes()
    home = tmp_path_factory.mktemp("calls")
    (application,) = [each for where, each in spark_applications(ROOT).items() if where.startswith("dags/")]
    file = home / "application.yaml"
    file.write_text(json.dumps(application))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps({"conn_type": "kubernetes"}),
        "NO_PROXY": "*",
    }
    process = subprocess.Popen(
        [str(AIRFLOW_PYTHON), str(PROGRAM), kubernetes.url, str(file), NAMESPACE],
        env=environment, cwd=home, stdout=subprocess.PIPE, stderr=(home / "errors").open("w"), text=True,
    )  # fmt: skip
    assert process.stdout is not None
    parts: list[list[Call]] = []
    for line in process.stdout:
        if line.strip() in ("SUBMITTED", "CANCELLED"):
            parts.append(kubernetes.calls.copy())
            kubernetes.calls.clear()
    assert process.wait(120) == 0, (home / "errors").read_text()[-3000:]
    kubernetes.shutdown()
    submitted, cancelled = parts
    return {"airflow-worker": {*submitted, *kubernetes.calls}, "airflow-triggerer": set(cancelled)}


def rights(account: str) -> set[Call]:
    chart = build_charts(settings_for("aws"))["spark"]
    own = [each for each in chart if each["metadata"].get("namespace") == NAMESPACE]
    rules = {each["metadata"]["name"]: each["rules"] for each in own if each["kind"] == "Role"}
    return {
        ("/".join(filter(None, (group, resource))), verb)
        for binding in own
        if binding["kind"] == "RoleBinding" and account in {each["name"] for each in binding["subjects"]}
        for rule in rules[binding["roleRef"]["name"]]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_a_worker_may_do_what_it_does(calls: dict[str, set[Call]]) -> None:
    asked = calls["airflow-worker"]
    application = "sparkoperator.k8s.io/sparkapplications"
    assert {(application, "create"), (application, "delete"), (f"{application}/status", "get")} <= asked
    assert not asked - rights("airflow-worker")


def test_a_triggerer_may_end_a_job_that_is_cancelled(calls: dict[str, set[Call]]) -> None:
    asked = calls["airflow-triggerer"]
    assert {("pods", "get"), ("pods", "delete")} <= asked
    assert not asked - rights("airflow-triggerer")
