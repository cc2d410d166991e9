"""What moto lacks, asked of moto and of the sandbox.

A case that moto can do by itself one day fails here: then its patch in ops/sandbox/moto_patches is to be removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.sandbox.aws import Aws
from ops.sandbox.process import Sandbox
from tests.sandbox.moto_cases import CASES, CHINA, Clients

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def unmended() -> Iterator[Clients]:
    """Moto as it is, in this process."""
    with mock_aws():
        session = botocore.session.Session()
        yield lambda service: session.create_client(service, region_name=CHINA)


@pytest.fixture(scope="module")
def mended(server: Sandbox) -> Clients:
    """Moto as it is in the sandbox."""
    return Aws(endpoint=server.endpoint, region=CHINA).client


@pytest.mark.parametrize("case", CASES)
def test_moto_still_lacks(unmended: Clients, case: Callable[[Clients], bool]) -> None:
    works = False
    with contextlib.suppress(ClientError, NotImplementedError):
        works = case(unmended)
    assert not works, "moto does this by itself now: remove the patch"


@pytest.mark.parametrize("case", CASES)
def test_sandbox_has(mended: Clients, case: Callable[[Clients], bool]) -> None:
    assert case(mended)
