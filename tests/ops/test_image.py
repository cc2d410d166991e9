"""ops image: the check against constraints, the repository, what Docker is given, and every way in which it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.image import bake, repository
from ops.preflight.registry import built
from ops.preflight.subject import Preflight
from ops.report import Status
from settings import ImageReference, Registry, load_releases, load_settings, packages
from tests.ops.answers import ACCOUNT, Answers, make_aws
from tests.ops.wheels import wheel

AIRFLOW = load_releases().images["airflow"].tag
CONTEXT = ("--context", "airflow.requirements=team.txt")
_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
REPOSITORY = "airflow-eks/airflow"
DOCKER = """#!/bin/sh
echo "$@" >> "{log}"
case "$1 $2" in
  "login --username") cat >> "{log}"; echo >> "{log}" ;;
  "buildx bake") env | grep -E "^[A-Z_]+_(IMAGE|BASE)=" | sort >> "{log}" ;;
esac
{ending}
"""


def run(*arguments: str) -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["image", *CONTEXT, *arguments])


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a team's requirements, an index of two packages, and Airflow's constraints."""
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("report\n", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("library==1.0\n", encoding="utf-8")
    for name, version, needs in (
        ("report", "2.0", "library>=1"),
        ("report", "3.0", "library>=2"),
        ("library", "1.0", ""),
        ("library", "2.0", ""),
    ):
        wheel(tmp_path, name, version, needs)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """An empty account."""
    with mock_aws():
        aws = make_aws()
        monkeypatch.setattr("ops.image.command.connect", lambda **_: aws)
        yield Answers(aws)


@pytest.fixture
def docker(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that writes down what it is asked; the file that it writes to."""
    return _docker(project, monkeypatch, "exit 0")


def _docker(folder: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> Path:
    log = folder / "docker.log"
    program = folder / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(DOCKER.format(log=log, ending=ending), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(bake, "ROOT", folder)
    return log


class TestTheCheck:
    def check(self, project: Path, *arguments: str) -> Result:
        return run("--check", "--constraints", str(project / "constraints.txt"), *arguments)

    def test_packages_that_go_with_the_constraints(self, project: Path) -> None:
        result = self.check(project)
        assert result.exit_code == 0, result.output
        assert result.stdout.endswith(f"team.txt: 1 requirements go with Airflow {AIRFLOW}, 2 with theirs\n")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("report==3.0", "report>=3.0 depends on library>=2"),
            ("library==2.0", "you require library==2.0 and library==1.0"),
            ("nowhere", "nowhere was not found"),
        ],
    )
    def test_packages_that_do_not(self, project: Path, line: str, said: str) -> None:
        (project / "team.txt").write_text(f"{line}\n", encoding="utf-8")
        result = self.check(project)
        assert (result.exit_code, result.stdout) == (2, "")
        (message,) = result.stderr.splitlines()
        assert message.startswith(f"{project}/team.txt: does not go with Airflow's constraints ({project}/constraints")
        assert said in message

    def test_an_index_that_does_not_answer(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("UV_OFFLINE")
        monkeypatch.delenv("UV_FIND_LINKS")
        monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        result = self.check(project)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("the packages cannot be checked: ")
        assert result.stderr.count("\n") == 1

    def test_without_uv(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(project))
        assert self.check(project).stderr.startswith("there is no uv here")

    def test_constraints_that_cannot_be_fetched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("urllib.request.urlopen", _unreachable)
        result = run("--check")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "cannot be reached" in result.stderr
        assert "--constraints FILE; or --skip-check" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--context", "airflow.requirements=none.txt"), "airflow.requirements = none.txt: cannot be read"),
        (("--pip-conf", "none"), "--pip-conf none: there is no such file"),
        (("--constraints", "none"), "none: [Errno 2] No such file"),
    ],
)
def test_a_mistake_ends_with_one_message(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(said)


def test_without_the_setting() -> None:
    result = CliRunner().invoke(app, ["image"])
    assert result.exit_code == 2
    assert result.stderr.startswith("airflow.requirements is not set and images.built names nothing")


class TestABuild:
    def test_from_an_empty_account(self, account: Answers, docker: Path, project: Path) -> None:  # noqa: ARG002
        (project / "pip.conf").write_text("[global]\n", encoding="utf-8")
        result = run("--skip-check", "--pip-conf", str(project / "pip.conf"))
        assert result.exit_code == 0, result.output
        image = _image()
        made, pushed = result.stdout.splitlines()
        assert made == f"made the repository {REPOSITORY}; it stays when the deployment is destroyed"
        assert pushed.startswith(f"pushed {image}; ")
        buildx, engine, login, password, command, *variables = docker.read_text(encoding="utf-8").splitlines()
        assert (buildx, engine.split()[0]) == ("buildx version", "version")
        assert login == f"login --username AWS --password-stdin {image.registry}"
        assert password
        assert password not in result.output + command
        assert command == (
            f"buildx bake --file docker/docker-bake.hcl --allow=fs.read={project} --allow=fs.read={project}/pip.conf "
            f"--set airflow.secrets=type=file,id=pip.conf,src={project}/pip.conf airflow --push"
        )
        assert variables == [f"AIRFLOW_BASE=docker.io/apache/airflow:{AIRFLOW}", f"AIRFLOW_IMAGE={image}"]

    @pytest.mark.usefixtures("account", "docker")
    def test_its_repository(self) -> None:
        run("--skip-check")
        (made,) = make_aws().client("ecr").describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
        assert made["imageTagMutability"] == "IMMUTABLE"
        assert made["imageScanningConfiguration"] == {"scanOnPush": True}
        assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}

    @pytest.mark.usefixtures("account")
    def test_a_second_one_finds_the_repository(self, docker: Path) -> None:
        run("--skip-check")
        result = run("--skip-check")
        assert "made the repository" not in result.stdout
        assert docker.read_text(encoding="utf-8").count("buildx bake") == 2

    @pytest.mark.usefixtures("account")
    def test_an_unchanged_file_builds_nothing(self, docker: Path) -> None:
        image = _pushed()
        result = run("--skip-check")
        assert (result.exit_code, result.stdout) == (0, f"{image} is there already: nothing has changed\n")
        assert not docker.exists()

    @pytest.mark.usefixtures("account")
    def test_a_changed_file_builds_another(self, docker: Path, project: Path) -> None:
        image = _pushed()
        (project / "team.txt").write_text("report==2.0\n", encoding="utf-8")
        result = run("--skip-check")
        assert result.exit_code == 0
        assert f"AIRFLOW_IMAGE={image}" not in docker.read_text(encoding="utf-8")

    @pytest.mark.usefixtures("account", "docker")
    def test_is_shown_and_not_run(self) -> None:
        result = run("--skip-check", "--print")
        assert f"export AIRFLOW_IMAGE={_image()}\n" in result.stdout
        assert result.stdout.splitlines()[-1].startswith("docker buildx bake --file docker/docker-bake.hcl ")
        assert make_aws().client("ecr").describe_repositories()["repositories"] == []


class TestABuildThatFails:
    @pytest.mark.parametrize(
        ("ending", "said"),
        [
            ('[ "$1" = buildx ] && { echo "unknown command" >&2; exit 1; }', "docker has no buildx: unknown command."),
            (
                '[ "$1" = version ] && { echo "no daemon" >&2; exit 1; }',
                "the Docker engine does not answer: no daemon.",
            ),
            ('[ "$1" = login ] && { echo "400" >&2; exit 1; }', "no sign-in to 123456789012.dkr.ecr."),
            ('[ "$2" = bake ] && exit 7', "docker buildx bake ended with 7; above is why"),
        ],
    )
    @pytest.mark.usefixtures("account")
    def test_says_why(self, project: Path, monkeypatch: pytest.MonkeyPatch, ending: str, said: str) -> None:
        _docker(project, monkeypatch, f"{ending}\nexit 0")
        result = run("--skip-check")
        assert result.exit_code == 2
        assert result.stderr.startswith(said)

    @pytest.mark.usefixtures("account")
    def test_without_docker(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(project))
        result = run("--skip-check")
        assert result.stderr.startswith("there is no docker here. Docker with Buildx 0.18 or newer is needed")
        assert make_aws().client("ecr").describe_repositories()["repositories"] == []

    def test_without_permission(self, account: Answers, docker: Path) -> None:
        account.refuse("ecr", "DescribeRepositories", "AccessDeniedException", "no", 400)
        result = run("--skip-check")
        assert (result.exit_code, result.stderr) == (
            2,
            "access denied: this identity may not call DescribeRepositories\n",
        )
        assert "login" not in docker.read_text(encoding="utf-8")


@pytest.mark.parametrize(("pushed", "status"), [(False, Status.FAILURE), (True, Status.OK)])
def test_preflight_looks_for_it(*, pushed: bool, status: Status) -> None:
    with mock_aws():
        if pushed:
            _pushed()
        settings = load_settings({"airflow.requirements": "team.txt"})
        (finding,) = built(Preflight(make_aws(), settings))
        assert finding.status is status
        assert _image().tag in finding.found
        assert list(built(Preflight(make_aws(), load_settings({})))) == []


def _image() -> ImageReference:
    return Registry(settings=load_settings({"airflow.requirements": "team.txt"}), account=ACCOUNT).image("airflow")


def _pushed() -> ImageReference:
    """The image, as if it had been built."""
    image = _image()
    aws = make_aws()
    repository.make_repository(aws, image)
    manifest = json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{'0' * 64}"}, "layers": []})
    aws.client("ecr").put_image(
        repositoryName=image.path, imageManifest=manifest, imageManifestMediaType=_MEDIA_TYPE, imageTag=image.tag
    )
    return image


def _unreachable(*_: object, **__: object) -> None:
    raise OSError("no such host")
