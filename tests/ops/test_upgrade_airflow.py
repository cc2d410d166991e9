"""Airflow, its migrations, its providers, and packages of one's own: each thing that an upgrade can run into."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.report import Result, Status
from ops.upgrade.pins import ConstraintFiles
from settings import load_releases
from tests.ops.servers import serve
from tests.ops.upgrade_kit import one, only, run, versions
from tests.ops.wheels import wheel

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
AIRFLOW = load_releases().images["airflow"].tag


class TestAirflow:
    @pytest.mark.parametrize(
        ("before", "after", "status", "said"),
        [
            ("3.2.2", "3.2.2", Status.OK, "unchanged"),
            ("3.2.1", "3.2.2", Status.OK, "a patch release; the migration job runs first"),
            ("3.1.8", "3.2.2", Status.OK, "a minor release"),
            ("2.11.0", "3.2.2", Status.WARNING, "a major release"),
            ("3.2.2", "3.1.8", Status.FAILURE, "a step back. The migration job only goes forward"),
        ],
    )
    def test_how_far(self, tmp_path: Path, before: str, after: str, status: Status, said: str) -> None:
        result = one("Airflow", tmp_path, before=versions(airflow=before), after=versions(airflow=after))
        assert result.status is status
        assert said in result.found

    def test_back_says_how_the_database_goes_back(self, tmp_path: Path) -> None:
        result = one("Airflow", tmp_path, before=versions(airflow="3.2.2"), after=versions(airflow="3.1.8"))
        assert "`airflow db downgrade --to-version 3.1.8`" in result.advice


class TestMigrations:
    @pytest.fixture(autouse=True)
    def _airflow(self) -> None:
        if not AIRFLOW_PYTHON.exists():
            pytest.fail(".venv-airflow is missing: `make setup` makes it", pytrace=False)

    def ask(self, folder: Path, before: str, after: str = AIRFLOW) -> Result:
        return one(
            "migrations",
            folder,
            before=versions(airflow=before),
            after=versions(airflow=after),
            airflow_python=AIRFLOW_PYTHON,
        )

    def test_by_their_names_from_airflow_itself(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "3.1.8", "3.2.0")
        assert result.status is Status.WARNING
        assert result.found.startswith("22 of them, 509b94a1042d → 1d6611b6ab7c: Replace asset_trigger table")
        assert "--from-version 3.1.8 --to-version 3.2.0" in result.advice

    def test_none_between_two_patches(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "3.2.0", "3.2.2")
        assert (result.status, result.found) == (Status.OK, "none: both versions are at revision 1d6611b6ab7c")

    def test_of_a_version_that_is_newer_than_the_airflow_here(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, AIRFLOW, "99.0.0")
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith(f"not known: the Airflow in .venv-airflow is {AIRFLOW}, and 99.0.0")

    def test_of_a_version_that_is_older_than_the_airflow_here_knows(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "1.10.0")
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith("not known: 1.10.0 is older than all")

    def test_back(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, AIRFLOW, "3.1.8")
        assert (result.status, result.found) == (
            Status.WARNING,
            "a downgrade of the database: d2f4e1b3c5a7 → 509b94a1042d",
        )


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("#!/bin/sh\necho broken >&2\nexit 1\n", "the Airflow in .venv-airflow does not say: broken"),
        (None, "there is no Airflow here to ask for its migrations"),
    ],
)
def test_migrations_without_an_airflow(tmp_path: Path, python: str | None, said: str) -> None:
    program = tmp_path / "python"
    if python:
        program.write_text(python, encoding="utf-8")
        program.chmod(0o755)
    result = one("migrations", tmp_path, before=versions(airflow="3.1.8"), airflow_python=program)
    assert (result.status, result.found) == (Status.NOT_CHECKED, said)


def test_no_migration_without_a_change(tmp_path: Path) -> None:
    assert one("migrations", tmp_path).found == "none: the database stays as it is"


class TestProviders:
    BEFORE = """
apache-airflow-providers-amazon==8.1.0
apache-airflow-providers-celery==3.1
apache-airflow-providers-gone==1.0
apache-airflow-providers_http==1.0
boto3==1.0
"""
    AFTER = """
