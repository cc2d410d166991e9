"""Which proxy leads to an address, as the environment says: HTTPS_PROXY, HTTP_PROXY, NO_PROXY."""

from __future__ import annotations

import os
import urllib.request
from urllib.parse import urlsplit

from ops.aws import is_loopback

_NAMES = ("http_proxy", "https_proxy", "no_proxy")
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def proxy_for(url: str) -> str | None:
    """The proxy, or None. None ever leads to this machine, where tunnels and port-forwards end."""
    parts = urlsplit(url)
    if is_loopback(url) or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def proxy_environment() -> dict[str, str]:
    """What a program that is started with an environment of its own needs in order to reach the internet."""
    names = (*_NAMES, *(name.upper() for name in _NAMES), *_AUTHORITIES)
    return {name: os.environ[name] for name in names if name in os.environ}
