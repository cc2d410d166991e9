"""ops releases pin: what is in the file afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.releases.pins import missing
from settings import RELEASES_FILE, Releases, load_releases
from tests.mirror.conftest import Workplace

TABLE = """\
kubernetes:
  default: "1.36"
  versions: {{}}
engines: {{aurora_postgresql: "16.13", aurora_postgresql_17: "17.9", valkey: "8.2", redis: "7.1"}}
eks_addons: {{}}

charts:
  # A repository of files.
  keda:
    repository: http://{pages}/charts
    name: keda
    version: 1.2.3
  karpenter:
    repository: oci://{registry}/charts/karpenter
    name: karpenter
    version: 1.2.3
    where: addons.karpenter  # a switch

images:
  server:
    upstream: {registry}/publisher/server
    tag: "1.0"
  # What follows is pinned.
  pinned:
    upstream: {registry}/publisher/pinned
    tag: "2.0"
    digest: {pinned}

bases: {{}}
builds: {{}}
"""


@pytest.fixture
def table(workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of four releases, one of them pinned."""
    workplace.publish_chart("keda")
    workplace.publish_chart_artifact("karpenter")
    workplace.publish("server")
    pinned = workplace.publish("pinned", tag="2.0")
    file = tmp_path / "releases.yaml"
    hosts = {"pages": workplace.pages.host, "registry": workplace.publisher.host}
    file.write_text(TABLE.format(**hosts, pinned=pinned.digest), encoding="utf-8")
    monkeypatch.setattr("ops.releases.pin.RELEASES_FILE", file)
    return file


def pin(*arguments: str) -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["releases", "pin", *arguments])


class TestPin:
    def test_writes_what_publishers_say(self, workplace: Workplace, table: Path) -> None:
        result = pin()
        assert result.exit_code == 0, result.output
        found = Releases.model_validate(yaml.safe_load(table.read_text(encoding="utf-8")))
        archive = workplace.pages.files["/charts/keda.tgz"]
        assert found.charts["keda"].sha256 == hashlib.sha256(archive).hexdigest()
        assert found.charts["karpenter"].digest in workplace.publisher.repositories["charts/karpenter"]
        assert found.images["server"].digest == workplace.images["server"].digest
        assert list(missing(found)) == []
        assert "3 digests written" in result.stdout

    def test_leaves_all_else_as_it_is(self, table: Path) -> None:
        before = table.read_text(encoding="utf-8").splitlines()
        pin()
        after = table.read_text(encoding="utf-8").splitlines()
        assert [line for line in after if line in before] == before
        for line in set(after) - set(before):
            assert line.startswith(("    sha256: ", "    digest: sha256:"))

    def test_only_shows_what_is_missing(self, table: Path) -> None:
        before = table.read_bytes()
        result = pin("--plan")
        assert result.exit_code == 1
        assert result.stdout.splitlines()[:3] == ["charts.keda 1.2.3", "charts.karpenter 1.2.3", "images.server 1.0"]
        assert table.read_bytes() == before

    def test_writes_what_it_has_where_one_publisher_is_out_of_reach(self, workplace: Workplace, table: Path) -> None:
        text = table.read_text(encoding="utf-8").replace(
            f"{workplace.publisher.host}/publisher/server", "127.0.0.1:9/x"
        )
        table.write_text(text, encoding="utf-8")
        result = pin()
        assert result.exit_code == 1
        assert "not pinned images.server 1.0: 127.0.0.1:9 cannot be reached" in result.stderr
        found = Releases.model_validate(yaml.safe_load(table.read_text(encoding="utf-8")))
        assert [each.key for each in missing(found)] == ["server"]

    def test_computes_the_digest_where_an_index_has_none(self, workplace: Workplace, table: Path) -> None:
        index = workplace.pages.files["/charts/index.yaml"]
        sha256 = hashlib.sha256(workplace.pages.files["/charts/keda.tgz"]).hexdigest()
        workplace.pages.files["/charts/index.yaml"] = index.replace(sha256.encode(), b"")
        assert pin().exit_code == 0
        assert f"    sha256: {sha256}" in table.read_text(encoding="utf-8")

    @pytest.mark.usefixtures("table")
    def test_has_nothing_to_ask_where_all_is_pinned(self, workplace: Workplace) -> None:
        pin()
        workplace.publisher.log.clear()
        workplace.pages.log.clear()
        assert pin().exit_code == 0
        assert workplace.publisher.log + workplace.pages.log == []


class TestTheTable:
    def test_says_how_each_chart_is_pinned(self) -> None:
        table = yaml.safe_load(RELEASES_FILE.read_text(encoding="utf-8"))
        table["charts"]["karpenter"]["sha256"] = "0" * 64
        with pytest.raises(ValueError, match=r"the chart karpenter of oci://.* is pinned by digest, not by sha256"):
            Releases.model_validate(table)

    def test_is_named_by_what_has_no_digest(self) -> None:
        for each in missing(load_releases()):
            assert getattr(each.release, each.field) is None
