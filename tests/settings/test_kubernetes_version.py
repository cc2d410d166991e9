"""A Kubernetes version can be chosen when what has to know it does."""

import pytest

from settings import load_settings
from settings.errors import SettingsError
from settings.releases import Releases, load_releases

NEWER = {"cluster.kubernetes_version": "1.37"}


def pinned(monkeypatch: pytest.MonkeyPatch, *, karpenter: str) -> None:
    releases = load_releases().model_dump()
    releases["charts"]["karpenter"]["version"] = karpenter
    changed = Releases.model_validate(releases)
    monkeypatch.setattr("settings.checks_kubernetes.load_releases", lambda: changed)


def test_karpenter_comes_first(monkeypatch: pytest.MonkeyPatch):
    pinned(monkeypatch, karpenter="1.14.3")
    with pytest.raises(SettingsError, match=r"Karpenter 1\.14\.3 is pinned, and 1\.15\.2 is the first that knows it"):
        load_settings(NEWER)


def test_with_a_karpenter_that_knows_it(monkeypatch: pytest.MonkeyPatch):
    pinned(monkeypatch, karpenter="1.15.2")
    settings = load_settings({**NEWER, "addons.cluster_autoscaler": "false"})
    assert settings.cluster.kubernetes_version == "1.37"


def test_without_an_autoscaler_of_that_version(monkeypatch: pytest.MonkeyPatch):
    pinned(monkeypatch, karpenter="1.15.2")
    with pytest.raises(SettingsError, match=r"no Cluster Autoscaler for Kubernetes 1\.37; set it to false"):
        load_settings(NEWER)
