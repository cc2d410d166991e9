"""The pretend cluster: what its programs accept, what they refuse, and what they write down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.sandbox.aws import Aws
from ops.sandbox.pretend_cluster import aws_cli, calls, faults, helm, kubectl
from ops.sandbox.pretend_cluster.state import Clusters, everything, journal
from settings import load_releases

pytestmark = pytest.mark.sandbox

PROGRAMS: dict[str, calls.Program] = {"aws": aws_cli.run, "helm": helm.run, "kubectl": kubectl.run}


class Shell:
    """Calls the programs as the CDK's handler does."""

    def __init__(self, folder: Path, aws: Aws) -> None:
        self.folder = folder
        self._aws = aws
        self._clusters = Clusters(folder)
        (folder / "kubeconfig").write_text('{"current-context": "here/airflow"}')

    def call(self, program: str, *arguments: str, given: bytes = b"") -> tuple[int, str]:
        call = calls.Call(
            program=program,
            arguments=list(arguments),
            folder=self.folder,
            region="us-west-2",
            given=given,
            clusters=self._clusters,
            aws=self._aws,
            state=self.folder,
        )
        return calls.answer(PROGRAMS, call)

    def kubectl(self, verb: str, *manifests: Any) -> tuple[int, str]:
        file = self.folder / "manifest.yaml"
        file.write_text("".join(each if isinstance(each, str) else json.dumps(each) for each in manifests))
        return self.call("kubectl", verb, "--kubeconfig", str(self.folder / "kubeconfig"), "-f", str(file))

    def install(self, name: str, namespace: str, **changes: str) -> tuple[int, str]:
        chart = load_releases().charts[name]
        arguments = {"--repo": chart.repository, "--version": chart.version, "--timeout": "600s", **changes}
        words = [word for pair in arguments.items() for word in pair]
        return self.call(
            "helm", "upgrade", name, chart.name, "--install", "--create-namespace", "--namespace", namespace, "--wait",
            *words, "--kubeconfig", str(self.folder / "kubeconfig"),
        )  # fmt: skip

    def uninstall(self, name: str, namespace: str) -> tuple[int, str]:
        kubeconfig = str(self.folder / "kubeconfig")
        return self.call("helm", "uninstall", name, "--namespace", namespace, "--wait", "--kubeconfig", kubeconfig)

    @property
    def problems(self) -> list[str]:
        return [entry.detail for entry in journal(self.folder) if entry.action == "problem"]


def _object(kind: str, name: str, api_version: str = "v1", namespace: str | None = None) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


NAMESPACE = _object("Namespace", "team")
CONFIG = _object("ConfigMap", "settings", namespace="team")
STORE = _object("SecretStore", "store", "external-secrets.io/v1", "external-secrets")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    return Shell(tmp_path, Aws(endpoint="http://127.0.0.1:9", region="us-west-2"))


def test_objects_come_and_go(shell: Shell) -> None:
    assert shell.kubectl("apply", NAMESPACE, CONFIG) == (0, "Namespace team created\nConfigMap team/settings created\n")
    assert shell.kubectl("apply", CONFIG) == (0, "ConfigMap team/settings configured\n")
    assert [thing.label for thing in everything(shell.folder)["here/airflow"]] == [
        "Namespace team",
        "ConfigMap team/settings",
    ]
    assert shell.kubectl("delete", CONFIG)[0] == shell.kubectl("delete", NAMESPACE)[0] == 0
    assert everything(shell.folder) == {}
    assert shell.problems == []


@pytest.mark.parametrize(
    ("verb", "manifest", "reason"),
    [
        ("apply", CONFIG, 'namespaces "team" not found'),
        ("apply", STORE | {"metadata": {"name": "store"}}, "the release external-secrets is not installed"),
        ("apply", _object("Odd", "x", "odd.example.com/v1"), "which chart brings the kinds of odd.example.com"),
        ("apply", {"kind": "ConfigMap"}, "apiVersion, metadata is not set"),
        ("apply", _object("ConfigMap", "x", "apps"), "there is no apiVersion apps"),
        ("apply", "{not json", "error parsing the manifest"),
        ("delete", CONFIG, "ConfigMap team/settings not found"),
        ("get", CONFIG, "does not know this"),
    ],
)
def test_what_is_wrong_is_refused_and_written_down(shell: Shell, verb: str, manifest: Any, reason: str) -> None:
    code, output = shell.kubectl(verb, manifest)
    assert code == 1
    assert reason in output
    assert len(shell.problems) == 1


def test_a_job_that_is_there_has_succeeded(shell: Shell) -> None:
    def ask() -> tuple[int, str]:
        kubeconfig = str(shell.folder / "kubeconfig")
        where = ["get", "-n", "team", "job", "setup-1", "-o=jsonpath='{.status.succeeded}'"]
        return shell.call("kubectl", "--kubeconfig", kubeconfig, *where)

    assert "NotFound" in ask()[1]
    job = _object("Job", "setup-1", "batch/v1")
    assert shell.kubectl("apply", NAMESPACE, {**job, "metadata": {"name": "setup-1", "namespace": "team"}})[0] == 0
    assert ask() == (0, "'1'")


