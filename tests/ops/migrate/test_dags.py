"""DAGs: git's own repositories, in folders instead of AWS CodeCommit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.migrate.dags import repository_url
from ops.migrate.target import Target
from settings import build_settings
from tests.ops.migrate.conftest import Both

OLD_DAG = """\
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("etl", schedule_interval="@daily") as dag:
    BashOperator(task_id="run", bash_command="true")
"""
NEW_DAG = "from airflow.sdk import dag\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", f"{sorted(files)}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The repository that the old Airflow reads: two branches and a tag."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, etl=OLD_DAG)
    git(folder, "tag", "v1")
    git(folder, "branch", "next")
    return folder


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployment's repository, still empty."""
    folder = tmp_path / "ours"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(folder))
    monkeypatch.setattr("ops.migrate.dags.repository_url", lambda *_: str(folder))
    return folder


@pytest.fixture
def bring(both: Both, ours: Path) -> Callable[..., Result]:  # noqa: ARG001 - it is where they are brought to
    """Type the command."""

    def bring(place: object, *arguments: str) -> Result:
        typed = ["migrate", "--dags-from", str(place), "--region", "us-west-2", *arguments]
        return CliRunner().invoke(app, typed, env={"COLUMNS": "200"})

    return bring


def tip(folder: Path, ref: str = "main") -> str:
    return git(folder, "rev-parse", ref)


