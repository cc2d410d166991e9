"""The client of the cluster's Airflow opens a port-forward for each call that would reach nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.airflow_api import UnreachableError
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.kube import Kube


class Forwarded(ClusterAirflow):
    """One whose port-forward leads nowhere, and is counted."""

    opened = 0

    def _connect(self) -> None:
        self.opened += 1


@pytest.fixture
def airflow(tmp_path: Path) -> Forwarded:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{apiVersion: v1, kind: Config, current-context: it, users: [{name: it, user: {}}],\n"
        " contexts: [{name: it, context: {cluster: it, user: it}}],\n"
        " clusters: [{name: it, cluster: {server: 'http://127.0.0.1:1'}}]}\n"
    )
    return Forwarded(Kube(kubeconfig), login=lambda: ("admin", "it"), patience=1)


def test_each_call_opens_one_and_one_that_reaches_nobody_another(airflow: Forwarded) -> None:
    with pytest.raises(UnreachableError):
        airflow.health()
    assert airflow.opened >= 2


def test_so_does_signing_in(airflow: Forwarded) -> None:
    with pytest.raises(UnreachableError):
        airflow.open()
    assert airflow.opened >= 2
