"""A workplace: a publisher, an account with an empty registry, and releases of which the publisher has all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.mirror import client, parts
from ops.mirror.charts import ChartRepositories
from ops.mirror.client import Client
from ops.mirror.registry import RegistrySource
from settings import ChartRelease, ImageRelease, Releases, load_releases
from tests.mirror.content import Image, chart, image
from tests.mirror.registries import FakeRegistry, RealRegistry, fake_registry, real_registry
from tests.ops.answers import Answers, forget, make_aws

PREFIX = "airflow-eks"
PASSWORD = "not-a-password"


@dataclass
class Workplace:
    """What a test looks at and changes."""

    publisher: FakeRegistry | RealRegistry
    pages: FakeRegistry
    """The publisher's web server, with the chart repository."""
    registry: FakeRegistry | RealRegistry
    answers: Answers
    folder: Path
    images: dict[str, Image] = field(default_factory=dict)
    releases: dict[str, ImageRelease] = field(default_factory=dict)
    charts: dict[str, ChartRelease] = field(default_factory=dict)

    def publish(self, name: str, *, tag: str = "1.0", pinned: bool = False, size: int = 3000) -> Image:
        """Let the publisher have an image, and the releases name it."""
        made = self.images[name] = image(name, size=size)
        self.publisher.put(f"publisher/{name}", tag, made)
        self.release(name, tag=tag, digest=made.digest if pinned else None)
        return made

    def release(self, name: str, *, tag: str = "1.0", digest: str | None = None) -> None:
        """Name an image in the releases."""
        self.releases[name] = ImageRelease(upstream=f"{self.publisher.host}/publisher/{name}", tag=tag, digest=digest)

    def publish_chart(self, name: str, *, version: str = "1.2.3", digest: str | None = None) -> bytes:
        """Let the publisher have a chart; its index may say another digest than it has."""
        archive = chart(name, version)
        self.pages.files[f"/charts/{name}.tgz"] = archive
        said = digest or hashlib.sha256(archive).hexdigest()
        entry = f"  {name}:\n  - {{name: {name}, version: {version}, digest: '{said}', urls: [{name}.tgz]}}\n"
        index = self.pages.files.get("/charts/index.yaml", b"entries:\n").decode() + entry
        self.pages.files["/charts/index.yaml"] = index.encode()
        repository = f"http://{self.pages.host}/charts"
        self.charts[name] = ChartRelease(repository=repository, name=name, version=version)
        return archive

    def publish_chart_artifact(self, name: str, *, version: str = "1.2.3", pinned: bool = False) -> bytes:
        """Let the publisher's registry have a chart, as ``helm push`` brings it there."""
        archive = self.publish_chart(name, version=version)
        source = ChartRepositories().source(self.charts[name])
        manifest = source.manifest()
        there = self.publisher.repositories[f"charts/{name}"]
        for blob in manifest.blobs:
            with source.read(blob, start=0) as reading:
                there[blob.digest] = b"".join(reading.pieces)
        there[manifest.digest] = there[version] = manifest.content
        repository = f"oci://{self.publisher.host}/charts/{name}"
        digest = manifest.digest if pinned else None
        self.charts[name] = ChartRelease(repository=repository, name=name, version=version, digest=digest)
        return archive

    def run(self, *arguments: str) -> Result:
        """Type the command."""
        return CliRunner().invoke(app, ["mirror", "--context", "images.source=private", *arguments])

    def digest(self, repository: str, tag: str) -> str:
        """What a tag means in the registry."""
        manifests = Client(host=self.registry.host, repository=repository)
        return RegistrySource(client=manifests, tag=tag).digest()

    @property
    def parts(self) -> list[Path]:
        """What waits for a later run."""
        return [each for each in (self.folder / "cache").rglob("*") if each.is_file()]

    def all_releases(self) -> Releases:
        """As settings/releases.yaml, but for images and charts."""
        real = load_releases()
        return real.model_copy(update={"images": self.releases, "charts": self.charts, "bases": {}})


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """With registries that can be made to fail."""
    with fake_registry() as publisher, fake_registry() as registry:
        yield from _workplace(publisher, publisher, registry, tmp_path, monkeypatch)


@pytest.fixture
def real_workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """With two real registries."""
    with (
        real_registry(tmp_path / "publisher") as publisher,
        fake_registry() as pages,
        real_registry(tmp_path / "registry") as registry,
    ):
        yield from _workplace(publisher, pages, registry, tmp_path, monkeypatch)


def _workplace(
    publisher: FakeRegistry | RealRegistry,
    pages: FakeRegistry,
    registry: FakeRegistry | RealRegistry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Workplace]:
    with mock_aws():
        aws = make_aws()
        answers = Answers(aws)
        token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
        data = [{"authorizationToken": token, "proxyEndpoint": f"http://{registry.host}"}]
        answers.give("ecr", "GetAuthorizationToken", {"authorizationData": data})
        made = Workplace(publisher, pages, registry, answers, folder)
        for module in ("settings.registry", "settings.pulled", "ops.releases.charts"):
            monkeypatch.setattr(f"{module}.load_releases", made.all_releases)
        for module in ("ops.mirror.route", "ops.mirror.command"):
            monkeypatch.setattr(f"{module}.connect", lambda **_: aws)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(client, "RETRY", client.RETRY.new(backoff_factor=0, backoff_jitter=0))
        monkeypatch.setattr(parts, "FIRST_PAUSE_SECONDS", 0)
        yield made
        forget()
