"""What can go wrong with a copy: each has one message that says what to do, and nothing half is to be seen."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from ops.mirror import parts
from ops.mirror.oci import digest_of
from tests.mirror.conftest import PASSWORD, Workplace
from tests.mirror.registries import always, first

DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/Reader/me is not authorized to perform: ecr:InitiateLayerUpload on "
    "resource: arn:aws:ecr:us-west-2:123456789012:repository/airflow-eks/publisher/server"
)


def text(output: str) -> str:
    """Without a table's line breaks."""
    return " ".join(output.replace("│", " ").split())


@pytest.fixture(autouse=True)
def _no_traceback_and_no_secret(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All output of a test's runs has neither."""
    outputs = []
    run = workplace.run

    def recorded(*arguments: str):
        outputs.append(run(*arguments))
        return outputs[-1]

    monkeypatch.setattr(workplace, "run", recorded)
    yield
    assert outputs
    for result in outputs:
        assert isinstance(result.exception, SystemExit | None)
        assert "Traceback" not in result.output
        assert PASSWORD not in result.output


class TestATransferThatBreaksOff:
    @pytest.mark.parametrize("ranges", [True, False])
    def test_goes_on_where_it_was(self, workplace: Workplace, *, ranges: bool) -> None:
        image = workplace.publish("server", size=100_000)
        layer = digest_of(max(image.blobs, key=len))
        workplace.publisher.cut_off.add(layer)
        workplace.publisher.ranges = ranges
        assert workplace.run().exit_code == 0
        assert workplace.publisher.count("GET", f"/blobs/{layer}") == 2
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == image.digest

    def test_is_given_up_in_the_end_and_gone_on_with_by_the_next_run(self, workplace: Workplace) -> None:
        image = workplace.publish("server", size=100_000)
        layer = max(image.blobs, key=len)
        workplace.registry.faults.append(always("PUT", digest_of(layer).replace(":", "%3A"), (503, "busy")))
        result = workplace.run()
        assert result.exit_code == 1
        assert "answered 503 five times in a row: busy. Run the command again later" in text(result.output)
        assert workplace.registry.tags() == {}
        (waiting,) = workplace.parts
        assert waiting.read_bytes() == layer
        workplace.registry.faults.clear()
        workplace.publisher.log.clear()
        assert workplace.run().exit_code == 0
        assert workplace.publisher.count("GET", "/blobs/.*") == 0, "nothing is fetched again"
        assert workplace.registry.tags() == {"airflow-eks/publisher/server": ["1.0"]}
        assert workplace.parts == []


class TestARegistryThatIsBusy:
    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    @pytest.mark.parametrize(("method", "part"), [("POST", "/uploads/"), ("PUT", "/manifests/"), ("PUT", "/blobs/")])
    def test_is_asked_again(self, workplace: Workplace, status: int, method: str, part: str) -> None:
        image = workplace.publish("server")
        workplace.registry.faults.append(first(3, method, part, (status, "busy")))
        assert workplace.run().exit_code == 0
        assert workplace.digest("airflow-eks/publisher/server", "1.0") == image.digest

    def test_that_stays_so(self, workplace: Workplace) -> None:
        workplace.publish("server")
        workplace.publisher.faults.append(always("GET", "/blobs/", (429, "toomanyrequests")))
        result = workplace.run()
        assert result.exit_code == 1
        host = workplace.publisher.host
        said = f"{host} allows no more requests for now: toomanyrequests. Sign in to it (`docker login {host}`)"
        assert said in text(result.output)


class TestWhatIsNotWhatItShouldBe:
    def damaged_blob(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        digest = digest_of(image.blobs[1])
        workplace.publisher.repositories["publisher/server"][digest] = b"x" * len(image.blobs[1])
        return f"{digest} is corrupted where it comes from"

    def short_blob(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        digest = digest_of(image.blobs[1])
        workplace.publisher.repositories["publisher/server"][digest] = image.blobs[1][:-1]
        return f"{digest} is corrupted where it comes from"

    def damaged_manifest(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        workplace.publisher.repositories["publisher/server"][digest_of(image.manifests[0])] = image.manifests[1]
        return f"for {digest_of(image.manifests[0])}: corrupted, or not what was asked for"

    def missing_blob(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        del workplace.publisher.repositories["publisher/server"][digest_of(image.blobs[1])]
        return f"{workplace.publisher.host} does not have it"

    def missing_tag(self, workplace: Workplace) -> str:
        workplace.release("server", tag="9.9")
        return f"{workplace.publisher.host}/publisher/server has no tag 9.9. Is it right in settings/releases.yaml?"

    def missing_child(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        del workplace.publisher.repositories["publisher/server"][digest_of(image.manifests[0])]
        return f"has no {digest_of(image.manifests[0])}, although the image's own index names it"

    def other_digest(self, workplace: Workplace) -> str:
        image = workplace.publish("server")
        pinned = f"sha256:{'0' * 64}"
        workplace.release("server", digest=pinned)
        return f"has no {pinned}, which settings/releases.yaml pins; its tag 1.0 is {image.digest}. Nothing was copied"

    def no_manifest(self, workplace: Workplace) -> str:
        workplace.publish("server")
        workplace.publisher.repositories["publisher/server"]["1.0"] = b'{"mediaType": "text/html"}'
        return "its manifest is of a kind that cannot be copied: text/html"

    def refused_access(self, workplace: Workplace) -> str:
        workplace.publish("server")
        workplace.publisher.faults.append(always("HEAD", "", (404, "")))
        workplace.publisher.faults.append(always("GET", "publisher/server/manifests/1.0", (403, "denied")))
        return f"{workplace.publisher.host} refuses access: denied. Credentials of `docker login"

    def unreachable(self, workplace: Workplace) -> str:
        workplace.release("server")
        upstream = "127.0.0.1:9/publisher/server"
        workplace.releases["server"] = workplace.releases["server"].model_copy(update={"upstream": upstream})
        return "[Errno 111] Connection refused. Where it can be reached, run the command with --to-archive FILE"

    def other_chart(self, workplace: Workplace) -> str:
        workplace.publish_chart("keda", digest="0" * 64)
        return f"the repository's index says {'0' * 64}: corrupted, or not what was meant. Nothing was copied"

    def chart_other_than_pinned(self, workplace: Workplace) -> str:
        workplace.publish_chart("keda")
        workplace.charts["keda"] = workplace.charts["keda"].model_copy(update={"sha256": "1" * 64})
        return f"settings/releases.yaml pins {'1' * 64}"

    def missing_chart(self, workplace: Workplace) -> str:
        workplace.publish_chart("keda")
        workplace.charts["keda"] = workplace.charts["keda"].model_copy(update={"version": "9.9"})
        return "has no version 9.9 of the chart keda. Is it right in settings/releases.yaml?"

    def no_index(self, workplace: Workplace) -> str:
        workplace.publish_chart("keda")
        workplace.pages.files["/charts/index.yaml"] = b"<html>"
        return "index.yaml is no index of a chart repository"

    def no_chart(self, workplace: Workplace) -> str:
        workplace.publish_chart("keda")
        workplace.pages.files["/charts/keda.tgz"] = b"not a chart"
        digest = digest_of(b"not a chart").removeprefix("sha256:")
        index = f"entries:\n  keda:\n  - {{version: 1.2.3, digest: {digest}, urls: [keda.tgz]}}\n"
        workplace.pages.files["/charts/index.yaml"] = index.encode()
        return "the chart keda 1.2.3 is no chart: it has no Chart.yaml"

    @pytest.mark.parametrize(
        "fault",
        [
            *(damaged_blob, short_blob, damaged_manifest, missing_blob, missing_tag, missing_child, other_digest),
            *(no_manifest, refused_access, unreachable),
            *(other_chart, chart_other_than_pinned, missing_chart, no_index, no_chart),
        ],
        ids=lambda fault: fault.__name__,
    )
    def test_is_refused_and_all_else_is_copied(
        self, workplace: Workplace, fault: Callable[[object, Workplace], str]
    ) -> None:
        said = fault(self, workplace)
        workplace.publish("other")
        result = workplace.run()
        assert result.exit_code == 1
        assert said in text(result.output)
        assert workplace.registry.tags() == {"airflow-eks/publisher/other": ["1.0"]}

    def test_of_a_multitude_of_faults_all_are_told(self, workplace: Workplace) -> None:
        workplace.release("one")
        workplace.release("two")
        result = workplace.run("--plan")
        assert result.exit_code == 1
        assert "2 images and charts: 2 unknown" in result.output


class TestAnAccountThatDoesNotAllowIt:
    def test_to_write(self, workplace: Workplace) -> None:
        workplace.publish("server")
        workplace.publish("other")
        workplace.registry.faults.append(always("POST", "/uploads/", (403, DENIED)))
        result = workplace.run()
        assert result.exit_code == 2
        assert result.stderr.endswith(
            "access denied: this identity may not call ecr:InitiateLayerUpload. docs/mirror.md lists what has to be "
            "allowed\n"
        )
        assert workplace.registry.tags() == {}

    def test_to_look(self, workplace: Workplace) -> None:
        workplace.publish("server")
        workplace.registry.faults.append(always("HEAD", "", (403, "")))
        result = workplace.run("--plan")
        assert result.exit_code == 2
        assert f"access denied: {workplace.registry.host} refuses this identity" in result.stderr

    def test_to_be_reached(self, workplace: Workplace) -> None:
        workplace.publish("server")
        data = [{"authorizationToken": "QVdTOng=", "proxyEndpoint": "http://127.0.0.1:9"}]
        workplace.answers.give("ecr", "GetAuthorizationToken", {"authorizationData": data})
        result = workplace.run()
        assert result.exit_code == 2
        assert result.stderr.splitlines()[-1].startswith("127.0.0.1:9 cannot be reached: Failed to establish")
        assert "Is there a network?" in result.stderr

    @pytest.mark.parametrize("operation", ["GetAuthorizationToken", "DescribeRepositories", "CreateRepository"])
    def test_to_make_a_repository(self, workplace: Workplace, operation: str) -> None:
        workplace.publish("server")
        message = f"User: arn:aws:iam::1:user/me is not authorized to perform: ecr:{operation} on resource: *"
        workplace.answers.refuse("ecr", operation, "AccessDeniedException", message)
        result = workplace.run()
        assert result.exit_code == 2
        assert result.stderr.endswith(f"access denied: this identity may not call ecr:{operation}\n")
        assert workplace.registry.tags() == {}


class TestADiskThatIsFull:
    def test_is_seen_before_anything_is_copied(self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
        workplace.publish("server", size=1_000_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2_000_000))
        result = workplace.run("--jobs", "3")
        assert result.exit_code == 2
        assert "3.0 MB are needed and 2.0 MB are free" in result.stderr
        assert workplace.publisher.count("GET", "/blobs/.*") == 0

    def test_half_way(self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
        workplace.publish("server")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(parts.Parts, "_receive", full)
        result = workplace.run()
        assert result.exit_code == 2
        assert "the disk is full. Make room, then run the command again" in result.stderr
        assert workplace.registry.tags() == {}


def test_what_the_registry_finds_damaged_is_not_kept(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace.publish("server")
    monkeypatch.setattr(parts, "_digest", lambda part: f"sha256:{part.name.removeprefix('sha256-')}")
    workplace.publisher.repositories["publisher/server"] = {
        key: (b"x" * len(content) if content and not content.startswith(b"{") else content)
        for key, content in workplace.publisher.repositories["publisher/server"].items()
    }
    result = workplace.run()
    assert result.exit_code == 1
    assert "answered 400: provided digest did not match uploaded content" in text(result.output)
    assert workplace.registry.tags() == {}
