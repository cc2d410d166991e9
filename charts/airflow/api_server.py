"""The API server's side of the load balancer: what it believes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from charts.airflow.inputs import LoadBalancer
from settings.ingress import IngressSettings, OidcSettings

_WEBSERVER_CONFIG = Path(__file__).with_name("webserver_config.py")

LIFE_SECONDS = 30
"""How long a pod that ends lives on at the most: Kubernetes' default, which the chart does not change."""
_LEAVE_SECONDS = 20


def behind_load_balancer(*, ingress: IngressSettings, load_balancer: LoadBalancer) -> dict[str, Any]:
    """Values of the chart's ``apiServer``."""
    # A pod that ends goes on answering until the load balancer sends it nothing more. Airflow's chart leaves the pod 30
    # seconds in all: the rest is for the requests that it has.
    values: dict[str, Any] = {
        "containerLifecycleHooks": {"preStop": {"exec": {"command": ["sleep", str(_LEAVE_SECONDS)]}}}
    }
    environment: dict[str, str] = {}
    if ingress.has_https:
        # The load balancer ends TLS. Airflow marks its cookies as secure only if it knows that there is any.
        values["args"] = ["bash", "-c", "exec airflow api-server --proxy-headers"]
        # Whoever reaches the pods' port: the load balancer's addresses change. All that is believed is the scheme, and
        # the client's address, which goes into the access log.
        environment["FORWARDED_ALLOW_IPS"] = "*"
    if ingress.oidc and ingress.oidc.airflow_login == "identity":
        values["apiServerConfig"] = _WEBSERVER_CONFIG.read_text(encoding="utf-8")
        environment |= _identity(ingress.oidc, load_balancer)
    if environment:
        values["env"] = [{"name": name, "value": value} for name, value in environment.items()]
    return values


def _identity(oidc: OidcSettings, load_balancer: LoadBalancer) -> dict[str, str]:
    return {
        "LOAD_BALANCER_ARN_PREFIX": load_balancer.arn_prefix,
        "LOAD_BALANCER_KEYS_URL": load_balancer.keys_url,
        "OIDC_ISSUER": oidc.issuer,
        "OIDC_CLIENT_ID": oidc.client_id,
        "OIDC_DEFAULT_ROLE": oidc.default_role,
        "OIDC_ADMINISTRATORS": ",".join(oidc.administrators),
    }
