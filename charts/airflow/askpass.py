"""Credentials for git-sync to pull from CodeCommit, signed on demand with the pod's own identity: no long-lived key.

Runs beside git-sync, in a container of the Airflow image, which has botocore. git-sync calls `GET /` before each sync
(GITSYNC_ASKPASS_URL), waits a second at most, and wants status 200 and the lines `username=…` and `password=…`. On any
other status it logs the body, so that is where an error goes.

CodeCommit takes a SigV4 signature for a password, as git-remote-codecommit makes it: of the repository's host and path
alone, so that one serves all requests of a sync. It is good for 15 minutes.

Environment: CODECOMMIT_REPOSITORY_URL, AWS_REGION (or AWS_DEFAULT_REGION), ASKPASS_PORT (8617).
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError

LOG = logging.getLogger("askpass")
REPOSITORY_URL = re.compile(r"https?://(?P<host>[^/?#@\s]+)(?P<path>/[^?#@\s]*[^/?#@\s])")


class AskpassError(Exception):
    """Why there is no password, in one line without secrets."""


def sign(url: str, region: str, credentials: ReadOnlyCredentials, now: datetime) -> tuple[str, str]:
    """Return the username and the password with which git may use the repository at this URL from now on."""
    repository = REPOSITORY_URL.fullmatch(url)
    if not repository:  # the URL itself stays out of the message: there may be a password in it
        raise AskpassError("CODECOMMIT_REPOSITORY_URL is not of the form https://host/path, with no user name in it")
    timestamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    request = AWSRequest(method="GIT", url=url)
    request.context["timestamp"] = timestamp
    signer = SigV4Auth(credentials, "codecommit", region)
    canonical_request = f"GIT\n{repository['path']}\n\nhost:{repository['host']}\n\nhost\n"
    signature = signer.signature(signer.string_to_sign(request, canonical_request), request)
    token = f"%{credentials.token}" if credentials.token else ""
    return f"{credentials.access_key}{token}", f"{timestamp}Z{signature}"


def answer(session: botocore.session.Session) -> str:
    """Return the two lines that git-sync reads."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise AskpassError("AWS_REGION is not set")
    try:
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None  # botocore renews them when they age
    except (BotoCoreError, KeyError, OSError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise AskpassError(f"cannot get AWS credentials: {reason}") from error
    if not frozen or not frozen.access_key:
        raise AskpassError("no AWS credentials: does this service account have a Pod Identity association?")
    username, password = sign(os.environ.get("CODECOMMIT_REPOSITORY_URL", ""), region, frozen, datetime.now(UTC))
    return f"username={username}\npassword={password}\n"


class Handler(BaseHTTPRequestHandler):
    """Answer git-sync and the probe."""

    session: botocore.session.Session

    def do_GET(self) -> None:
        """Answer `/` with credentials and `/healthz` with ok."""
        status, body = HTTPStatus.OK, "ok\n"
        if self.path == "/":
            try:
                body = answer(self.session)
            except AskpassError as error:
                LOG.error("%s", error)  # noqa: TRY400 - the line says it all
                status, body = HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n"
        elif self.path != "/healthz":
            status, body = HTTPStatus.NOT_FOUND, "not found\n"
        with suppress(ConnectionError):  # whoever asked has gone
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Stay silent: a line for every sync and every probe would hide the errors."""


def main() -> None:
    """Serve until SIGTERM, to this pod only."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # The pod's own identity or none: never the node's, and no second lost on asking for it.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Handler.session = botocore.session.Session()
    with ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("ASKPASS_PORT", "8617"))), Handler) as server:
        LOG.info("listening on 127.0.0.1:%s", server.server_port)
        server.serve_forever()


if __name__ == "__main__":
    main()
