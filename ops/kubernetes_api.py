"""The Kubernetes API, read only: objects as the dictionaries that the API server sends."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ops.aws import Aws, is_loopback
from ops.checks import NotCheckedError
from ops.errors import OpsError
from ops.kubernetes_token import cluster_token
from ops.proxies import proxy_for

_TIMEOUT_SECONDS = (5, 30)  # to connect, to answer

Object = dict[str, Any]

CORE = "/api/v1"
APPS = "/apis/apps/v1"
NETWORKING = "/apis/networking.k8s.io/v1"
EXTERNAL_SECRETS = "/apis/external-secrets.io/v1"
KARPENTER = "/apis/karpenter.sh/v1"
KARPENTER_AWS = "/apis/karpenter.k8s.aws/v1"
KEDA = "/apis/keda.sh/v1alpha1"
SPARK = "/apis/sparkoperator.k8s.io/v1beta2"

_TUNNEL = "--kubeconfig FILE"
_NO_ACCESS = (
    "Name yourself in the setting cluster.administrators and deploy again, or use who is named there (--profile)."
)


class KubernetesError(OpsError):
    """The API server did not answer as it should."""


class KubernetesApi:
    """An API server, and how to ask it."""

    def __init__(self, client: Any, *, advice: str = "") -> None:
        self._client = client
        self._advice = advice
        """What to do where the server cannot be reached."""
        self._unreachable = ""

    def list(self, group: str, kind: str, namespace: str | None = None) -> list[Object]:
        """All objects of a kind, by its plural name; none where the cluster does not know the kind."""
        where = f"/namespaces/{namespace}" if namespace else ""
        return list(self.get(f"{group}{where}/{kind}").get("items", ()))

    def find(self, group: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None where there is none of this name."""
        where = f"/namespaces/{namespace}" if namespace else ""
        return self.get(f"{group}{where}/{kind}/{name}") or None

    def get(self, path: str) -> Object:
        """What the API server answers; nothing where it answers that there is nothing.

        Raises NotCheckedError where it cannot be reached or lets the caller not see, KubernetesError for all else.
        """
        # Imported here: it takes more than a second, which every other command would pay.
        from kubernetes.client import ApiException  # type: ignore[import-untyped]  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        if self._unreachable:
            raise NotCheckedError("the API server cannot be reached, see above")
        try:
            answer: Object = self._client.call_api(
                path,
                "GET",
                auth_settings=["BearerToken"],
                response_types_map={int(HTTPStatus.OK): "object"},
                _return_http_data_only=True,
                _request_timeout=_TIMEOUT_SECONDS,
            )
        except HTTPError as error:
            raise self._not_reached(error) from None
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return {}
            raise self._refused(path, error) from None
        return answer

    def _not_reached(self, error: Exception) -> NotCheckedError:
        cause = getattr(error, "reason", None) or error
        self._unreachable = " ".join(str(cause).split())[:200]
        return NotCheckedError(f"the API server cannot be reached: {self._unreachable}", self._advice)

    def _refused(self, path: str, error: Any) -> OpsError:
        if not error.status:  # there was no answer: the client reports a fault of TLS so
            return self._not_reached(error)
        if error.status == HTTPStatus.UNAUTHORIZED:
            self._unreachable = "401"
            return NotCheckedError("the API server does not know you", _NO_ACCESS)
        if error.status == HTTPStatus.FORBIDDEN:
            return NotCheckedError(f"you may not read {path}", _NO_ACCESS)
        return KubernetesError(f"the API server answered {error.status} {error.reason} to {path}")


@contextmanager
def eks_api(aws: Aws, cluster: Mapping[str, Any]) -> Iterator[KubernetesApi]:
    """The API of an EKS cluster, as ``describe_cluster`` describes it, with the caller's own credentials."""
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

    endpoint = cluster["endpoint"]
    if aws.in_memory and not is_loopback(endpoint):
        raise NotCheckedError("the AWS at this endpoint is in memory: there is no API server behind its cluster")
    access = cluster["resourcesVpcConfig"]
    if not access.get("endpointPublicAccess", False):
        advice = f"It answers only within the VPC. Repeat the command there, or give a tunnel: {_TUNNEL}"
    else:
        advice = f"It answers the VPC and {', '.join(access.get('publicAccessCidrs', ()))}. From elsewhere: {_TUNNEL}"
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder, "ca.crt")
        authority.write_bytes(base64.b64decode(cluster["certificateAuthority"]["data"]))
        configuration = Configuration(
            host=endpoint, api_key={"BearerToken": f"Bearer {cluster_token(aws, cluster['name'])}"}
        )
        configuration.ssl_ca_cert = str(authority)
        configuration.retries = False
        configuration.proxy = proxy_for(endpoint)
        yield KubernetesApi(ApiClient(configuration), advice=advice)


# It is taken as it comes: what is no kubeconfig fails wherever it is first looked into.
_NO_KUBECONFIG = (OSError, ValueError, LookupError, TypeError, AttributeError)


def kubeconfig_api(path: Path, context: str | None) -> KubernetesApi:
    """The API of a cluster that a kubeconfig file names. Raises OpsError where the file cannot be used."""
    import yaml  # noqa: PLC0415
    from kubernetes import config  # type: ignore[import-untyped]  # noqa: PLC0415
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

    configuration = Configuration()
    configuration.proxy = None  # the file may name one
    try:
        config.load_kube_config(
            config_file=str(path), context=context, client_configuration=configuration, persist_config=False
        )
    except (config.ConfigException, yaml.YAMLError, *_NO_KUBECONFIG) as error:
        raise OpsError(f"--kubeconfig {path}: {' '.join(str(error).split())}") from None
    configuration.retries = False
    # The library would take HTTP_PROXY for https:// too, and for this machine.
    configuration.proxy = configuration.proxy or proxy_for(configuration.host)
    return KubernetesApi(ApiClient(configuration), advice=f"Is the tunnel of {path} open?")


def condition(object_: Mapping[str, Any], type_: str) -> tuple[bool, str]:
    """Whether a condition of an object's status is true, and what it says where it is not."""
    for each in object_.get("status", {}).get("conditions", ()):
        if each["type"] == type_:
            said = ": ".join(filter(None, (each.get("reason"), each.get("message"))))
            return each["status"] == "True", said or f"{type_} is {each['status']}"
    return False, f"says nothing of {type_} yet"


def named(object_: Mapping[str, Any]) -> str:
    """An object's name."""
    name: str = object_["metadata"]["name"]
    return name
