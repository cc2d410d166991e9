"""What a registry answers, or that it does not, in words: what happened, and what to do about it."""

from __future__ import annotations

import re
from http import HTTPStatus

import requests

from ops.aws_errors import ACTION
from ops.mirror.errors import BusyError, MirrorError, StopError, UnreachableError


def refused(answer: requests.Response, *, host: str, ours: bool) -> MirrorError:
    """An answer that is an error. ``ours`` is the account's own registry, where no other request would go better."""
    status, said = answer.status_code, _said(answer)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _denied(said, host=host, ours=ours)
    if status == HTTPStatus.NOT_FOUND:
        return MirrorError(f"{host} does not have it{said}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return BusyError(
            f"{host} allows no more requests for now{said}. Sign in to it (`docker login {host}`) or wait, then run "
            "the command again: what has been copied is not copied again"
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return BusyError(f"{host} answered {status} five times in a row{said}. Run the command again later")
    return MirrorError(f"{host} answered {status}{said}")


def unreachable(error: requests.RequestException, *, host: str, ours: bool = False) -> MirrorError:
    """No answer at all."""
    if isinstance(error, requests.exceptions.SSLError):
        return UnreachableError(
            f"{host} has no certificate that this machine trusts: {_reason(error)}. Behind a proxy that opens TLS, set "
            "REQUESTS_CA_BUNDLE"
        )
    if ours:
        told = "Is there a network? Behind a proxy, set HTTPS_PROXY"
        return StopError(f"{host} cannot be reached: {_reason(error)}. {told}")
    return UnreachableError(f"{host} cannot be reached: {_reason(error)}")


def _denied(said: str, *, host: str, ours: bool) -> MirrorError:
    if not ours:
        return MirrorError(f"{host} refuses access{said}. Credentials of `docker login {host}` are used; without, none")
    named = ACTION.search(said)
    what = f"this identity may not call {named['action']}" if named else f"{host} refuses this identity{said}"
    return StopError(f"access denied: {what}. docs/mirror.md lists what has to be allowed")


def _said(answer: requests.Response) -> str:
    """What the registry says of it, as the distribution specification has errors; nothing where it says none."""
    try:
        errors = answer.json()["errors"]
        said = "; ".join(filter(None, (str(each.get("message") or each.get("code")) for each in errors)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f": {' '.join(said.split())[:300].rstrip('.')}" if said else ""


def _reason(error: requests.RequestException) -> str:
    """The innermost of the errors that requests and urllib3 wrap."""
    inner: object = error
    while isinstance(inner, BaseException) and (following := getattr(inner, "reason", None) or _first(inner)):
        inner = following
    return re.sub(r"^HTTPS?Connection\(.*?\): ", "", " ".join(str(inner).split()))[:200].rstrip(".")


def _first(error: BaseException) -> BaseException | None:
    return next((each for each in error.args if isinstance(each, BaseException)), None)
