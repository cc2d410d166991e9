"""What Airflow hides: which names it takes for those of secrets, and what it shows in the place of one."""

from __future__ import annotations

import json
from typing import Any

MASK = "***"

_SENSITIVE = (
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
)
"""Parts of names: those of Airflow 2 and 3 together (`airflow.sdk._shared.secrets_masker`)."""


def is_sensitive(name: str) -> bool:
    """Whether Airflow takes what has this name for a secret."""
    return any(part in name.strip().lower() for part in _SENSITIVE)


def is_secret(key: str, value: str) -> bool:
    """Whether a variable is a secret: by its own key, or by a key within its value."""
    return is_sensitive(key) or _has_sensitive_key(decoded(value))


def is_masked(text: str | None) -> bool:
    """Whether a part of a text was hidden. A text that has three stars of its own cannot be told from one."""
    return text is not None and MASK in text


def decoded(text: str | None) -> Any:
    """What a text says as JSON, or the text where it is none."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def agrees(seen: Any, real: Any) -> bool:
    """Whether a value is, as far as the masks let it be seen, the real one."""
    if isinstance(seen, str) and MASK in seen:
        return real is not None
    if isinstance(seen, dict) and isinstance(real, dict):
        return seen.keys() == real.keys() and all(agrees(value, real[key]) for key, value in seen.items())
    if isinstance(seen, list) and isinstance(real, list):
        return len(seen) == len(real) and all(map(agrees, seen, real))
    return bool(seen == real)


def _has_sensitive_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any(is_sensitive(str(key)) or _has_sensitive_key(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_has_sensitive_key, value))
