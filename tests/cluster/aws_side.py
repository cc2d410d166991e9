"""AWS around a cluster: the in-memory one as a process, the stand-ins on this machine, and those in the cluster."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from ops.sandbox.aws import Aws
from ops.sandbox.process import Sandbox
from settings import PARTITIONS, Settings
from tests.cluster import clean, pools
from tests.cluster.choice import Choice
from tests.cluster.cluster import Cluster
from tests.cluster.kube import Kube
from tests.cluster.stand_ins import in_cluster
from tests.cluster.stand_ins.authority import Authority
from tests.cluster.stand_ins.datastores import DataStores
from tests.cluster.stand_ins.dns import Dns
from tests.cluster.stand_ins.front import proxy, text
from tests.cluster.stand_ins.git_server import GitServer
from tests.cluster.stand_ins.postgres import Postgres
from tests.cluster.stand_ins.redis import Redis
from tests.cluster.stand_ins.tls_server import Service, TlsServer
from tests.cluster.stand_ins.webhook import Webhook

_TRUST_STORES = ("truststore.pki.rds.", "rds-truststore.")
_READY_SECONDS = 180


class OwnCluster(Cluster):
    """A cluster whose AWS is the session's own."""

    stores: DataStores
    git: GitServer
    webhook: Webhook

    def failures(self) -> list[str]:
        """What went wrong in the stand-ins so far."""
        return [*self.stores.failures, *self.webhook.failures, *self.git.refused]

    def away(self, what: str) -> AbstractContextManager[None]:
        """Take the ``database`` or the ``queue`` away for as long as the block runs."""
        return self.stores.away(what)


@contextmanager
def aws_side(
    *, choice: Choice, kube: Kube, sandbox: Sandbox, settings: Settings, image: str, folder: Path
) -> Iterator[OwnCluster]:
    """All of it, for as long as the block runs. ``image`` is Airflow's, in which the pods of the stand-ins run."""
    cluster = OwnCluster(choice=choice, kube=kube, sandbox=sandbox, folder=folder)
    authority, session_key = Authority(folder / "pki"), secrets.token_hex(16)
    cluster.certificate = str(authority.file)
    aws = Aws(endpoint=sandbox.endpoint, region=settings.region)
    git = GitServer(aws=aws, region=settings.region, folder=folder / "git", session_key=session_key)
    webhook = Webhook(aws=aws, region=settings.region, kube=kube, authority=authority)
    place = {"address": cluster.host, "authority": authority}
    services: dict[str, Service] = {"git-codecommit.": git, cluster.host: webhook}
    services |= dict.fromkeys(_TRUST_STORES, text(authority.pem))
    front = TlsServer(port=443, services=services, otherwise=proxy(sandbox.endpoint), **place)  # type: ignore[arg-type]
    stores = DataStores(
        aws=aws,
        postgres=Postgres(port=5432, folder=folder / "stores" / "database", **place),  # type: ignore[arg-type]
        redis=Redis(port=6379, folder=folder / "stores" / "queue", **place),  # type: ignore[arg-type]
    )
    cluster.stores, cluster.git, cluster.webhook = stores, git, webhook
    with ExitStack() as made:
        front.start()
        made.callback(front.stop)
        stores.start()
        made.callback(stores.stop)
        clean.remember(kube)
        made.callback(clean.clean, kube)
        pools.label(kube, _zones(settings))
        Dns(kube).lead([facts.dns_suffix for facts in PARTITIONS.values()], cluster.host)
        objects = in_cluster.objects(
            image=image, url=f"https://{cluster.host}/mutate", authority=authority, session_key=session_key,
            kubelet=choice.kubelet, volumes=choice.volumes,
        )  # fmt: skip
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        kube.kubectl("apply", "--server-side", "--filename=-", text=json.dumps(listed))
        wait_for_drivers(kube)
        yield cluster


def wait_for_drivers(kube: Kube) -> None:
    """Wait until each node has both drivers. Fails, with what the pods say, where one has not."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        nodes = kube.kubectl(
            "get", "csinodes", "--output=jsonpath={range .items[*]}{.spec.drivers[*].name}{'\\n'}{end}"
        )
        lines = nodes.splitlines() or [""]
        if all({"efs.csi.aws.com", "ebs.csi.aws.com"} <= set(line.split()) for line in lines):
            return
        if time.monotonic() > deadline:
            pods = kube.kubectl("--namespace", in_cluster.NAMESPACE, "get", "pods", "--output=wide")
            raise AssertionError(f"not every node has the drivers of EFS and EBS:\n{pods}")
        time.sleep(2)


def _zones(settings: Settings) -> list[str]:
    return [f"{settings.region}{letter}" for letter in "abcdef"[: settings.network.zones]]
