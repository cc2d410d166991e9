"""Where the handlers of custom resources leave their answers: the ``ResponseURL`` of their events."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

PATH = "/_sandbox/answer/"


@dataclass(kw_only=True)
class Callback:
    """One awaited answer."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    answer: dict[str, Any] | None = None

    @property
    def path(self) -> str:
        """Path of the URL to which the handler sends its answer."""
        return PATH + self.token


class Callbacks:
    """All awaited answers."""

    def __init__(self) -> None:
        self._waiting: dict[str, Callback] = {}
        self._lock = threading.Lock()

    def expect(self) -> Callback:
        """Wait for one more."""
        callback = Callback()
        with self._lock:
            self._waiting[callback.token] = callback
        return callback

    def answer(self, token: str, body: bytes) -> bool:
        """Take an answer. Says whether anybody waits for it."""
        with self._lock:
            callback = self._waiting.pop(token, None)
        if callback is None:
            return False
        callback.answer = json.loads(body)
        return True