apache-airflow-providers-amazon==9.0.0
apache-airflow-providers-celery==3.2
apache-airflow-providers-http==1.0
apache-airflow-providers-new==1.0
"""

    def files(self, folder: Path, **changed: Any) -> ConstraintFiles:
        before, after = folder / "before.txt", folder / "after.txt"
        before.write_text(self.BEFORE, encoding="utf-8")
        after.write_text(self.AFTER, encoding="utf-8")
        return replace(ConstraintFiles(before=before, after=after), **changed)

    def test_what_changes(self, tmp_path: Path) -> None:
        large, gone, rest = run("providers", tmp_path, constraints=self.files(tmp_path))
        assert (large.status, large.found) == (Status.WARNING, "amazon 8.1.0 → 9.0.0")
        assert large.advice.endswith("the platform itself uses amazon.")
        assert (gone.status, gone.found) == (Status.WARNING, "gone")
        assert rest.found.startswith(
            "1 with smaller changes (of those that the platform uses: celery 3.1 → 3.2), 1 new, 1 unchanged"
        )

    def test_unchanged(self, tmp_path: Path) -> None:
        assert one("providers", tmp_path).found == f"unchanged: the constraints of Airflow {AIRFLOW}"

    def test_as_published(self, tmp_path: Path) -> None:
        for version, text in (("3.1.8", self.BEFORE), (AIRFLOW, self.AFTER)):
            (tmp_path / f"constraints-{version}").mkdir()
            (tmp_path / f"constraints-{version}" / "constraints-3.13.txt").write_text(text, encoding="utf-8")
        files = ConstraintFiles(published=tmp_path.as_uri(), python="3.13")
        results = run("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert [result.found for result in results][:2] == ["amazon 8.1.0 → 9.0.0", "gone"]
        assert f"constraints-3.1.8/constraints-3.13.txt → {tmp_path.as_uri()}" in results[2].found

    def test_that_nobody_published(self, tmp_path: Path) -> None:
        with serve(lambda *_: (404, "")) as url:
            files = ConstraintFiles(published=url)
            result = one("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith("Airflow 3.1.8 has no constraints for Python 3.12: http://127.0.0.1")

    def test_that_cannot_be_reached(self, tmp_path: Path) -> None:
        files = ConstraintFiles(published="http://127.0.0.1:9")
        result = one("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert result.status is Status.NOT_CHECKED
        assert "cannot be reached" in result.found
        assert "--constraints-before FILE --constraints-after FILE" in result.advice

    def test_of_what_both_revisions_pin_for_their_tests(self, tmp_path: Path) -> None:
        files = ConstraintFiles(may_fetch=False, requirements_before=self.BEFORE, requirements_after=self.AFTER)
        results = run("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert results[0].found == "amazon 8.1.0 → 9.0.0"
        assert only(results, Status.NOT_CHECKED).found == "the constraints of Airflow 3.1.8 are not here"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        files = self.files(tmp_path, before=tmp_path / "none.txt")
        assert "No such file" in one("providers", tmp_path, constraints=files).found


class TestPackages:
    """Of one's own. What uv itself says of a conflict is in test_image."""

    @pytest.fixture(autouse=True)
    def _project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("settings.packages.ROOT", tmp_path)
        monkeypatch.setenv("UV_OFFLINE", "1")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
        (tmp_path / "constraints.txt").write_text("library==1.0\n", encoding="utf-8")
        wheel(tmp_path, "library", "1.0")

    def result(self, folder: Path, line: str, **changed: Any) -> Result:
        (folder / "team.txt").write_text(f"{line}\n", encoding="utf-8")
        files = ConstraintFiles(after=folder / "constraints.txt", may_fetch=False)
        given = {"before": versions(airflow="3.1.8"), "constraints": files, "requirements": "team.txt", **changed}
        return one("packages", folder, **given)

    def test_that_go_with_it(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, "library")
        assert result.status is Status.OK
        assert "run `python -m ops image` before you deploy" in result.found

    def test_that_do_not(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, "library==2.0")
        assert result.status is Status.FAILURE
        assert "does not go with Airflow's constraints" in result.found

    def test_without_its_constraints(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, "library", constraints=ConstraintFiles(may_fetch=False))
        assert result.status is Status.NOT_CHECKED
        assert "python -m ops image --check" in result.advice

    def test_with_the_same_airflow(self, tmp_path: Path) -> None:
        assert self.result(tmp_path, "library", before=versions()).found == "team.txt: Airflow is unchanged"

    def test_without_any(self, tmp_path: Path) -> None:
        assert run("packages", tmp_path) == []
