"""The picture of the architecture: what is on it, that it is fresh, and what its command says."""

from __future__ import annotations

import json
import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from ops.contents import Contents
from ops.diagram import canvas, png
from ops.diagram.__main__ import diagram
from ops.diagram.facts import read_facts
from ops.diagram.picture import draw_picture
from tests.support.assembly import assembly_of, write_assembly
from tests.support.deployment import Deployment
from tests.support.synthesis import AWS, BEIJING, CONFIGURATIONS, synthesize

_IMAGES = Path("docs/images")
_SVG, _PNG = _IMAGES / "architecture.svg", _IMAGES / "architecture.png"
_SVG_TEXT = "{http://www.w3.org/2000/svg}text"

app = Typer()
app.command()(diagram)


def drawn(name: str) -> str:
    return draw_picture(read_facts(Contents(assembly_of(synthesize(name)))))


def words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(_SVG_TEXT)]


def said(name: str) -> str:
    return "\n".join(words(drawn(name)))


@pytest.fixture(scope="module")
def synthesized(aws: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The defaults, as files."""
    return write_assembly(aws, tmp_path_factory.mktemp("cdk.out"))


class TestFresh:
    def test_the_picture_is_of_what_the_defaults_give(self) -> None:
        assert _SVG.read_text(encoding="utf-8") == drawn(AWS), "the picture is stale: run `make diagram`"

    def test_the_pixels_are_of_that_picture(self) -> None:
        pixels = _PNG.read_bytes()
        assert png.is_of(pixels, _SVG.read_text(encoding="utf-8")), "the PNG is stale: run `make diagram`"
        assert struct.unpack(">I", pixels[16:20]) == (png.WIDTH,)

    def test_pixels_of_another_picture_are_not_taken_for_it(self) -> None:
        assert not png.is_of(_PNG.read_bytes(), drawn("dev"))

    def test_the_readme_shows_it(self) -> None:
        assert str(_SVG) in Path("README.md").read_text(encoding="utf-8")


class TestSays:
    @pytest.mark.parametrize(
        ("name", "present", "absent"),
        [
            (
                AWS,
                (
                    "partition aws ",
                    "AWS region us-west-2",
                    "VPC · 3 zones",
                    "3 NAT gateways",
                    "Scheduler ×2",  # noqa: RUF001
                    "PgBouncer ×2",  # noqa: RUF001
                    "writer, 1 reader",
                    "primary, 1 replica",
                    "CodeCommit",
                    "EFS",
                    "git-sync writes",
                    "Celery workers 0…20",
                    "Karpenter pool airflow-workers · spot and on-demand",
                    "KEDA",
                    "External Secrets",
                    "Secrets Manager",
                    "Jobs of team-a",
                    "pool task-pods · spot",
                    "Task pods",
                    "HTTP",
                    "internal",
                ),
                ("ECR", "HTTPS", "AWS WAF"),
            ),
            (BEIJING, ("partition aws-cn ", "AWS region cn-north-1", "ECR", "images, charts", "EFS"), ()),
            ("cn-bundle", ("DAGs as git bundle", "CodeCommit", "Spark operator"), ("EFS", "git-sync")),
            (
                "sidecar",
                ("git.example.com", "DAGs by git-sync", "VPC · 3 zones", "1 NAT gateway"),
                ("EFS", "CodeCommit", "Spark", "spark"),
            ),
            (
                "internet",
                ("deployment team-a", "internet-facing", "airflow.example.com", "HTTPS", "Jobs of reports"),
                (),
            ),
            ("sign-in", ("AWS WAF", "queue reports"), ("PgBouncer ×2",)),  # noqa: RUF001
            ("own-vpc", ("Existing VPC vpc-0123456789abcdef0 · 2 zones", "our-dags"), ("NAT", "DagSource")),
        ],
    )
    def test_what_the_templates_give(self, name: str, present: tuple[str, ...], absent: tuple[str, ...]) -> None:
        told = said(name)
        assert [word for word in present if word not in told] == []
        assert [word for word in absent if word in told] == []

    @pytest.mark.parametrize("name", CONFIGURATIONS)
    def test_every_stack_and_nothing_beyond_the_sheet(self, name: str) -> None:
        assembly, svg = assembly_of(synthesize(name)), drawn(name)
        assert {stack.name for stack in assembly.nested} <= set(words(svg))
        sheet = ET.fromstring(svg)
        width, height = float(sheet.attrib["width"]), float(sheet.attrib["height"])
        for node in sheet.iter(_SVG_TEXT):
            text, size, x = "".join(node.itertext()), float(node.attrib["font-size"]), float(node.attrib["x"])
            long = len(text) * size * 0.58
            left = x - {"middle": long / 2, "end": long}.get(node.attrib.get("text-anchor", ""), 0)
            assert left >= 0, text
            assert left + long <= width, text
            assert 0 < float(node.attrib["y"]) < height, text

    def test_nothing_is_cut_off_by_default(self) -> None:
        assert [word for word in words(drawn(AWS)) if word.endswith("…")] == []

    def test_numbers_come_from_the_templates(self, aws: Deployment) -> None:
        assembly = json.loads(json.dumps({"templates": aws.templates}))["templates"]
        for body in assembly["State"]["Resources"].values():
            if body["Type"] == "AWS::ElastiCache::ReplicationGroup":
                body["Properties"] |= {"NumCacheClusters": 3, "CacheNodeType": "cache.r7g.xlarge"}
        changed = Deployment(
            name="changed", settings=aws.settings, templates=assembly, manifest={}, environment=aws.environment
        )
        told = words(draw_picture(read_facts(Contents(assembly_of(changed)))))
        assert "primary, 2 replicas" in told
        assert "cache.r7g.xlarge" in told

    def test_icons_are_in_the_file(self) -> None:
        sources = re.findall(r'xlink:href="([^"]{0,30})', drawn(AWS))
        assert len(sources) > 10
        assert {source[:26] for source in sources} == {"data:image/svg+xml;base64,"}


class TestCommand:
    def test_draws_both(self, tmp_path: Path, synthesized: Path) -> None:
        result = CliRunner().invoke(app, [str(synthesized), "--output", str(tmp_path / "a.svg")])
        assert result.exit_code == 0, result.output
        svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
        pixels = (tmp_path / "a.png").read_bytes()
        assert svg == drawn(AWS)
        assert pixels.startswith(b"\x89PNG")
        assert png.is_of(pixels, svg)

    def test_no_assembly(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(app, [str(tmp_path)])
        assert (result.exit_code, result.stderr) == (
            2,
            f"{tmp_path} holds no synthesized application; run `make synth` or `cdk synth` first\n",
        )

    def test_another_application(self, tmp_path: Path) -> None:
        manifest = {"a": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "x.template.json"}}}
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": manifest}))
        (tmp_path / "x.template.json").write_text('{"Resources": {}}')
        (tmp_path / "x.assets.json").write_text('{"files": {}}')
        result = CliRunner().invoke(app, [str(tmp_path)])
        assert (result.exit_code, result.stderr) == (2, "the synthesized application has no release of Airflow\n")

    def test_a_folder_that_is_not_there(self, tmp_path: Path, synthesized: Path) -> None:
        file = tmp_path / "none" / "a.svg"
        result = CliRunner().invoke(app, [str(synthesized), "--output", str(file)])
        assert (result.exit_code, result.stderr) == (2, f"--output {file}: No such file or directory\n")

    def test_packages_that_are_not_there(
        self, tmp_path: Path, synthesized: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(canvas, "_ICONS", canvas.ROOT / "node_modules" / "none")
        result = CliRunner().invoke(app, [str(synthesized), "--output", str(tmp_path / "a.svg")])
        assert result.exit_code == 2
        assert result.stderr == "node_modules/none/resource/User.svg is not there; `make setup` installs it\n"
