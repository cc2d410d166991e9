"""In the cluster, on each node: the EKS Pod Identity agent, at the address that AWS' libraries know.

It does not play: EKS Auth (it believes a token without asking who signed it), IPv6, a limit of requests.

Environment: SESSION_KEY, AGENT_ADDRESS (169.254.170.23), AGENT_PORT (80).
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SIOCSIFADDR = 0x8916
ACCOUNT = "123456789012"
HOURS = 6


def add_address(address: str) -> None:
    """Give the node's loopback interface the agent's address, beside its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sHH4s8x", b"lo:pods", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, _SIOCSIFADDR, request)


def subject(token: str) -> str:
    """Whose token it is: ``system:serviceaccount:<namespace>:<name>``. Raises ValueError where it is none."""
    try:
        _, claims, _ = token.split(".")
        found: str = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
    return found


def credentials(account: str, session_key: str, now: datetime) -> dict[str, str]:
    """Credentials of a service account: each has an access key of its own, and a secret key that follows from it."""
    access_key = "ASIA" + base64.b32encode(hashlib.sha256(account.encode()).digest()).decode()[:16]
    secret_key = hmac.new(session_key.encode(), access_key.encode(), hashlib.sha256).hexdigest()[:40]
    return {
        "AccessKeyId": access_key,
        "SecretAccessKey": secret_key,
        "Token": base64.b64encode(account.encode()).decode(),
        "AccountId": ACCOUNT,
        "Expiration": (now + timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


class Handler(BaseHTTPRequestHandler):
    """``GET /v1/credentials`` with a pod's token for authorization."""

    def do_GET(self) -> None:
        """Answer with credentials, or say what is wrong."""
        status, body = HTTPStatus.OK, {}
        if self.path != "/v1/credentials":
            status = HTTPStatus.NOT_FOUND
        else:
            try:
                account = subject(self.headers.get("Authorization", ""))
                body = credentials(account, os.environ["SESSION_KEY"], datetime.now(UTC))
                print(account, flush=True)
            except ValueError as error:
                status, body = HTTPStatus.UNAUTHORIZED, {"message": f"no token of a service account: {error}"}
        answer = json.dumps(body).encode()
        with suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """The log has a line for each answer with credentials, and no other."""


class Server(ThreadingHTTPServer):
    """A worker's tasks ask all at once; the library's own queue of five refuses the sixth."""

    request_queue_size = 128


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address, port = os.environ.get("AGENT_ADDRESS", "169.254.170.23"), int(os.environ.get("AGENT_PORT", "80"))
    try:
        server = Server((address, port), Handler)
    except OSError:
        add_address(address)
        server = Server((address, port), Handler)
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
