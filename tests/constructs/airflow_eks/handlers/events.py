"""Events of CloudFormation, and clients that answer as they are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError


def event(kind: str, **properties: Any) -> dict[str, Any]:
    """What CloudFormation sends about a custom resource."""
    return {
        "RequestType": kind,
        "StackId": "arn:nested",
        "RequestId": "r",
        "LogicalResourceId": "Thing",
        "ResponseURL": "https://answer.invalid/secret",
        "ResourceProperties": {"ServiceToken": "arn:function", **properties},
    }


def error(code: str, operation: str = "Operation") -> ClientError:
    """An error of a service."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class Answers:
    """Clients of all services: each operation has its answers, of which the last one stays."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, service: str) -> Answers:
        assert service
        return self

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            given = self.answers.get(operation, [{}])
            answer = given.pop(0) if len(given) > 1 else given[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        """A paginator whose pages are the answers of the operation."""
        answers = self

        class Pages:
            def paginate(self, **arguments: Any) -> Iterator[Any]:
                answers.calls.append((operation, arguments))
                for page in answers.answers.get(operation, []):
                    if isinstance(page, Exception):
                        raise page
                    yield page

        return Pages()

    def changes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that change something."""
        return [(name, given) for name, given in self.calls if not name.startswith(("describe", "list"))]


def in_state(state: str) -> dict[str, Any]:
    """What describes the root stack."""
    return {"Stacks": [{"StackStatus": state}]}
