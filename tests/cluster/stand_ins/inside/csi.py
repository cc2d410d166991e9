"""In the cluster, on each node: the drivers of EFS and EBS, for which a volume is a folder that is mounted into pods.

The folder is on every node the same one: of the same machine, or mounted from it. It does not play: access points'
user (a folder belongs to theirs, but who writes is who the pod runs as), sizes, encryption, attachment, snapshots.

Environment: NODE, KUBELET (kubelet's folder on the node), VOLUMES (the folder of volumes), HOST (where the node's root
is mounted here). The container shares the node's processes and is privileged: mounts are made with kubelet's view.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from csi_messages import M

DRIVERS = ("efs.csi.aws.com", "ebs.csi.aws.com")
OWNER = 65533  # of the platform's access points


def _kubelet() -> str:
    """The id of kubelet's process; of the first one of all, where kubelet is part of another program."""
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if comm.read_text().strip() == "kubelet":
                return comm.parent.name
    return "1"


def on_node(*command: str) -> bool:
    """Run a command with the node's view of its file systems; whether it went well."""
    view = [] if os.environ.get("HOST", "/") == "/" else ["nsenter", "--target", _kubelet(), "--mount", "--"]
    done = subprocess.run([*view, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        print(*command, done.stderr.strip(), flush=True)
    return done.returncode == 0


def publish(request: Any, context: Any) -> Any:
    """Mount a volume's folder. kubelet asks again for what is mounted, and must get no second mount on top."""
    print("publish", request.volume_id, request.target_path, flush=True)
    source = f"{os.environ['VOLUMES']}/{Path(request.volume_id).name.replace(':', '_')}"
    owned = f"test -d {source} || {{ mkdir -p {source} && chown {OWNER}:{OWNER} {source} && chmod 0777 {source}; }}"
    steps = [["sh", "-c", owned], ["mkdir", "-p", request.target_path]]
    if not on_node("mountpoint", "--quiet", request.target_path):
        steps += [["mount", "--bind", source, request.target_path]]
        steps += [["mount", "-o", "remount,bind,ro", request.target_path]] if request.readonly else []
    if not all(on_node(*step) for step in steps):
        context.abort(grpc.StatusCode.INTERNAL, f"{request.volume_id} cannot be mounted; the driver's log says why")
    return M["Empty"]()


def unpublish(request: Any, context: Any) -> Any:
    """Take the mount away, and the folder that it was on."""
    print("unpublish", request.volume_id, request.target_path, flush=True)
    while on_node("mountpoint", "--quiet", request.target_path):
        if not on_node("umount", request.target_path):
            context.abort(grpc.StatusCode.INTERNAL, f"{request.target_path} cannot be unmounted")
    on_node("sh", "-c", f"test ! -e {request.target_path} || rmdir {request.target_path}")
    return M["Empty"]()


def _service(name: str, methods: dict[str, tuple[str, Any]]) -> grpc.GenericRpcHandler:
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=M[kind].FromString, response_serializer=lambda made: made.SerializeToString()
        )
        for method, (kind, answer) in methods.items()
    }
    return grpc.method_handlers_generic_handler(name, handlers)


def services(driver: str, endpoint: str) -> tuple[list[grpc.GenericRpcHandler], list[grpc.GenericRpcHandler]]:
    """A driver's own services, and that of its registration with kubelet."""

    def always(kind: str, **values: Any) -> tuple[str, Any]:
        return "Empty", lambda *_: M[kind](**values)

    identity = {
        "GetPluginInfo": always("PluginInfo", name=driver, vendor_version="0"),
        "GetPluginCapabilities": always("Empty"),
        "Probe": always("Empty"),
    }
    node = {
        "NodeGetInfo": always("NodeInfo", node_id=os.environ["NODE"]),
        "NodeGetCapabilities": always("Empty"),
        "NodePublishVolume": ("Publish", publish),
        "NodeUnpublishVolume": ("Unpublish", unpublish),
    }
    told = ("Registered", lambda request, _: print(driver, request.plugin_registered, request.error) or M["Empty"]())
    info = always("Registration", type="CSIPlugin", name=driver, endpoint=endpoint, versions=["1.0.0"])
    registration = {"GetInfo": info, "NotifyRegistrationStatus": told}
    return (
        [_service("csi.v1.Identity", identity), _service("csi.v1.Node", node)],
        [_service("pluginregistration.Registration", registration)],
    )


def serve(socket: str, handlers: list[grpc.GenericRpcHandler]) -> grpc.Server:
    """Serve at a socket."""
    path = Path(socket)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers(handlers)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server


def main() -> None:
    """Serve both drivers until SIGTERM; without their sockets kubelet forgets them."""
    kubelet, root = os.environ["KUBELET"].replace("{node}", os.environ["NODE"]), os.environ["HOST"].rstrip("/")
    servers, sockets = [], []
    for driver in DRIVERS:
        endpoint = f"{kubelet}/plugins/{driver}/csi.sock"
        own, registration = services(driver, endpoint)
        sockets += [f"{root}{endpoint}", f"{root}{kubelet}/plugins_registry/{driver}-reg.sock"]
        servers += [serve(sockets[-2], own), serve(sockets[-1], registration)]

    def end(*_: object) -> None:
        for socket in reversed(sockets):
            Path(socket).unlink(missing_ok=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    print("serving", *DRIVERS, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
