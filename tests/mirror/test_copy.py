"""ops mirror: what a person types, and what is in the registry afterwards."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from ops.mirror.oci import digest_of
from settings import ChartRelease
from tests.charts.rendering import helm
from tests.mirror.conftest import PASSWORD, Workplace
from tests.ops.answers import make_aws


@pytest.fixture(params=["workplace", "real_workplace"])
def any_workplace(request: pytest.FixtureRequest) -> Workplace:
    """With registries in this process, and with real ones."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The helm that installs from the registry."""
    return helm(tmp_path_factory.mktemp("helm"))


class TestAll:
    def test_is_copied_with_its_digests(self, any_workplace: Workplace) -> None:
        server, pinned = any_workplace.publish("server"), any_workplace.publish("pinned", tag="2.0", pinned=True)
        any_workplace.publish_chart("keda")
        result = any_workplace.run()
        assert result.exit_code == 0, result.output
        assert any_workplace.registry.tags() == {
            "airflow-eks/charts/keda": ["1.2.3"],
            "airflow-eks/publisher/pinned": ["2.0"],
            "airflow-eks/publisher/server": ["1.0"],
        }
        assert any_workplace.digest("airflow-eks/publisher/server", "1.0") == server.digest
        assert any_workplace.digest("airflow-eks/publisher/pinned", "2.0") == pinned.digest
        assert any_workplace.parts == []
        assert PASSWORD not in result.output

    def test_is_there_the_second_time(self, any_workplace: Workplace) -> None:
        any_workplace.publish("server")
        any_workplace.publish_chart("keda")
        assert any_workplace.run().exit_code == 0
        for result in (any_workplace.run("--plan"), any_workplace.run()):
            assert result.exit_code == 0, result.output
            assert "2 images and charts: 2 there" in result.output

    def test_is_planned_first(self, workplace: Workplace) -> None:
        workplace.publish("server", size=100_000)
        workplace.publish_chart("keda")
        result = workplace.run("--plan")
        assert result.exit_code == 1
        assert "2 images and charts: 2 missing; 0.4 MB to copy" in result.output
        (row,) = (line for line in result.output.splitlines() if "publisher/server:1.0" in line)
        assert [cell.strip() for cell in row.split("│")][1:] == ["missing", "0.2 MB", "0.2 MB", "0.4 MB", "0.4 MB"]
        assert workplace.registry.tags() == {}
        assert workplace.registry.count("(POST|PUT)", "") == 0
        assert make_aws().client("ecr").describe_repositories()["repositories"] == []

    def test_an_image_is_seen_when_it_is_whole(self, workplace: Workplace) -> None:
        image = workplace.publish("server")
        workplace.run()
        sent = [line.rpartition("/")[2] for line in workplace.registry.log if line.startswith("PUT")]
        blobs, manifests = sent[: len(image.blobs)], sent[len(image.blobs) :]
        assert all("digest=sha256" in line for line in blobs)
        assert manifests == [*map(digest_of, image.manifests), "1.0"]

    def test_layers_that_images_share_are_copied_once(self, workplace: Workplace) -> None:
        image = workplace.publish("server")
        workplace.publisher.put("publisher/server", "1.1", image)
        workplace.releases["server-1.1"] = workplace.releases["server"].model_copy(update={"tag": "1.1"})
        assert workplace.run().exit_code == 0
        assert workplace.registry.tags() == {"airflow-eks/publisher/server": ["1.0", "1.1"]}
        assert workplace.publisher.count("GET", "/blobs/.*") == len(image.blobs)

    def test_what_the_settings_switch_off_is_left_out(self, workplace: Workplace) -> None:
        workplace.publish("server")
        workplace.publish("cost")
        workplace.releases["cost"] = workplace.releases["cost"].model_copy(update={"where": "addons.opencost"})
        assert workplace.run("--context", "addons.opencost=false").exit_code == 0
        assert list(workplace.registry.tags()) == ["airflow-eks/publisher/server"]
        assert workplace.run("--context", "addons.opencost=false", "--all").exit_code == 0
        assert len(workplace.registry.tags()) == 2

    def test_another_prefix(self, workplace: Workplace) -> None:
        workplace.publish("server")
        assert workplace.run("--context", "images.prefix=copies").exit_code == 0
        assert list(workplace.registry.tags()) == ["copies/publisher/server"]


