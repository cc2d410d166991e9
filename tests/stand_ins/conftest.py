"""The stand-ins of the cluster tier on loopback: no cluster is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.stand_ins.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority of the test's own."""
    return Authority(tmp_path / "pki")
