"""upgrade-check as a person types it, and where it reads the versions from that an upgrade starts with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.checks import NotCheckedError
from ops.commands import app
from ops.errors import OpsError
from ops.kubernetes_api import kubeconfig_api
from ops.stack import read_stack
from ops.upgrade import sources
from ops.upgrade.versions import AURORA, QUEUE
from settings import load_releases
from settings.releases import RELEASES_FILE
from tests.ops.answers import Answers, make_aws
from tests.ops.fake_kubernetes import NODES, FakeKubernetes
from tests.ops.in_memory import NAME, REGION
from tests.ops.servers import serve
from tests.ops.upgrade_kit import Json, platform, release, synthesize

ROOT = "arn:aws:cloudformation:us-west-2:123456789012:stack/airflow/root"
NESTED = "arn:aws:cloudformation:us-west-2:123456789012:stack/airflow-One/nested"


def run(*arguments: str) -> Result:
    """Type the command. It fetches nothing."""
    return CliRunner().invoke(app, ["upgrade-check", "--offline", *arguments], env={"COLUMNS": "200"})


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """What would be deployed."""
    charts = load_releases().charts
    values = {name: {} for name in charts if name != "airflow"}
    return synthesize(tmp_path / "cdk.out", platform(values))


@pytest.fixture
def deployed(assembly: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """The same, deployed."""
    with mock_aws():
        aws = make_aws()
        monkeypatch.setattr("ops.upgrade.command.connect", lambda **_: aws)
        answers = Answers(aws)
        describe(answers, json.loads((assembly / "one.nested.template.json").read_text(encoding="utf-8"))["Resources"])
        yield answers


def describe(answers: Answers, resources: Json) -> None:
    """Have CloudFormation, EKS and RDS say what is deployed."""
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://bucket/one.json"}}
    templates = {
        ROOT: {"Resources": {"OneNestedStackOneNestedStackResource1": nested}},
        NESTED: {"Resources": resources},
    }
    within = {
        ROOT: [("OneNestedStackOneNestedStackResource1", "AWS::CloudFormation::Stack", NESTED)],
        NESTED: [
            ("Database", "AWS::RDS::DBCluster", "database"),
            ("Nodes", "AWS::EKS::Nodegroup", f"{NAME}/system"),
            ("Coredns", "AWS::EKS::Addon", f"{NAME}|coredns"),
        ],
    }
    stack = {
        "StackId": ROOT,
        "StackName": NAME,
        "StackStatus": "UPDATE_COMPLETE",
        "Outputs": [{"OutputKey": "ClusterName", "OutputValue": NAME}],
    }
    answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
    answers.give("cloudformation", "GetTemplate", lambda asked: {"TemplateBody": templates[asked["StackName"]]})
    answers.give("cloudformation", "ListStackResources", lambda asked: {
        "StackResourceSummaries": [
            {"LogicalResourceId": id_, "ResourceType": type_, "PhysicalResourceId": physical, "ResourceStatus": ""}
            for id_, type_, physical in within[asked["StackName"]]
        ]
    })  # fmt: skip
    database = resources["Database"]["Properties"]["EngineVersion"]
    answers.give("rds", "DescribeDBClusters", {"DBClusters": [{"EngineVersion": database}]})
    version = resources["Eks"]["Properties"]["Version"]
    image = f"{version}.1-20261101"
    answers.give("eks", "DescribeNodegroup", {"nodegroup": {"version": version, "releaseVersion": image}})
    answers.give("ssm", "GetParameter", {"Parameter": {"Value": image}})
    answers.give("eks", "DescribeCluster", {"cluster": {
        "name": NAME, "endpoint": "http://127.0.0.1:9", "certificateAuthority": {"data": ""}, "resourcesVpcConfig": {},
    }})  # fmt: skip
    addon = {"addonVersion": "v1.0", "compatibilities": []}
    answers.give("eks", "DescribeAddon", {"addon": addon})
    answers.give("eks", "DescribeAddonVersions", {"addons": [{"addonVersions": [addon]}]})


class TestTheCommand:
    def test_nothing_changes(self, deployed: Answers, assembly: Path) -> None:  # noqa: ARG002 - it is what is asked
        result = run("--assembly", str(assembly), "--output", "json")
        assert result.exit_code == 0, result.output
        report = json.loads(result.stdout)
        assert (report["command"], report["from"]) == ("upgrade-check", "stack airflow")
        told = {each["check"]: each for each in report["results"]}
        assert {each["status"] for each in told.values()} == {"ok", "not checked"}
        assert told["changes"]["found"] == "0 resources changed, 0 new, 0 gone"
        assert told["add-on coredns"]["found"] == f"v1.0 goes with {load_releases().kubernetes.default}"
        assert [check for check, each in told.items() if each["status"] == "not checked"] == ["nodes of Karpenter"]

    def test_what_was_deployed_was_newer(self, deployed: Answers, assembly: Path) -> None:
        newer = platform()
        newer["Eks"]["Properties"]["Version"] = "1.37"
        newer["Releaseairflow"] = release("airflow", {"airflowVersion": "3.9.0"})
        describe(deployed, newer)
        result = run("--assembly", str(assembly), "--output", "json")
        assert result.exit_code == 1
        failed = [each["check"] for each in json.loads(result.stdout)["results"] if each["status"] == "failure"]
        assert failed == ["Airflow", "Kubernetes", "node versions"]

    @pytest.mark.parametrize(("options", "exit_code"), [((), 0), (("--strict",), 1)])
    def test_what_cannot_be_checked(self, assembly: Path, options: tuple[str, ...], exit_code: int) -> None:
        result = run("--from-releases", str(RELEASES_FILE), "--assembly", str(assembly), *options)
        assert result.exit_code == exit_code, result.output
        assert "no deployment was asked" in result.stdout

    def test_with_a_chart_for_somebody_else(self, assembly: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.tgz"
        other.write_bytes(b"")
        result = run("--from-assembly", str(assembly), "--assembly", str(assembly), "--chart", str(other))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"--chart {other}: ")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--from", "--output=/tmp/x"), "--from --output=/tmp/x: "),
            (("--from-releases", "none.yaml"), "--from-releases none.yaml: "),
            (("--from-assembly", "none"), "--from-assembly: none holds no synthesized application"),
            (("--from", "HEAD", "--from-releases", "x"), "give one of --from, --from-releases and --from-assembly"),
        ],
    )
    def test_a_mistake_ends_with_one_message(self, arguments: tuple[str, ...], said: str) -> None:
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(said)
        assert "Traceback" not in result.output

    def test_where_nothing_was_deployed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mock_aws():
            monkeypatch.setattr("ops.upgrade.command.connect", lambda **_: make_aws("eu-west-1"))
            result = run("--name", "mine", "--region", "eu-west-1")
        assert result.exit_code == 2
        assert result.stderr.startswith("there is no stack mine in eu-west-1")


class TestARevision:
    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        """A repository with one revision, of older versions."""
        (tmp_path / "settings").mkdir()
        table = RELEASES_FILE.read_text(encoding="utf-8").replace(f"tag: {_airflow()}", "tag: 3.1.0")
        (tmp_path / "settings" / "releases.yaml").write_text(table, encoding="utf-8")
        (tmp_path / "cdk.json").write_text('{"context": {}}', encoding="utf-8")
        self.git(tmp_path, "init", "--quiet")
        self.commit(tmp_path)
        return tmp_path

    def git(self, folder: Path, *arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)

    def commit(self, folder: Path) -> None:
        self.git(folder, "add", ".")
        self.git(folder, "commit", "--quiet", "--message", "a revision")

    def test_its_versions(self, repository: Path) -> None:
        source = sources.from_revision("HEAD", repository=repository)
        assert (source.versions.airflow, source.versions.source) == ("3.1.0", "revision HEAD")
        assert source.versions.kubernetes == load_releases().kubernetes.default
        assert source.versions.charts["keda"] == load_releases().charts["keda"].version
        assert (source.stacks, source.requirements) == (None, None)

    @pytest.mark.parametrize(
        "settings", [{"cluster.kubernetes_version": "1.34"}, {"cluster": {"kubernetes_version": "1.34"}}]
    )
    def test_its_settings_choose_kubernetes(self, repository: Path, settings: Json) -> None:
        (repository / "cdk.json").write_text(json.dumps({"context": {"settings": settings}}), encoding="utf-8")
        self.commit(repository)
        assert sources.from_revision("HEAD", repository=repository).versions.kubernetes == "1.34"

    def test_what_it_pins_for_its_tests(self, repository: Path) -> None:
        (repository / "requirements-airflow.txt").write_text("apache-airflow==3.1.0\n", encoding="utf-8")
        self.commit(repository)
        assert sources.from_revision("HEAD", repository=repository).requirements == "apache-airflow==3.1.0\n"

    def test_that_is_none(self, repository: Path) -> None:
        with pytest.raises(OpsError, match=r"^--from v0: invalid object name 'v0'"):
            sources.from_revision("v0", repository=repository)

    @pytest.mark.parametrize("text", ["images: {}\n", "[]\n", "a: [\n"])
    def test_without_a_table_of_releases(self, repository: Path, text: str) -> None:
        (repository / "settings" / "releases.yaml").write_text(text, encoding="utf-8")
        self.commit(repository)
        with pytest.raises(OpsError, match=r"^settings/releases\.yaml of HEAD is no |^revision HEAD is no "):
            sources.from_revision("HEAD", repository=repository)


class TestADeployment:
    def test_what_aws_has_raised_by_itself(self, deployed: Answers) -> None:
        deployed.give("rds", "DescribeDBClusters", {"DBClusters": [{"EngineVersion": "16.99"}]})
        engines = self.source().versions.engines
        assert engines == {AURORA: "16.99", QUEUE: load_releases().engines.valkey}

    def test_who_may_not_ask_the_database_knows_what_was_deployed(self, deployed: Answers) -> None:
        deployed.refuse("rds", "DescribeDBClusters", "AccessDenied", "no", 403)
        assert self.source().versions.engines[AURORA] == load_releases().engines.aurora_postgresql

    def test_who_may_not_ask_for_nodes_sees_none(self, deployed: Answers) -> None:
        deployed.refuse("eks", "DescribeNodegroup", "AccessDeniedException", "no", 403)
        versions = self.source().versions
        assert versions.nodes == {}
        assert versions.unknown_nodes.startswith("access denied")

    def test_credentials_that_expire_end_it(self, deployed: Answers) -> None:
        deployed.refuse("rds", "DescribeDBClusters", "ExpiredToken")
        with pytest.raises(OpsError, match="have expired"):
            self.source()

    @pytest.mark.usefixtures("deployed")
    def test_every_node_by_the_cluster_itself(self, tmp_path: Path) -> None:
        kubernetes = FakeKubernetes()
        kubernetes.items(NODES)[0]["status"]["nodeInfo"]["kubeletVersion"] = "v1.35.2-eks-0123456"
        with serve(kubernetes.respond) as url:
            kubeconfig = tmp_path / "kubeconfig"
            kubeconfig.write_text(json.dumps({
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }), encoding="utf-8")  # fmt: skip
            aws = make_aws()
            api = kubeconfig_api(kubeconfig, None)
            versions = sources.from_deployment(aws, read_stack(aws, NAME), api).versions
        assert versions.nodes == {
            "node group system": load_releases().kubernetes.default,
            "node ip-10-0-0-7": "1.35.2",
        }

    def test_a_stack_without_airflow(self, deployed: Answers) -> None:
        resources = platform()
        del resources["Releaseairflow"]
        describe(deployed, resources)
        with pytest.raises(OpsError, match="stack airflow has no release of Airflow"):
            self.source()

    def test_a_stack_without_a_database(self, deployed: Answers) -> None:
        resources = platform()
        del resources["Broker"]
        describe(deployed, resources)
        with pytest.raises(OpsError, match=r"has no AWS::ElastiCache::ReplicationGroup with a EngineVersion"):
            self.source()

    def source(self) -> sources.Source:
        aws = make_aws(REGION)
        return sources.from_deployment(aws, read_stack(aws, NAME), NotCheckedError("not here"))


def _airflow() -> str:
    return load_releases().images["airflow"].tag
