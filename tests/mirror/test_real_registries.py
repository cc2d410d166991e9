"""The same between two real registries: Debian's docker-registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.mirror.oci import digest_of
from tests.mirror.conftest import Workplace
from tests.mirror.registries import RealRegistry, real_registry


@pytest.fixture
def publisher(real_workplace: Workplace) -> RealRegistry:
    """The one that is copied from."""
    assert isinstance(real_workplace.publisher, RealRegistry)
    return real_workplace.publisher


def test_a_damaged_blob(real_workplace: Workplace, publisher: RealRegistry) -> None:
    image = real_workplace.publish("server")
    real_workplace.publish("other")
    publisher.damage(digest_of(image.blobs[1]))
    result = real_workplace.run()
    assert result.exit_code == 1
    assert f"{digest_of(image.blobs[1])} is corrupted where it comes from" in result.output
    assert real_workplace.registry.tags() == {"airflow-eks/publisher/other": ["1.0"]}


def test_a_damaged_manifest(real_workplace: Workplace, publisher: RealRegistry) -> None:
    image = real_workplace.publish("server", pinned=True)
    publisher.damage(image.digest)
    result = real_workplace.run()
    assert result.exit_code == 1
    assert real_workplace.registry.tags() == {}


def test_a_missing_tag(real_workplace: Workplace) -> None:
    real_workplace.publish("server")
    real_workplace.release("server", tag="9.9")
    result = real_workplace.run("--plan")
    assert result.exit_code == 1
    assert "/publisher/server has no tag 9.9. Is it right in settings/releases.yaml?" in result.output


def test_another_digest_than_pinned(real_workplace: Workplace) -> None:
    image = real_workplace.publish("server")
    pinned = f"sha256:{'0' * 64}"
    real_workplace.release("server", digest=pinned)
    result = real_workplace.run()
    assert result.exit_code == 1
    assert f"has no {pinned}, which settings/releases.yaml pins; its tag 1.0 is {image.digest}" in result.output
    assert real_workplace.registry.tags() == {}


def test_an_upload_that_is_damaged(real_workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry itself refuses it."""
    monkeypatch.setattr("ops.mirror.parts._digest", lambda part: part.name.replace("-", ":"))
    image = real_workplace.publish("server")
    publisher = real_workplace.publisher
    assert isinstance(publisher, RealRegistry)
    publisher.damage(digest_of(image.blobs[1]))
    result = real_workplace.run()
    assert result.exit_code == 1
    assert "answered 400: provided digest did not match uploaded content" in result.output
    assert real_workplace.registry.tags() == {}


@pytest.fixture
def read_only(real_workplace: Workplace, tmp_path: Path) -> Iterator[Workplace]:
    """Nobody may write to the registry."""
    with real_registry(tmp_path / "read-only", read_only=True) as registry:
        data = [{"authorizationToken": "QVdTOng=", "proxyEndpoint": f"http://{registry.host}"}]
        real_workplace.answers.give("ecr", "GetAuthorizationToken", {"authorizationData": data})
        real_workplace.registry = registry
        yield real_workplace


def test_a_registry_that_takes_nothing(read_only: Workplace) -> None:
    read_only.publish("server")
    result = read_only.run()
    assert result.exit_code == 1
    assert " answered 405" in result.output
    assert read_only.registry.tags() == {}
