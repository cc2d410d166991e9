"""Credentials of pods, and whether a password for CodeCommit was signed with them.

A secret key follows from the access key and from the session's own key, so that the agents on the nodes and the git
server on this machine agree without a word between them. The same key is for whoever runs the tests.

It does not play: permissions (a role may do everything), roles of other accounts, credentials that end early.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from botocore.credentials import ReadOnlyCredentials

from charts.airflow.askpass import sign
from ops.sandbox.aws import FAKE_ACCESS_KEY, FAKE_SECRET_KEY

_GOOD_FOR = timedelta(minutes=15)
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = 16


def secret_of(access_key: str, session_key: str) -> str:
    """The secret key of an access key: also in inside/agent.py, which runs where this is not."""
    if access_key == FAKE_ACCESS_KEY:
        return FAKE_SECRET_KEY
    return hmac.new(session_key.encode(), access_key.encode(), hashlib.sha256).hexdigest()[:40]


def refusal(url: str, region: str, username: str, password: str, *, session_key: str, now: datetime) -> str:
    """Why CodeCommit would refuse a user name and a password for a repository; nothing where it would not."""
    access_key, _, token = username.partition("%")
    stamp = password[:_STAMP_LENGTH]
    try:
        signed_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return "the password does not begin with a time"
    if not timedelta(minutes=-5) <= now - signed_at <= _GOOD_FOR:
        return f"the password was signed at {stamp}"
    known = ReadOnlyCredentials(access_key, secret_of(access_key, session_key), token or None)
    _, expected = sign(url, region, known, signed_at)
    return "" if hmac.compare_digest(expected, password) else "the signature is not that of these credentials"
