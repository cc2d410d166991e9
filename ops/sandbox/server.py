"""``python -m ops.sandbox.server``: the process that plays AWS, on loopback only.

It writes one line to its standard output when it is ready, and ends when its standard input is closed: so it never
outlives whoever started it.
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"

# moto reads these when it is imported.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # without them no role can be given one of AWS' own policies
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # nothing here starts an instance

import botocore.loaders  # noqa: E402
from flask import Flask  # noqa: E402
from moto import backends  # noqa: E402
from moto.core import utils  # noqa: E402
from moto.core.utils import convert_to_flask_response  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    BackendRequest,
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402

from ops.sandbox import lambda_runtime, moto_patches, resource_types  # noqa: E402
from ops.sandbox.cloudformation import service  # noqa: E402
from ops.sandbox.cloudformation.api import CloudFormationApi  # noqa: E402
from ops.sandbox.front import Front  # noqa: E402
from ops.sandbox.pretend_cluster import install  # noqa: E402


class _RequestHandler(MotoRequestHandler):
    # Connections stay open between calls, and small answers leave at once.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


def _application(backend: Any) -> Flask:
    """The application for one service: moto's, and for CloudFormation ours."""
    if backend != "cloudformation":
        return create_backend_app(backend)
    application = Flask("cloudformation")
    application.request_class = BackendRequest
    view = convert_to_flask_response(CloudFormationApi.dispatch)
    application.add_url_rule("/", endpoint="cloudformation", view_func=view, methods=["GET", "POST"])
    return application


def _list_moto_modules_once() -> None:
    """Moto reads the folder of its modules anew for each request, which takes longer than most requests themselves."""
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules


def _share_one_loader() -> None:
    """Moto makes a loader for each service's model, and each of them looks through the folders of all services."""
    utils.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]  # it imports it


def serve(*, port: int, state: Path) -> None:
    """Serve until standard input is closed."""
    state.mkdir(parents=True, exist_ok=True)
    install.install(state / "programs")
    logging.basicConfig(filename=state / "server.log", level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application = Front(DomainDispatcherApplication(_application), state=state)
    server = make_server(HOST, port, application, threaded=True, request_handler=_RequestHandler)
    endpoint = f"http://{HOST}:{server.server_port}"
    service.configure(endpoint=endpoint, state=state)
    functions = lambda_runtime.Functions(endpoint=endpoint, state=state)
    _list_moto_modules_once()
    _share_one_loader()
    moto_patches.apply(functions)
    resource_types.load()
    threading.Thread(target=_stop_with_parent, args=(server.shutdown,), daemon=True).start()
    print(f"ready {endpoint}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        functions.stop()


def _stop_with_parent(stop: Callable[[], None]) -> None:
    sys.stdin.buffer.read()
    stop()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="An in-memory AWS on loopback.")
    parser.add_argument("--port", type=int, default=0, help="Port on 127.0.0.1; a free one by default.")
    parser.add_argument("--state", type=Path, required=True, help="Empty folder for logs and the pretend cluster.")
    arguments = parser.parse_args()
    if arguments.state.exists() and any(arguments.state.iterdir()):
        parser.error(f"--state: {arguments.state} is not empty; each run starts with nothing")
    try:
        serve(port=arguments.port, state=arguments.state)
    except install.RealClusterError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
