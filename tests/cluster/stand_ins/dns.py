"""DNS for AWS' names, in the cluster's own CoreDNS: every one of them leads to this machine.

It does not play: records of other kinds than A, names outside of AWS' domains, Route 53's private zones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.cluster.kube import Kube

_NAMESPACE, _NAME, _KEY = "kube-system", "coredns", "Corefile"
_KEPT = "airflow-eks/corefile-before-tests"
_MARK = "# AWS' names, for make test-cluster\n"
_BLOCK = """{domain}:53 {{
    errors
    template IN A {{
        answer "{{{{ .Name }}}} 5 IN A {address}"
    }}
    template ANY ANY {{
        rcode NOERROR
    }}
}}
"""


def with_names(corefile: str, domains: Iterable[str], address: str) -> str:
    """A Corefile with a server block for each domain, which CoreDNS prefers to the one for all names."""
    blocks = "".join(_BLOCK.format(domain=domain, address=address) for domain in domains)
    return f"{corefile.partition(_MARK)[0].rstrip()}\n{_MARK}{blocks}"


class Dns:
    """CoreDNS of one cluster."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def lead(self, domains: Iterable[str], address: str) -> None:
        """Lead names of these domains to an address. What there was before is kept in an annotation."""
        there = self._read()
        before = there["metadata"].get("annotations", {}).get(_KEPT, there["data"][_KEY])
        self._write(with_names(before, domains, address), kept=before)

    def restore(self) -> None:
        """Put back what there was; nothing happens where nothing was changed."""
        before = self._read()["metadata"].get("annotations", {}).get(_KEPT)
        if before is not None:
            self._write(before, kept=None)

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self._kube.kubectl("--namespace", _NAMESPACE, "get", "configmap", _NAME, "--output", "json")
        )
        return found

    def _write(self, corefile: str, *, kept: str | None) -> None:
        patch = {"metadata": {"annotations": {_KEPT: kept}}, "data": {_KEY: corefile}}
        place = ("--namespace", _NAMESPACE)
        self._kube.kubectl(*place, "patch", "configmap", _NAME, "--type=merge", "--patch", json.dumps(patch))
        # Its plug-in `reload` may be off, and takes half a minute where it is on.
        self._kube.kubectl(*place, "rollout", "restart", f"deployment/{_NAME}")
        self._kube.kubectl(*place, "rollout", "status", f"deployment/{_NAME}", "--timeout=180s")
