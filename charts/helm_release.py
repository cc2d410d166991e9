"""HelmRelease: a Helm release as an object of a cdk8s chart, beside the Kubernetes objects that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from constructs import Construct
from settings import ChartReference

API_VERSION = "airflow-eks/v1"
KIND = "HelmRelease"

# The Lambda function that runs helm ends after 15 minutes; a release that times out before can still say why.
DEFAULT_TIMEOUT_SECONDS = 600


class HelmRelease(cdk8s.ApiObject):
    """One release: which chart, under which name, where, with which values.

    It never reaches the cluster as an object: the installer turns it into a ``helm upgrade --install``. Standing among
    the objects of its chart it takes part in cdk8s' own ordering, so ``chart.to_json()`` gives objects and releases in
    the order in which they have to be made.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        chart: ChartReference,
        release: str,
        namespace: str,
        values: Mapping[str, Any],
        timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(
            scope,
            id_,
            api_version=API_VERSION,
            kind=KIND,
            metadata=cdk8s.ApiObjectMetadata(name=release, namespace=namespace),
        )
        self.add_json_patch(
            cdk8s.JsonPatch.add(
                "/spec",
                {
                    "repository": chart.repository,
                    "chart": chart.name,
                    "version": chart.version,
                    "timeoutSeconds": timeout_seconds,
                    "values": values,
                },
            )
        )