def seed(ours: Path, tmp_path: Path, **files: str) -> str:
    """What a deployment begins with."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    git(seeds, "init", "--quiet", "--initial-branch=main")
    made = commit(seeds, **(files or {"sample": NEW_DAG}))
    git(seeds, "push", "--quiet", str(ours), "main")
    return made


class TestRepository:
    def test_all_branches_and_tags_come(self, bring: Callable[..., Result], theirs: Path, ours: Path) -> None:
        result = bring(theirs)
        assert result.exit_code == 0, result.output
        assert {ref: tip(ours, ref) for ref in ("main", "next", "v1")} == {
            ref: tip(theirs, ref) for ref in ("main", "next", "v1")
        }

    def test_what_airflow_3_has_against_them_is_told_before(
        self, bring: Callable[..., Result], theirs: Path, ours: Path
    ) -> None:
        result = bring(theirs, "--plan")
        assert result.exit_code == 0
        assert "AIR301" in result.output
        assert "schedule_interval" in result.output
        assert not git(ours, "branch")

    def test_a_second_run_brings_what_is_new_and_nothing_else(
        self, bring: Callable[..., Result], theirs: Path, ours: Path
    ) -> None:
        bring(theirs)
        assert "3 same" in bring(theirs).output
        commit(theirs, more=NEW_DAG)
        result = bring(theirs)
        assert "1 new, 2 same" in result.output
        assert tip(ours) == tip(theirs)

    def test_newer_commits_of_the_deployment_stay(self, bring: Callable[..., Result], theirs: Path, ours: Path) -> None:
        bring(theirs)
        git(theirs, "checkout", "--quiet", "-b", "aside")
        newer = commit(theirs, more=NEW_DAG)
        git(theirs, "push", "--quiet", str(ours), "aside:main")
        git(theirs, "checkout", "--quiet", "main")
        git(theirs, "branch", "--quiet", "-D", "aside")
        result = bring(theirs, "--overwrite")
        assert result.exit_code == 0
        assert "1 left out" in result.output
        assert tip(ours) == newer

    def test_the_sample_goes_when_it_may(
        self, bring: Callable[..., Result], theirs: Path, ours: Path, tmp_path: Path
    ) -> None:
        before = seed(ours, tmp_path)
        result = bring(theirs)
        assert result.exit_code == 1
        assert "--overwrite" in result.output
        assert tip(ours) == before
        assert bring(theirs, "--overwrite").exit_code == 0
        assert tip(ours) == tip(theirs)

    def test_one_branch_goes_where_the_deployment_reads(
        self, bring: Callable[..., Result], theirs: Path, ours: Path
    ) -> None:
        git(theirs, "checkout", "--quiet", "next")
        commit(theirs, more=NEW_DAG)
        assert bring(theirs, "--branch", "next").exit_code == 0
        assert tip(ours, "main") == tip(theirs, "next")
        assert git(ours, "branch", "--format=%(refname:short)") == "main"

    def test_a_branch_that_is_not_there(self, bring: Callable[..., Result], theirs: Path) -> None:
        result = bring(theirs, "--branch", "production")
        assert result.exit_code == 2
        assert "has no branch production; it has main, next" in result.output

    def test_without_the_branch_that_the_deployment_reads(
        self, bring: Callable[..., Result], theirs: Path, ours: Path
    ) -> None:
        git(theirs, "branch", "--quiet", "--move", "main", "master")
        result = bring(theirs)
        assert result.exit_code == 1
        assert "--branch" in result.output
        assert tip(ours, "master") == tip(theirs, "master")

    def test_one_that_cannot_be_read(self, bring: Callable[..., Result], tmp_path: Path) -> None:
        result = bring(f"file://{tmp_path}/nowhere")
        assert result.exit_code == 2
        assert "git cannot read file://" in result.output

    def test_a_password_in_the_url_is_refused_and_not_repeated(self, bring: Callable[..., Result]) -> None:
        result = bring("https://me:s3cret@git.example.com/dags.git")
        assert result.exit_code == 2
        assert "credential helper" in result.output
        assert "s3cret" not in result.output


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "dags"
        (folder / "team" / "__pycache__").mkdir(parents=True)
        (folder / "etl.py").write_text(OLD_DAG, encoding="utf-8")
        (folder / "team" / "more.py").write_text(NEW_DAG, encoding="utf-8")
        (folder / "team" / "__pycache__" / "more.pyc").write_text("")
        (folder / ".gitignore").write_text("team\n")
        return folder

    def test_its_files_are_one_commit_on_what_is_there(
        self, bring: Callable[..., Result], folder: Path, ours: Path, tmp_path: Path
    ) -> None:
        before = seed(ours, tmp_path)
        result = bring(folder)
        assert result.exit_code == 0, result.output
        assert "AIR301" in result.output
        names = git(ours, "ls-tree", "-r", "--name-only", "main").split()
        assert names == [".gitignore", "etl.py", "sample.py", "team/more.py"]
        assert tip(ours, "main~1") == before
        assert "1 same" in bring(folder).output

    def test_another_file_of_that_name(
        self, bring: Callable[..., Result], folder: Path, ours: Path, tmp_path: Path
    ) -> None:
        seed(ours, tmp_path, etl=NEW_DAG)
        result = bring(folder)
        assert result.exit_code == 1
        assert "etl.py (--overwrite)" in result.output
        assert bring(folder, "--overwrite").exit_code == 0
        assert git(ours, "show", "main:etl.py") == OLD_DAG.strip()

    def test_into_an_empty_repository_and_a_subdirectory(
        self, bring: Callable[..., Result], folder: Path, ours: Path
    ) -> None:
        assert bring(folder, "--context", "dags.subdirectory=airflow/dags").exit_code == 0
        assert "airflow/dags/etl.py" in git(ours, "ls-tree", "-r", "--name-only", "main").split()

    def test_from_a_bucket(self, bring: Callable[..., Result], both: Both, folder: Path, ours: Path) -> None:
        s3 = both.aws.client("s3")
        s3.create_bucket(Bucket="old", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        for name in ("etl.py", "team/more.py"):
            s3.put_object(Bucket="old", Key=f"dags/{name}", Body=(folder / name).read_bytes())
        s3.put_object(Bucket="old", Key="dags/../../evil.py", Body=b"")
        s3.put_object(Bucket="old", Key="dags-of-others/x.py", Body=b"")
        assert bring("s3://old/dags").exit_code == 0
        assert git(ours, "ls-tree", "-r", "--name-only", "main").split() == ["etl.py", "team/more.py"]
        result = bring("s3://old/nothing")
        assert result.exit_code == 2
        assert "s3://old/nothing has no files in it" in result.output
        assert "cannot" not in bring("s3://none/dags").stdout

    def test_a_branch_is_of_a_repository(self, bring: Callable[..., Result], folder: Path) -> None:
        result = bring(folder, "--branch", "main")
        assert result.exit_code == 2
        assert "--branch is for a repository" in result.output


def test_the_deployments_repository_is_signed_for(both: Both) -> None:
    both.aws.client("codecommit")
    stack = type(
        "Stack", (), {"output": lambda *_: "https://git-codecommit.us-west-2.amazonaws.com/v1/repos/airflow-dags"}
    )
    target = Target(aws=both.aws, stack=stack(), settings=build_settings({}))
    assert repository_url(target, None) == "codecommit::us-west-2://airflow-dags"
    assert repository_url(target, "team") == "codecommit::us-west-2://team@airflow-dags"


def test_a_deployment_that_reads_another_repository(both: Both, theirs: Path) -> None:
    both.old.pools = []
    result = CliRunner().invoke(
        app,
        [
            "migrate",
            "--dags-from",
            str(theirs),
            "--region=us-west-2",
            "--context=dags.git.url=https://git.example.com/dags",
        ],
    )
    assert result.exit_code == 2
    assert "reads its DAGs from https://git.example.com/dags" in result.output
