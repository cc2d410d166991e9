"""AWS for a test: an in-memory one, and answers that the test decides on, instead of its own or on top of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import moto.core  # noqa: F401 - hooks itself into sessions that are made after it is imported

from ops.aws import Aws

Answer = dict[str, Any]
Respond = Callable[[Answer], tuple[int, Answer]]
ACCOUNT = "123456789012"

# To make a client takes longer than any test, so all tests share them; what a test hooks in is taken out after it.
_SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
_CLIENTS: dict[str, dict[str, Any]] = defaultdict(dict)
_RESPONSES: dict[tuple[int, str], Respond] = {}
_CHANGES: dict[tuple[int, str], list[Callable[[Answer], object]]] = defaultdict(list)
_HOOKED: set[tuple[int, str]] = set()


def make_aws(region: str = "us-west-2", partition: str = "aws", *, role: str = "Admin") -> Aws:
    """An account as somebody with a role sees it. Use it within ``mock_aws``."""
    arn = f"arn:{partition}:sts::{ACCOUNT}:assumed-role/{role}/me"
    return Aws(session=_SESSION, region=region, account=ACCOUNT, arn=arn, _clients=_CLIENTS[region])


def forget() -> None:
    """Take out what tests have hooked in."""
    _RESPONSES.clear()
    _CHANGES.clear()


class Answers:
    """Hooks into the clients of an Aws, so that requests and answers pass through botocore all the same."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def give(self, service: str, operation: str, answer: Answer | Callable[[Answer], Answer]) -> None:
        """Answer an operation, if need be by what it is asked."""

        def respond(asked: Answer) -> tuple[int, Answer]:
            return 200, answer(asked) if callable(answer) else answer

        _RESPONSES[self._hook(service, operation)] = respond

    def refuse(self, service: str, operation: str, code: str, message: str = "no", status: int = 400) -> None:
        """Answer an operation with an error."""
        error = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        }
        _RESPONSES[self._hook(service, operation)] = lambda _asked: (status, error)

    def edit(self, service: str, operation: str, change: Callable[[Answer], object]) -> None:
        """Change what the in-memory AWS answers."""
        _CHANGES[self._hook(service, operation)].append(change)

    def _hook(self, service: str, operation: str) -> tuple[int, str]:
        client = self._aws.client(service)
        key = (id(client), operation)
        if key not in _HOOKED:
            _HOOKED.add(key)
            name = f"{client.meta.service_model.service_id.hyphenize()}.{operation}"
            client.meta.events.register(f"before-parameter-build.{name}", _remember)
            client.meta.events.register(f"before-call.{name}", lambda context, **_: _respond(key, context["asked"]))
            client.meta.events.register(f"after-call.{name}", lambda parsed, **_: _change(key, parsed))
        return key


def _remember(params: Answer, context: Answer, **_: Any) -> None:
    context["asked"] = params


def _respond(key: tuple[int, str], asked: Answer) -> tuple[SimpleNamespace, Answer] | None:
    if key not in _RESPONSES:
        return None
    status, parsed = _RESPONSES[key](asked)
    return SimpleNamespace(status_code=status, headers={}), parsed


def _change(key: tuple[int, str], parsed: Answer) -> None:
    for change in () if "Error" in parsed else _CHANGES[key]:
        change(parsed)
