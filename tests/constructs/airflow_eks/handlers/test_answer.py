"""What CloudFormation is told, whatever happens: an answer that does not come keeps it waiting."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from airflow_eks.handlers import answer
from tests.constructs.airflow_eks.handlers.events import event


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    class Sent:
        def __init__(self, request: Any, timeout: int) -> None:
            assert timeout
            assert request.method == "PUT"
            found.append(json.loads(request.data))

        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(answer.urllib.request, "urlopen", Sent)
    return found


def test_what_was_done(sent: list[dict[str, Any]]) -> None:
    answer.answering(lambda _: "all is well")(event("Create"), None)
    [told] = sent
    assert (told["Status"], told["Reason"], told["PhysicalResourceId"]) == ("SUCCESS", "all is well", "Thing")


def test_what_went_wrong(sent: list[dict[str, Any]]) -> None:
    def fail(_: answer.Event) -> str:
        raise ValueError("x" * 5000)

    answer.answering(fail)({**event("Delete"), "PhysicalResourceId": "old"}, None)
    [told] = sent
    assert told["Status"] == "FAILED"
    assert told["PhysicalResourceId"] == "old"
    assert len(json.dumps(told)) < 4096


def test_the_secret_address_is_not_logged(sent: list[dict[str, Any]], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer.answering(lambda _: "done")(event("Create"), None)
    assert sent
    assert "answer.invalid" not in caplog.text


def test_what_another_invocation_answers_is_not_answered(sent: list[dict[str, Any]]) -> None:
    answer.answering(lambda _: None)(event("Update"), None)
    assert sent == []
