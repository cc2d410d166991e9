"""What of the stand-ins has to be in the cluster: the webhook's registration, the drivers, and the pods of inside/.

It does not play: the controllers of the drivers. Theirs are Deployments of the right name that only wait, because the
platform's own volumes name what they mount, and nothing else asks for one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from tests.cluster.kube import Kube
from tests.cluster.stand_ins.authority import Authority

NAMESPACE = "aws-stand-ins"
_INSIDE = Path(__file__).parent / "inside"
_PART = {"app.kubernetes.io/part-of": NAMESPACE}
_CONTROLLERS = ("efs-csi-controller", "ebs-csi-controller")
_HOST = "/host"

Object = dict[str, Any]


def objects(
    *, image: str, url: str, authority: Authority, session_key: str, kubelet: str, volumes: str
) -> list[Object]:
    """All of them. ``kubelet`` may have ``{node}`` in it."""
    scripts = {path.name: path.read_text() for path in sorted(_INSIDE.glob("*.py"))}
    environment = {"SESSION_KEY": session_key, "KUBELET": kubelet, "VOLUMES": volumes, "HOST": _HOST}
    digest = hashlib.sha256(json.dumps([scripts, environment], sort_keys=True).encode()).hexdigest()
    return [
        _object("v1", "Namespace", NAMESPACE, labels={"pod-security.kubernetes.io/enforce": "privileged"}),
        _object("v1", "ConfigMap", "scripts", namespace=NAMESPACE, data=scripts),
        _daemons(image, environment, digest),
        *(_controller(name, image) for name in _CONTROLLERS),
        # kubelet would wait for an attachment that no controller makes.
        *(
            _object("storage.k8s.io/v1", "CSIDriver", name, spec={"attachRequired": False})
            for name in ("efs.csi.aws.com", "ebs.csi.aws.com")
        ),
        _webhook(url, authority),
    ]


def remove(kube: Kube) -> None:
    """Take all of it away, whoever made it."""
    selector = f"--selector={'='.join(*_PART.items())}"
    kinds = "mutatingwebhookconfigurations,csidrivers,namespaces"
    kube.kubectl("delete", kinds, selector, "--ignore-not-found", "--timeout=120s", check=False)
    kube.kubectl("--namespace=kube-system", "delete", "deployments,configmaps", selector, "--timeout=60s", check=False)


def _object(api_version: str, kind: str, name: str, *, namespace: str = "", **rest: Any) -> Object:
    labels = {**_PART, **rest.pop("labels", {})}
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": labels, **where}, **rest}


def _daemons(image: str, environment: dict[str, str], digest: str) -> Object:
    """On every node the agent and the drivers; they see the node's root, its network and its processes."""
    node = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    variables = [node, *({"name": name, "value": value} for name, value in environment.items())]
    pod = {
        "hostNetwork": True,
        "hostPID": True,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "containers": [
            {
                "name": name,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python3", f"/scripts/{name}.py"],
                "env": variables,
                # Without a request they would be the last to get the CPU, and AWS' libraries wait two seconds.
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                "securityContext": {"privileged": True, "runAsUser": 0},
                "volumeMounts": [{"name": "scripts", "mountPath": "/scripts"}, {"name": "host", "mountPath": _HOST}],
            }
            for name in ("agent", "csi")
        ],
        "volumes": [
            {"name": "scripts", "configMap": {"name": "scripts"}},
            {"name": "host", "hostPath": {"path": "/"}},
        ],
    }
    return _workload("DaemonSet", "nodes", NAMESPACE, pod, annotations={"digest": digest})


def _controller(name: str, image: str) -> Object:
    container = {
        "name": "waits",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "infinity"],
        "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
    }
    pod = {
        "containers": [container],
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
    }
    return _workload("Deployment", name, "kube-system", pod)


def _workload(kind: str, name: str, namespace: str, pod: Object, **metadata: Any) -> Object:
    labels = {"app": name}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": {**labels, **_PART}, **metadata}, "spec": pod},
    }
    return _object("apps/v1", kind, name, namespace=namespace, spec=spec)


def _webhook(url: str, authority: Authority) -> Object:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    others = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [NAMESPACE]}
    webhook = {
        "name": "pod-identity-webhook.amazonaws.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "NoneOnDryRun",
        "failurePolicy": "Ignore",
        "timeoutSeconds": 15,
        "reinvocationPolicy": "IfNeeded",
        "clientConfig": {"url": url, "caBundle": base64.b64encode(authority.pem).decode()},
        "rules": [rule],
        "namespaceSelector": {"matchExpressions": [others]},
    }
    return _object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", NAMESPACE, webhooks=[webhook])
