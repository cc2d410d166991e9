"""``aws``, as far as the CDK's handler uses it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from botocore.exceptions import ClientError

from ops.sandbox.pretend_cluster.calls import Call, Parser
from ops.sandbox.pretend_cluster.install import is_real_cluster
from ops.sandbox.pretend_cluster.state import RefusedError


def run(call: Call) -> str:
    """Write a kubeconfig, or print the password of a registry. Raises RefusedError."""
    parser = Parser(prog="aws")
    services = parser.add_subparsers(dest="service", required=True, parser_class=Parser)
    eks = services.add_parser("eks")
    eks.add_argument("operation", choices=["update-kubeconfig"])
    eks.add_argument("--name", required=True)
    eks.add_argument("--kubeconfig", type=Path, required=True)
    for service in ("ecr", "ecr-public"):
        registry = services.add_parser(service)
        registry.add_argument("operation", choices=["get-login-password"])
        registry.add_argument("--region", required=True)
    options = parser.parse_args(call.arguments)
    if options.service != "eks":
        return "a-password\n"
    _check_cluster(call, options.name)
    _write(options.kubeconfig, context=f"{call.region}/{options.name}")
    return f"Updated context in {options.kubeconfig}\n"


def _check_cluster(call: Call, name: str) -> None:
    """Ask EKS, as the real program does. Raises RefusedError where it has no such cluster."""
    try:
        status = call.aws.call("eks", "describe_cluster", name=name)["cluster"]["status"]
    except ClientError as error:
        raise RefusedError(str(error)) from None
    if status != "ACTIVE":
        raise RefusedError(f"the cluster {name} is {status}")


def _write(path: Path, *, context: str) -> None:
    """Write a kubeconfig: that of the real cluster, or JSON, which is YAML, with nothing in it but a name."""
    if is_real_cluster():
        shutil.copyfile(os.environ["KUBECONFIG"], path)
        return
    content = {"apiVersion": "v1", "kind": "Config", "current-context": context}
    path.write_text(json.dumps(content), encoding="utf-8")
