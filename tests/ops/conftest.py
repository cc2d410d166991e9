"""No test here reaches an AWS, or reads anybody's credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from ops.checks import NotCheckedError
from tests.ops import answers
from tests.ops.accounts import US_WEST, Account, make_account


@pytest.fixture(autouse=True)
def _nobodys_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "KUBECONFIG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a quarter of a second per test, for nothing
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(autouse=True)
def _forget_answers() -> Iterator[None]:
    yield
    answers.forget()


@pytest.fixture(autouse=True)
def _no_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds; who wants one puts in what it gives."""

    def refuse(_context: object, *, name: str) -> None:  # noqa: ARG001 - it is what is called
        raise NotCheckedError("no test synthesizes by itself")

    monkeypatch.setattr("ops.preflight.subject.synthesized", refuse)


@pytest.fixture
def account() -> Iterator[Account]:
    """A good account, in us-west-2."""
    with mock_aws():
        yield make_account(US_WEST, "aws")