def test_a_load_balancer_has_a_name_of_its_scheme(tmp_path: Path, aws: Aws) -> None:
    shell = Shell(tmp_path, aws)
    (file := tmp_path / "values.json").touch()

    def deploy(scheme: str) -> None:
        annotations = {"load-balancer-name": "airflow-web", "scheme": scheme}
        names = {f"alb.ingress.kubernetes.io/{name}": value for name, value in annotations.items()}
        file.write_text(json.dumps({"ingress": {"apiServer": {"annotations": names}}}))
        code, output = shell.install("airflow", "airflow", **{"--values": str(file)})
        assert code == 0, output

    def ask(comparison: str) -> str:
        path = f"jsonpath='{{.status.loadBalancer.ingress[?(@.hostname{comparison}\"internal-\")].hostname}}'"
        arguments = ["--kubeconfig", str(tmp_path / "kubeconfig"), "get", "-n", "airflow", "ingress", "web", "-o", path]
        return shell.call("kubectl", *arguments)[1]

    assert "NotFound" in ask(">")
    for scheme in ("internal", "internet-facing", "internal"):
        deploy(scheme)
        (balancer,) = aws.call("elbv2", "describe_load_balancers")["LoadBalancers"]
        found = {"internal": ask(">"), "internet-facing": ask("<")}
        assert found == {"internal": "''", "internet-facing": "''", scheme: f"'{balancer['DNSName']}'"}
    assert shell.uninstall("airflow", "airflow")[0] == 0
    assert aws.call("elbv2", "describe_load_balancers")["LoadBalancers"] == []


def test_create_does_not_overwrite(shell: Shell) -> None:
    shell.kubectl("create", NAMESPACE)
    assert "AlreadyExists" in shell.kubectl("create", NAMESPACE)[1]


def test_deletion_goes_the_other_way_round(shell: Shell) -> None:
    shell.install("external-secrets", "external-secrets")
    assert shell.kubectl("apply", STORE)[0] == 0
    assert "before SecretStore" in shell.uninstall("external-secrets", "external-secrets")[1]
    assert shell.kubectl("delete", STORE)[0] == 0
    assert shell.uninstall("external-secrets", "external-secrets")[0] == 0


def test_a_namespace_goes_last(shell: Shell) -> None:
    shell.kubectl("apply", NAMESPACE, CONFIG)
    assert "before ConfigMap team/settings" in shell.kubectl("delete", NAMESPACE)[1]


def test_a_controller_goes_after_the_release_that_needs_it(shell: Shell) -> None:
    shell.install("keda", "keda")
    shell.install("airflow", "airflow")
    assert "before Release airflow/airflow" in shell.uninstall("keda", "keda")[1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"--version": "0.0.1"}, "is not in settings/releases.yaml"),
        ({"--repo": "https://charts.example.com"}, "comes from https://charts.example.com"),
        ({"--timeout": "15m"}, "the function ends before"),
        ({"--timeout": "soon"}, "is not a duration"),
        ({"--set": "a=b"}, "does not know this"),
    ],
)
def test_a_release_is_one_of_the_pinned_ones(shell: Shell, changes: dict[str, str], reason: str) -> None:
    code, output = shell.install("keda", "keda", **changes)
    assert code == 1
    assert reason in output


def test_charts_of_the_accounts_own_registry_are_pulled(shell: Shell) -> None:
    version = load_releases().charts["keda"].version
    registry = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    password = shell.call("aws", "ecr", "get-login-password", "--region", "cn-north-1")[1]
    login = ("registry", "login", "--username", "AWS", "--password-stdin", registry)
    assert shell.call("helm", *login, given=password.encode())[0] == 0
    assert shell.call("helm", *login)[0] == 1
    assert shell.call("helm", "pull", f"oci://{registry}/x/charts/keda", "--version", version, "--untar")[0] == 0
    assert json.loads((shell.folder / "keda" / "Chart.yaml").read_text())["version"] == version


def test_nobody_logs_in_to_a_cluster_that_is_not_there(shell: Shell) -> None:
    kubeconfig = str(shell.folder / "other")
    with pytest.raises(Exception, match="Could not connect"):
        shell.call("aws", "eks", "update-kubeconfig", "--name", "x", "--kubeconfig", kubeconfig)
    (shell.folder / "kubeconfig").unlink()
    assert "nobody logged in" in shell.kubectl("apply", NAMESPACE)[1]


def test_a_test_can_ask_for_a_fault(shell: Shell) -> None:
    faults.ask_for(shell.folder, "helm upgrade keda")
    assert "a fault that a test asked for" in shell.install("keda", "keda")[1]
    faults.ask_for(shell.folder)
    assert shell.install("keda", "keda")[0] == 0
