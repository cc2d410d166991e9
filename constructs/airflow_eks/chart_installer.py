"""ChartInstaller: the one bridge from cdk8s charts to the cluster."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cdk8s
from aws_cdk import Duration
from aws_cdk import aws_eks_v2 as eks

from airflow_eks.cluster_clearing import ClusterClearing
from constructs import Construct, IDependable

HELM_RELEASE_KIND = "HelmRelease"

Manifest = Mapping[str, Any]

# A custom resource's event goes to the function by asynchronous invocation, which takes 256 KB, and on an update it
# carries the old properties beside the new ones. A tenth is left for the rest of the event.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAXIMUM_OBJECT_BYTES = 115_000


class ObjectTooLargeError(ValueError):
    """An object or a release that does not fit into a custom resource's event."""

    def __init__(self, manifest: Manifest, size: int) -> None:
        metadata = manifest["metadata"]
        super().__init__(
            f"{manifest['kind']} {metadata.get('namespace', '')}/{metadata['name']} has {size:,} bytes; "
            f"the function that applies it takes {MAXIMUM_OBJECT_BYTES:,} at the most. Split it into several objects."
        )


class ChartInstaller(Construct):
    """Installs a chart: its objects with kubectl, its releases with helm, in the chart's own order.

    Each object is a resource of its own. So CloudFormation shows it by name, an object that leaves the chart is deleted
    from the cluster whatever its kind (``kubectl apply --prune`` sees no custom kinds), and none ever moves from one
    manifest to another, where the deletion of the old would take the new one with it.

    Creation follows the order of ``chart.to_json()`` in waves; deletion goes back through them. A run of objects of one
    kind is one wave, so two of a kind cannot wait for each other. ``helm uninstall`` and ``kubectl delete`` wait, so
    finalizers run while their controllers do.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        chart: cdk8s.Chart,
        clearing: ClusterClearing | None = None,
        after: Sequence[IDependable] = (),
    ) -> None:
        super().__init__(scope, id_)
        previous: Sequence[IDependable] = after
        for wave in _waves(chart.to_json()):
            made = [self._install(cluster, manifest) for manifest in wave]
            for construct in made:
                construct.node.add_dependency(*previous)
            previous = [*made, *self._clear_namespaces(clearing, wave, made)]

    def _clear_namespaces(
        self, clearing: ClusterClearing | None, wave: Sequence[Manifest], made: Sequence[Construct]
    ) -> Iterator[Construct]:
        """Between a namespace and what is in it: a deletion looks there whether something would not go."""
        for manifest, construct in zip(wave, made, strict=True):
            if clearing and manifest["kind"] == "Namespace":
                name = manifest["metadata"]["name"]
                asked = clearing.before_namespace(self, f"Clear-{name}", name)
                asked.node.add_dependency(construct)
                yield asked

    def _install(self, cluster: eks.ICluster, manifest: Manifest) -> Construct:
        size = len(json.dumps(manifest).encode())
        if size > MAXIMUM_OBJECT_BYTES:
            raise ObjectTooLargeError(manifest, size)
        metadata = manifest["metadata"]
        id_ = "-".join(filter(None, (manifest["kind"], metadata.get("namespace"), metadata["name"])))
        if manifest["kind"] != HELM_RELEASE_KIND:
            # `apply` where the object is there already: a deployment that stopped half-way is resumed.
            return eks.KubernetesManifest(self, id_, cluster=cluster, manifest=[manifest], overwrite=True, prune=False)
        spec = manifest["spec"]
        return eks.HelmChart(
            self,
            id_,
            cluster=cluster,
            chart=spec["chart"],
            repository=spec["repository"],
            version=spec["version"],
            release=metadata["name"],
            namespace=metadata["namespace"],
            values=spec["values"],
            wait=True,
            timeout=Duration.seconds(spec["timeoutSeconds"]),
        )


def _waves(manifests: Sequence[Manifest]) -> Iterator[list[Manifest]]:
    """Runs of objects of one kind; each release by itself."""
    counter = itertools.count()

    def wave(manifest: Manifest) -> str:
        kind: str = manifest["kind"]
        return f"{kind}-{next(counter)}" if kind == HELM_RELEASE_KIND else kind

    for _, run in itertools.groupby(manifests, key=wave):
        yield list(run)
