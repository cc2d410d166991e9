"""EKS Pod Identity's admission webhook, which also lets pods trust the session's authority.

It does not play: IPv6, a refusal. What AWS would not do: for every pod outside of kube-system it makes a ConfigMap with
the authority in the pod's namespace, and sets the variables by which libraries find it.
"""

from __future__ import annotations

import base64
import json
import threading
from http import HTTPStatus
from typing import Any

from kubernetes.client import ApiException

from ops.sandbox.aws import Aws
from tests.cluster.kube import Kube
from tests.cluster.stand_ins.authority import JAVA_PASSWORD, Authority
from tests.cluster.stand_ins.tls_server import Answer, Request

AGENT = "169.254.170.23"
NAME = "aws-stand-ins"
TRUST = "aws-stand-ins-trust"
_TOKEN = "eks-pod-identity-token"
_TOKEN_FOLDER = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
_TRUST_FOLDER = "/var/run/aws-stand-ins"
_AUTHORITY = f"{_TRUST_FOLDER}/ca.crt"
_JAVA = f"-Djavax.net.ssl.trustStore={_TRUST_FOLDER}/ca.p12 -Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD}"

Object = dict[str, Any]

_IDENTITY_VOLUME: Object = {
    "name": _TOKEN,
    "projected": {
        "sources": [
            {"serviceAccountToken": {"audience": "pods.eks.amazonaws.com", "expirationSeconds": 86400, "path": _TOKEN}}
        ]
    },
}
_TRUST_VOLUME: Object = {"name": TRUST, "configMap": {"name": TRUST}}
_TRUST_VARIABLES = {
    **dict.fromkeys(("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO"), _AUTHORITY),
    "JAVA_TOOL_OPTIONS": _JAVA,
}


def patch(pod: Object, *, region: str, associated: bool) -> list[Object]:
    """What is added to a pod: volumes, and to each container mounts and the variables that it has not."""
    variables, volumes = dict(_TRUST_VARIABLES), [_TRUST_VOLUME]
    mounts = [{"name": TRUST, "readOnly": True, "mountPath": _TRUST_FOLDER}]
    if associated:
        variables |= {
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{AGENT}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{_TOKEN_FOLDER}/{_TOKEN}",
        }
        volumes.append(_IDENTITY_VOLUME)
        mounts.append({"name": _TOKEN, "readOnly": True, "mountPath": _TOKEN_FOLDER})
    spec = pod["spec"]
    steps: list[Object] = [
        {"op": "add", "path": "/spec/volumes", "value": _with(spec.get("volumes"), volumes)},
    ]
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            where = f"/spec/{kind}/{number}"
            new = [{"name": name, "value": value} for name, value in variables.items()]
            steps += [
                {"op": "add", "path": f"{where}/env", "value": _with(container.get("env"), new)},
                {"op": "add", "path": f"{where}/volumeMounts", "value": _with(container.get("volumeMounts"), mounts)},
            ]
    return steps


def _with(there: list[Object] | None, new: list[Object]) -> list[Object]:
    names = {each["name"] for each in there or ()}
    return [*(there or ()), *(each for each in new if each["name"] not in names)]


class Webhook:
    """Answers the API server's questions about pods that are to be made."""

    def __init__(self, *, aws: Aws, region: str, kube: Kube, authority: Authority) -> None:
        self._aws, self._region, self._kube, self._authority = aws, region, kube, authority
        self._lock = threading.Lock()
        self.failures: list[str] = []
        """What went wrong for which pod: it is admitted as it is then, as EKS' own webhook does."""

    def __call__(self, request: Request) -> Answer:
        """Answer a review."""
        review = json.loads(request.body)["request"]
        response: Object = {"uid": review["uid"], "allowed": True}
        try:
            steps = self._steps(review["namespace"], review["object"], dry=bool(review.get("dryRun")))
        except Exception as error:  # the pod is not to blame
            self.failures.append(f"{review['namespace']}: {error!r}")
            steps = []
        if steps:
            patched = base64.b64encode(json.dumps(steps).encode()).decode()
            response |= {"patchType": "JSONPatch", "patch": patched}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        return Answer(
            status=HTTPStatus.OK, body=json.dumps(body).encode(), headers=(("Content-Type", "application/json"),)
        )

    def _steps(self, namespace: str, pod: Object, *, dry: bool) -> list[Object]:
        associated = (namespace, pod["spec"].get("serviceAccountName", "default")) in self._associations()
        if namespace == "kube-system" and not associated:
            return []
        if not dry:
            self._trust(namespace)
        return patch(pod, region=self._region, associated=associated)

    def _associations(self) -> set[tuple[str, str]]:
        found = set()
        for cluster in self._aws.call("eks", "list_clusters")["clusters"]:
            pages = (
                self._aws.client("eks").get_paginator("list_pod_identity_associations").paginate(clusterName=cluster)
            )
            found |= {(each["namespace"], each["serviceAccount"]) for page in pages for each in page["associations"]}
        return found

    def _trust(self, namespace: str) -> None:
        """Make the ConfigMap, unless it is there. A namespace may have been made anew since its last pod."""
        body = {
            "metadata": {"name": TRUST, "labels": {"app.kubernetes.io/part-of": NAME}},
            "data": {"ca.crt": self._authority.pem.decode()},
            "binaryData": {"ca.p12": base64.b64encode(self._authority.java).decode()},
        }
        with self._lock:
            try:
                there = self._kube.core.read_namespaced_config_map(TRUST, namespace)
                if there.data == body["data"]:
                    return
                self._kube.core.delete_namespaced_config_map(TRUST, namespace)
            except ApiException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
            self._kube.core.create_namespaced_config_map(namespace, body)
