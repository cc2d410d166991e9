"""A proxy in the environment leads to the internet, and never to this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ops.airflow_api import AirflowApi
from ops.checks import NotCheckedError
from ops.kubernetes_api import kubeconfig_api
from ops.proxies import proxy_for
from ops.upgrade.helm import Helm
from ops.upgrade.pins import ConstraintFiles
from tests.ops.fake_airflow import FakeAirflow
from tests.ops.servers import serve

PROXY = "http://127.0.0.1:9"  # nobody listens there


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.setenv(name, PROXY)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.org")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://airflow.example.com", PROXY),
        ("http://airflow.example.com", PROXY),
        ("https://example.org/x", None),
        ("https://localhost:8443", None),
        ("http://127.0.0.1:8080", None),
    ],
)
def test_what_it_leads_to(url: str, proxy: str | None) -> None:
    assert proxy_for(url) == proxy


def test_airflow_behind_a_port_forward() -> None:
    with serve(FakeAirflow(bucket="logs").respond) as url:
        assert AirflowApi(url).health()


@pytest.mark.parametrize(
    ("server", "proxy"), [("https://localhost:8443", None), ("https://cluster.example.com", PROXY)]
)
def test_a_cluster(tmp_path: Path, server: str, proxy: str | None) -> None:
    kubeconfig = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "x"}}],
    }
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(kubeconfig))
    assert kubeconfig_api(file, None)._client.configuration.proxy == proxy


def test_helm_pulls_through_it(tmp_path: Path) -> None:
    environment = Helm(tmp_path / "helm", tmp_path)._environment
    assert (environment["HTTPS_PROXY"], environment["NO_PROXY"]) == (PROXY, "example.org")


@pytest.mark.parametrize("proxy", [PROXY, "http://proxy:port"])
def test_constraints_that_cannot_be_had_are_not_checked(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(NotCheckedError, match="cannot be reached"):
        ConstraintFiles().pins("3.2.2", None)
