"""ops releases charts: what is in the folder afterwards, and what a person is told."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.releases.folder import Standing, charts_folder, standing
from tests.charts.rendering import helm
from tests.mirror.conftest import Workplace
from tests.mirror.registries import always


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the charts go to; it is made when it is needed."""
    monkeypatch.setenv("HELM_CHARTS", str(tmp_path / "charts"))
    return tmp_path / "charts"


def fetch() -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["releases", "charts"])


class TestCharts:
    def test_of_repositories_and_registries_are_fetched(self, workplace: Workplace, folder: Path) -> None:
        archives = {
            "keda-1.2.3.tgz": workplace.publish_chart("keda"),
            "karpenter-1.2.3.tgz": workplace.publish_chart_artifact("karpenter", pinned=True),
        }
        result = fetch()
        assert result.exit_code == 0, result.output
        assert {each.name: each.read_bytes() for each in folder.glob("*.tgz")} == archives
        assert "2 charts in " in result.stdout
        assert "2 fetched" in result.stdout

    def test_are_what_helm_takes(self, workplace: Workplace, folder: Path, tmp_path: Path) -> None:
        workplace.publish_chart("keda")
        assert fetch().exit_code == 0
        command = [helm(tmp_path), "show", "chart", folder / "keda-1.2.3.tgz"]
        assert "version: 1.2.3" in subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @pytest.mark.usefixtures("folder")
    def test_that_are_there_are_not_asked_for(self, workplace: Workplace) -> None:
        workplace.publish_chart("keda")
        assert fetch().exit_code == 0
        workplace.pages.log.clear()
        result = fetch()
        assert "1 there" in result.stdout
        assert workplace.pages.log == []

    def test_that_are_there_and_not_what_is_pinned_are_fetched_anew(self, workplace: Workplace, folder: Path) -> None:
        archive = workplace.publish_chart("keda")
        fetch()
        pinned = {"sha256": hashlib.sha256(archive).hexdigest()}
        workplace.charts["keda"] = workplace.charts["keda"].model_copy(update=pinned)
        (folder / "keda-1.2.3.tgz").write_bytes(b"half of it")
        assert fetch().exit_code == 0
        assert (folder / "keda-1.2.3.tgz").read_bytes() == archive

    def test_of_a_registry_are_checked_by_the_manifest_that_is_kept_beside_them(
        self, workplace: Workplace, folder: Path
    ) -> None:
        archive = workplace.publish_chart_artifact("karpenter", pinned=True)
        fetch()
        release = workplace.charts["karpenter"]
        assert standing(release, folder) is Standing.PINNED
        (folder / "karpenter-1.2.3.tgz").write_bytes(b"something else")
        assert standing(release, folder) is Standing.OTHER
        assert "1 fetched" in fetch().stdout
        assert (folder / "karpenter-1.2.3.tgz").read_bytes() == archive
        (folder / "karpenter-1.2.3.tgz.manifest.json").unlink()
        assert standing(release, folder) is Standing.OTHER

    def test_that_nothing_is_known_of_are_named(self, workplace: Workplace, folder: Path) -> None:
        workplace.publish_chart("keda")
        workplace.publish_chart_artifact("karpenter", pinned=True)
        line = "not checked, for want of a digest in settings/releases.yaml (ops releases pin): keda-1.2.3.tgz"
        assert line in fetch().stdout
        assert standing(workplace.charts["keda"], folder) is Standing.UNPINNED

    def test_go_into_the_cache_of_the_persons_home(self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HELM_CHARTS", raising=False)
        workplace.publish_chart("keda")
        assert fetch().exit_code == 0
        assert charts_folder() == workplace.folder / "cache" / "airflow-eks" / "charts"
        assert [each.name for each in charts_folder().iterdir()] == ["keda-1.2.3.tgz"]


class TestAPublisher:
    def test_who_cannot_be_reached_is_no_failure_of_the_rest(self, workplace: Workplace, folder: Path) -> None:
        workplace.publish_chart("keda")
        workplace.publish_chart("grafana")
        nowhere = workplace.charts["grafana"].model_copy(update={"repository": "http://127.0.0.1:9/charts"})
        workplace.charts["grafana"] = nowhere
        result = fetch()
        assert result.exit_code == 0
        assert [each.name for each in folder.iterdir()] == ["keda-1.2.3.tgz"]
        assert "not to be had grafana-1.2.3.tgz: 127.0.0.1:9 cannot be reached" in result.stderr
        assert "--to-archive" not in result.stderr

    def test_who_is_busy_is_none_either(self, workplace: Workplace, folder: Path) -> None:
        workplace.publish_chart("keda")
        workplace.pages.faults.append(always("GET", "keda.tgz", (503, "busy")))
        result = fetch()
        assert result.exit_code == 0
        assert "1 not to be had" in result.stdout
        assert not folder.exists()

    def test_who_cannot_be_reached_makes_nothing_else_right(self, workplace: Workplace, folder: Path) -> None:
        nowhere = {"repository": "http://127.0.0.1:9/charts", "sha256": "0" * 64}
        workplace.publish_chart("keda")
        workplace.charts["keda"] = workplace.charts["keda"].model_copy(update=nowhere)
        folder.mkdir()
        (folder / "keda-1.2.3.tgz").write_bytes(b"made by hand")
        result = fetch()
        assert result.exit_code == 1
        assert f"What lies in {folder} is not what settings/releases.yaml pins, and stays there" in result.stderr
        assert "1 wrong" in result.stdout
        assert (folder / "keda-1.2.3.tgz").read_bytes() == b"made by hand"

    @pytest.mark.parametrize("wrong", ["sha256", "version", "digest"])
    def test_who_has_something_else_is_one(self, workplace: Workplace, folder: Path, wrong: str) -> None:
        if wrong == "digest":
            workplace.publish_chart_artifact("keda")
            update = {"digest": f"sha256:{'0' * 64}"}
        else:
            workplace.publish_chart("keda")
            update = {"sha256": "0" * 64} if wrong == "sha256" else {"version": "9.9"}
        workplace.charts["keda"] = workplace.charts["keda"].model_copy(update=update)
        result = fetch()
        assert result.exit_code == 1
        assert "wrong keda-" in result.stderr
        assert not folder.exists()


class TestAFolder:
    def test_that_cannot_be_written_ends_it_with_one_message(
        self, workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workplace.publish_chart("keda")
        (tmp_path / "file").touch()
        monkeypatch.setenv("HELM_CHARTS", str(tmp_path / "file"))
        result = fetch()
        assert result.exit_code == 2
        assert "Set HELM_CHARTS to a folder that can be written" in result.stderr
        assert "Traceback" not in result.output
