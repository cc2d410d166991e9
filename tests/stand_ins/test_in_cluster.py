"""What goes into the cluster: what pods are given, where DNS leads, which node is of which pool, whence charts come."""

from __future__ import annotations

import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from tests.cluster import pools
from tests.cluster.choice import read_choice
from tests.cluster.images import is_there, switched_off
from tests.cluster.pools import Node
from tests.cluster.stand_ins import charts
from tests.cluster.stand_ins.credentials import secret_of
from tests.cluster.stand_ins.dns import with_names
from tests.cluster.stand_ins.inside import agent
from tests.cluster.stand_ins.webhook import patch

ZONES = ["us-west-2a", "us-west-2b"]


def _variables(pod: dict[str, Any], number: int = 0) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod["spec"]["containers"][number]["env"]}


@pytest.mark.parametrize("associated", [True, False])
def test_a_pod_is_given_trust_and_where_associated_an_identity(*, associated: bool) -> None:
    mine = {"name": "AWS_REGION", "value": "eu-west-1"}
    pod = {"spec": {"containers": [{"name": "a", "env": [mine]}, {"name": "b"}], "initContainers": [{"name": "i"}]}}
    made = jsonpatch.apply_patch(pod, patch(pod, region="us-west-2", associated=associated))
    assert _variables(made)["AWS_REGION"] == "eu-west-1"
    assert ("AWS_CONTAINER_CREDENTIALS_FULL_URI" in _variables(made, 1)) is associated
    assert _variables(made, 1)["SSL_CERT_FILE"] == "/var/run/aws-stand-ins/ca.crt"
    assert len(made["spec"]["volumes"]) == 1 + associated
    assert len(made["spec"]["initContainers"][0]["volumeMounts"]) == 1 + associated
    again = jsonpatch.apply_patch(made, patch(made, region="us-west-2", associated=associated))
    assert again == made


def test_names_of_aws_have_blocks_of_their_own_and_are_led_once() -> None:
    before = ".:53 {\n    forward . /etc/resolv.conf\n}\n"
    once = with_names(before, ["amazonaws.com", "amazonaws.com.cn"], "192.0.2.1")
    assert once.startswith(before)
    assert "amazonaws.com.cn:53 {" in once
    assert 'answer "{{ .Name }} 5 IN A 192.0.2.1"' in once
    assert with_names(once, ["amazonaws.com", "amazonaws.com.cn"], "192.0.2.1") == once


def test_bare_nodes_become_one_of_each_pool() -> None:
    bare = [Node(name=f"n{number}", labels={"kubernetes.io/arch": "amd64"}) for number in range(4)]
    control = Node(name="c", taints=["node-role.kubernetes.io/control-plane=:NoSchedule"])
    made = list(pools.plan([control, *bare], zones=ZONES))
    assert [node.name for node, _, _ in made] == ["n0", "n1", "n2", "n3"]
    found = [labels["airflow-eks/pool"] for _, labels, _ in made]
    assert found == ["system", "airflow-services", "airflow-workers", "task-pods"]
    assert [bool(taint) for _, _, taint in made] == [False, False, True, True]
    assert {labels["kubernetes.io/arch"] for _, labels, _ in made} == {"arm64"}
    assert {labels["topology.kubernetes.io/zone"] for _, labels, _ in made} == set(ZONES)


def test_a_node_that_has_a_pool_keeps_it_and_what_lacks_is_given_to_others() -> None:
    there = {"kubernetes.io/arch": "arm64", "topology.kubernetes.io/zone": "us-west-2a"}
    workers = Node(name="w", labels={"airflow-eks/pool": "airflow-workers", **there})
    made = list(pools.plan([workers, Node(name="n", labels=there)], zones=ZONES))
    assert [(node.name, labels) for node, labels, _ in made] == [("n", {"airflow-eks/pool": "system"})]


def test_the_agent_knows_a_service_account_by_its_token() -> None:
    with pytest.raises(ValueError, match="unpack"):
        agent.subject("no token")
    made = agent.credentials("system:serviceaccount:a:b", "key", datetime(2026, 11, 27, tzinfo=UTC))
    assert made["Expiration"] == "2026-11-27T06:00:00Z"
    assert made["SecretAccessKey"] == secret_of(made["AccessKeyId"], "key")
    assert (
        made["AccessKeyId"] != agent.credentials("system:serviceaccount:a:c", "key", datetime.now(UTC))["AccessKeyId"]
    )


class TestCharts:
    @pytest.fixture
    def helm(self, tmp_path: Path) -> Path:
        folder = tmp_path / "charts"
        folder.mkdir()
        (tmp_path / "Chart.yaml").write_text("name: keda\n")
        with tarfile.open(folder / "keda-2.20.2.tgz", "w:gz") as packed:
            packed.add(tmp_path / "Chart.yaml", "keda/Chart.yaml")
        real = tmp_path / "real"
        real.write_text('#!/bin/sh\necho real "$@"\n')
        real.chmod(0o755)
        charts.install(tmp_path / "helm", folder=folder, helm=real)
        return tmp_path / "helm"

    def _run(self, helm: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([helm, *words], input="x", cwd=helm.parent, capture_output=True, text=True, check=False)

    def test_a_release_is_made_of_the_archive(self, helm: Path) -> None:
        said = self._run(
            helm, "upgrade", "keda", "keda", "--install", "--repo", "https://x", "--version", "2.20.2"
        ).stdout
        assert said == f"real upgrade keda {helm.parent}/charts/keda-2.20.2.tgz --install\n"

    def test_an_artifact_of_a_registry_is_unpacked(self, helm: Path) -> None:
        done = self._run(helm, "pull", "oci://1.dkr.ecr.x/y/charts/keda", "--version", "2.20.2", "--untar")
        assert done.returncode == 0, done.stderr
        assert (helm.parent / "keda" / "Chart.yaml").exists()
        assert self._run(helm, "registry", "login", "x").returncode == 0

    def test_a_chart_that_is_not_there_is_named(self, helm: Path) -> None:
        done = self._run(helm, "upgrade", "k", "karpenter", "--version", "9")
        assert done.returncode != 0
        assert "karpenter 9 is not in" in done.stderr

    def test_all_else_is_helms(self, helm: Path) -> None:
        assert self._run(helm, "uninstall", "keda", "--wait").stdout == "real uninstall keda --wait\n"


def test_what_has_no_image_is_switched_off_and_what_everything_needs_is_not() -> None:
    assert switched_off(["cloudwatch-agent", "prometheus"]) == {
        "addons.alarm_metrics": "false",
        "alarms.enabled": "false",
        "addons.prometheus": "false",
    }
    with pytest.raises(LookupError):
        switched_off(["airflow"])


def test_an_image_is_known_by_its_digest_or_its_tag() -> None:
    digest = "sha256:" + "0" * 64
    assert is_there("r.example/a:1", {"r.example/a:1"})
    assert is_there(f"r.example/a:1@{digest}", {f"r.example/a@{digest}"})
    assert not is_there(f"r.example/a:1@{digest}", {"r.example/a:1"})


def test_choices_are_read_and_wrong_ones_are_named() -> None:
    choice = read_choice({"CLUSTER_SET": "partition=aws-cn size=small addons.grafana=false"})
    assert (choice.region, choice.size, choice.more) == ("cn-north-1", "small", {"addons.grafana": "false"})
    for wrong in ({"CLUSTER_PARTITION": "aws-us"}, {"CLUSTER_SET": "small"}):
        with pytest.raises(ValueError, match="must be"):
            read_choice(wrong)
