"""ops releases check: support and advisories by a table, newer releases by what publishers list."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.commands import app
from ops.mirror.errors import MirrorError, UnreachableError
from ops.mirror.registry import tags
from ops.releases import check
from ops.releases.newer import newest, of_the_same_form
from ops.releases.pinned import Pin
from ops.releases.support import SupportTable
from ops.report import Status
from settings import ImageRelease

TODAY = date(2026, 11, 27)
IMAGE = ImageRelease(upstream="docker.io/publisher/server", tag="v1.2.3")
SERVER = Pin(name="images.server", version="v1.2.3", release=IMAGE)


def table(**changed: Any) -> SupportTable:
    """A table of one product, whose line 1.2 is supported."""
    server = {
        "pins": ["images.server", "builds.*"],
        "policy": "A year.",
        "source": "https://example.com/support",
        "seen": "2026-11-01",
        "ends": {"1.2": "2027-06-30", "1.1": "2026-06-30"},
        **changed,
    }
    return SupportTable.model_validate({"dated": "2026-11-01", "products": {"server": server}})


class TestSupport:
    @pytest.mark.parametrize(
        ("version", "ends", "status", "said"),
        [
            ("v1.2.3", {}, Status.OK, "1.2 is supported until 2027-06-30"),
            ("1.1.9-slim", {}, Status.FAILURE, "support of 1.1 ended on 2026-06-30"),
            ("v1.3.0", {}, Status.FAILURE, "is in no line that is supported: 1.2, 1.1 are"),
            ("v1.2.3", {"ends": {"1.2": "2026-12-24"}}, Status.WARNING, "ends on 2026-12-24"),
            ("v1.2.3", {"ends": {"1.2": None}}, Status.OK, "no end is named"),
            ("v1.2.3", {"ends": {"1": "2026-01-01", "1.2": None}}, Status.OK, "1.2 is supported"),
            ("1.25.0", {"ends": {"1.2": None}}, Status.FAILURE, "in no line"),
            ("nonroot", {}, Status.FAILURE, "in no line"),
        ],
    )
    def test_of_a_line(self, version: str, ends: dict[str, Any], status: Status, said: str) -> None:
        pin = Pin(name="images.server", version=version)
        told, _ = check.supported(table(**ends), [pin], TODAY)
        assert (told.status, said in told.found) == (status, True), told.found

    def test_the_last_day_counts(self) -> None:
        told, _ = check.supported(table(), [SERVER], date(2027, 6, 30))
        assert told.status is Status.WARNING

    def test_what_is_kept_says_why(self) -> None:
        pin = Pin(name="images.server", version="1.1.0")
        told, _ = check.supported(table(kept={"1.1": "Another needs it."}), [pin], TODAY)
        assert told.status is Status.FAILURE
        assert told.found.endswith("Another needs it.")

    def test_of_what_has_no_days(self) -> None:
        (told,) = check.supported(table(ends={}), [SERVER], TODAY)
        assert (told.status, told.found[:2]) == (Status.OK, "1 ")

    def test_of_what_the_table_does_not_know(self) -> None:
        told, _ = check.supported(table(), [Pin(name="images.other", version="1.0")], TODAY)
        assert told.status is Status.WARNING


class TestAdvisories:
    def advisory(self, **changed: Any) -> dict[str, Any]:
        return {"id": "CVE-1", "what": "It falls.", "source": "https://example.com/1", "fixed": "1.2.4", **changed}

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({}, Status.FAILURE),
            ({"fixed": "1.2.3"}, Status.OK),
            ({"since": "1.2.4", "fixed": "1.3.0"}, Status.OK),
            ({"since": "1.2.0"}, Status.FAILURE),
            ({"fixed": None}, Status.WARNING),
            ({"fixed": "1.10.0"}, Status.FAILURE),
        ],
    )
    def test_of_what_is_pinned(self, changed: dict[str, Any], status: Status) -> None:
        (told,) = check.advised(table(advisories=[self.advisory(**changed)]), [SERVER])
        assert told.status is status

    def test_is_one_line_for_all_that_have_it(self) -> None:
        pins = [SERVER, Pin(name="builds.server", version="1.2.2")]
        (told,) = check.advised(table(advisories=[self.advisory(meanwhile="Nobody may.")]), pins)
        assert told.found == "images.server v1.2.3, builds.server 1.2.2: It falls. Meanwhile: Nobody may."

    def test_by_the_version_within_a_tag(self) -> None:
        known = table(version=r"(1\.\d+\.\d+)$", advisories=[self.advisory(fixed="1.25.2")])
        pins = [Pin(name="images.server", version="server-2025.03.05-1.23.1")]
        (told,) = check.advised(known, pins)
        assert told.status is Status.FAILURE


class TestNewer:
    class Publisher:
        def __init__(self, *listed: str) -> None:
            self.listed = listed

        def versions(self, _: object) -> list[str]:
            return list(self.listed)

    def ask(self, pin: Pin, *listed: str) -> str | None:
        return newest(self.Publisher(*listed), pin)  # type: ignore[arg-type] # as much of it as is asked

    def test_is_the_highest_of_the_same_form(self) -> None:
        listed = ("v1.2.3", "v1.10.0", "v1.9.9", "v2.0.0-rc1", "1.99.0", "latest", "v1.10.0-slim")
        assert self.ask(SERVER, *listed) == "v1.10.0"

    def test_nothing_is(self) -> None:
        assert self.ask(SERVER, "v1.2.2", "v1.2.3") == "v1.2.3"

    def test_of_one_minor_version_of_kubernetes(self) -> None:
        image = ImageRelease(upstream="registry.k8s.io/a/b", tag="v1.36.1", kubernetes="1.36")
        pin = Pin(name="images.a", version="v1.36.1", release=image)
        assert self.ask(pin, "v1.36.1", "v1.36.4", "v1.37.0") == "v1.36.4"

    def test_of_a_tag_without_a_version(self) -> None:
        assert self.ask(Pin(name="bases.a", version="nonroot", release=IMAGE), "nonroot") is None

    def test_of_a_publisher_who_lists_nothing_like_it(self) -> None:
        with pytest.raises(MirrorError, match=r"nothing like v1\.2\.3"):
            self.ask(SERVER, "latest")

    def test_the_form_has_every_sign_but_the_numbers(self) -> None:
        listed = ["1.25.3-202610010000-trixie", "1.25.3-202610010000-bookworm", "1x25y3-1-trixie"]
        assert of_the_same_form("1.25.2-202609151159-trixie", listed) == listed[:1]

    def test_a_publisher_out_of_reach_is_a_line(self) -> None:
        def refuse(pin: Pin) -> str:
            if pin.name == "images.away":
                raise UnreachableError("docker.io cannot be reached")
            return "v1.2.4" if pin.name == "images.server" else pin.version

        others = [Pin(name=f"images.{name}", version="v1.2.3", release=IMAGE) for name in ("away", "same")]
        found = list(check.newer(table(), [SERVER, *others, Pin(name="engines.a", version="1")], refuse))
        assert [each.status for each in found] == [Status.WARNING, Status.NOT_CHECKED, Status.OK]
        assert found[0].found == "v1.2.3 → v1.2.4"
        assert found[2].found == "1 are the newest of their publishers'"


class TestTags:
    class Answer:
        def __init__(self, listed: object, following: str = "") -> None:
            self.url = "https://registry.example.com/v2/a/b/tags/list?n=1000"
            self.links = {"next": {"url": following}} if following else {}
            self._listed = listed

        def json(self) -> Any:
            if self._listed is ValueError:
                raise ValueError
            return self._listed

    class Client:
        host = "registry.example.com"

        def __init__(self, *answers: Any) -> None:
            self.asked: list[str] = []
            self._answers = iter(answers)

        def must(self, _: str, path: str) -> Any:
            self.asked.append(path)
            return next(self._answers)

    def listed(self, client: Client) -> Iterable[str]:
        return list(tags(client))  # type: ignore[arg-type] # as much of it as is asked

    def test_come_in_pages(self) -> None:
        following = "/v2/a/b/tags/list?last=1.1&n=1000"
        client = self.Client(self.Answer({"tags": ["1.0", "1.1"]}, following), self.Answer({"tags": ["1.2"]}))
        assert self.listed(client) == ["1.0", "1.1", "1.2"]
        assert client.asked == ["tags/list?n=1000", f"https://registry.example.com{following}"]

    @pytest.mark.parametrize("answer", [ValueError, ["1.0"]])
    def test_that_are_none_are_no_tags(self, answer: object) -> None:
        with pytest.raises(MirrorError, match="no list of tags"):
            self.listed(self.Client(self.Answer(answer)))

    def test_of_an_empty_repository(self) -> None:
        assert self.listed(self.Client(self.Answer({"name": "a/b", "tags": None}))) == []


def test_the_command_asks_nobody_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "load_support", table)
    monkeypatch.setattr(check, "pinned", lambda _: [Pin(name="images.server", version="v1.2.3", release=IMAGE)])
    monkeypatch.setattr(check, "Upstream", None)
    result = CliRunner().invoke(app, ["releases", "check", "--offline", "--output", "json"])
    report = json.loads(result.stdout)
    assert report["table"] == "2026-11-01"
    assert [each["group"] for each in report["results"]] == ["Support", "Support", "Advisories", "Newer"]


def test_the_command_fails_where_something_is_out_of_support(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "load_support", table)
    monkeypatch.setattr(check, "pinned", lambda _: [Pin(name="images.server", version="v1.1.0")])
    result = CliRunner().invoke(app, ["releases", "check", "--offline"])
    assert result.exit_code == 1
    assert "ended on 2026-06-30" in " ".join(result.stdout.split())
