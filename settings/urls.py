"""URLs that pods are given: their types, and the port that each leads to."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from settings.types import InWords

HTTPS_PORT, SSH_PORT = 443, 22
_PORTS = {"https": HTTPS_PORT, "ssh": SSH_PORT}
_LARGEST_PORT = 65535
# As git takes it and hosts show it, with and without a scheme before it. A number may be meant as a port.
_SCP_FORM = re.compile(
    r"(ssh://)?(?P<login>([a-z0-9._-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+):(?P<path>(?!\d+/|/)[A-Za-z0-9_./~+-]+)"
)


def port_of(url: str) -> int:
    """The port that a URL leads to: its own, or that of its scheme."""
    parts = urlsplit(url)
    return parts.port or _PORTS[parts.scheme]


def _port_in_range(url: str) -> str:
    # Python refuses a port out of range when it is asked for.
    number = re.search(r":(\d+)$", urlsplit(url).netloc)
    if number and not 1 <= int(number[1]) <= _LARGEST_PORT:
        raise ValueError(f"there is no port {number[1]}: must be from 1 to {_LARGEST_PORT}")
    return url


def _no_scp_form(value: Any) -> Any:
    found = _SCP_FORM.fullmatch(value) if isinstance(value, str) else None
    if found:
        login = found["login"] if "@" in found["login"] else f"git@{found['login']}"
        raise ValueError(f"write it as a URL: ssh://{login}/{found['path']}")
    return value


HttpsUrl = Annotated[
    str,
    # Without braces: External Secrets takes the URL for a template.
    Field(pattern=r"^https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(:\d{1,5})?/[\w./~%+-]*$"),
    AfterValidator(_port_in_range),
    InWords("an https:// URL with a path and no query, like https://files.example.com/bundle.pem"),
]
GitUrl = Annotated[
    str,
    BeforeValidator(_no_scp_form),
    # No user name in an https:// URL: where there is one, a password is not far, and this is no place for it.
    Field(pattern=r"^(https://[a-z0-9.-]+|ssh://([a-z0-9._-]+@)?[a-z0-9.-]+)(:\d{1,5})?/[A-Za-z0-9_./~+-]+$"),
    AfterValidator(_port_in_range),
    InWords("an https:// or ssh:// URL without a password, like https://github.com/team/dags.git"),
]
KnownHosts = Annotated[
    str,
    # host names, kind of key, key; no braces, as External Secrets takes the text for a template
    Field(pattern=r"^(\s*[^\s{}#]+ [a-z0-9@.-]+ [A-Za-z0-9+/=]+[^\n{}]*(\n|$))+$"),
    InWords("lines of a known_hosts file, like github.com ssh-ed25519 AAAAC3Nz…"),
]
Issuer = Annotated[
    str,
    Field(pattern=r"^https://[\w.-]+(:\d{1,5})?(/[\w./~%+-]*)?$"),
    AfterValidator(_port_in_range),
    InWords("an https:// URL without a query, like https://login.example.com/tenant"),
]