class TestCharts:
    def test_helm_installs_from_the_copy(self, any_workplace: Workplace, program: Path, tmp_path: Path) -> None:
        archive = any_workplace.publish_chart("keda")
        assert any_workplace.run().exit_code == 0
        reference = f"oci://{any_workplace.registry.host}/airflow-eks/charts/keda"
        # As the CDK's handler calls it, but for TLS.
        command = [program, "pull", reference, "--version", "1.2.3", "--untar", "--plain-http"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with tarfile.open(fileobj=io.BytesIO(archive)) as published:
            values = published.extractfile("keda/values.yaml")
            assert values is not None
            assert (tmp_path / "keda/values.yaml").read_bytes() == values.read()
        assert done.stdout.startswith("Pulled: ")

    def test_a_chart_that_is_in_a_registry_is_copied_as_it_is(self, workplace: Workplace) -> None:
        image = workplace.publish("karpenter")
        workplace.releases.clear()
        repository = f"oci://{workplace.publisher.host}/publisher/karpenter"
        workplace.charts["karpenter"] = ChartRelease(repository=repository, name="karpenter", version="1.0")
        assert workplace.run().exit_code == 0
        assert workplace.digest("airflow-eks/charts/karpenter", "1.0") == image.digest

    def test_a_version_with_a_build_number(self, workplace: Workplace) -> None:
        workplace.publish_chart("keda", version="1.2.3+5")
        assert workplace.run().exit_code == 0
        assert workplace.registry.tags() == {"airflow-eks/charts/keda": ["1.2.3_5"]}


class TestWhatIsThereAlready:
    def test_stays_where_nothing_pins_it(self, workplace: Workplace) -> None:
        old = workplace.publish("server")
        workplace.run()
        workplace.publisher.put("publisher/server", "1.0", workplace.publish("changed"))
        workplace.releases.pop("changed")
        result = workplace.run()
        assert result.exit_code == 0
        assert "1 another" in result.output
        assert "its publisher has changed what the tag means" in result.output
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == old.digest

    def test_is_wrong_where_something_else_is_pinned(self, workplace: Workplace) -> None:
        old = workplace.publish("server")
        workplace.run()
        other = workplace.publish("other")
        workplace.release("server", digest=other.digest)
        workplace.releases.pop("other")
        result = workplace.run()
        assert result.exit_code == 1
        assert f"{old.digest} is there: delete the tag" in " ".join(result.output.split())
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == old.digest

    def test_needs_no_publisher(self, workplace: Workplace) -> None:
        workplace.publish("server")
        workplace.run()
        workplace.publisher.faults.append(lambda *_: (500, "down"))
        result = workplace.run("--plan")
        assert result.exit_code == 0
        assert "not compared with its publisher's" in result.output


class TestMistakes:
    def test_settings_that_pull_from_the_publishers(self, workplace: Workplace) -> None:
        result = workplace.run("--context", "images.source=upstream")
        assert result.exit_code == 2
        assert result.stderr.startswith("with images.source=upstream a deployment pulls from the publishers")
        assert "--context partition=aws-cn" in result.stderr
        assert "--context images.copied=docker.io" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--remove", "--plan"), "--remove and --plan: give one of them"),
            (("--to-archive", "a", "--from-archive", "b"), "--to-archive and --from-archive: give one of them"),
            (("--from-archive", "nowhere.tar"), "nowhere.tar: there is no such file or folder"),
            (("--context", "images.prefixx=a"), "images.prefixx"),
        ],
    )
    def test_end_with_one_message(self, workplace: Workplace, arguments: tuple[str, ...], said: str) -> None:
        result = workplace.run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
