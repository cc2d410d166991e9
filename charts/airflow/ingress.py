"""The load balancer before Airflow, as annotations that the AWS Load Balancer Controller reads.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
"""

from __future__ import annotations

import json
from typing import Any

from charts.airflow.api_server import LIFE_SECONDS
from charts.airflow.inputs import LoadBalancer
from charts.load_balancer_controller import INGRESS_CLASS
from settings.ingress import IngressSettings, OidcSettings

INGRESS = "airflow-ingress"
"""The name that Airflow's chart gives it."""
OIDC_CLIENT = "airflow-oidc-client"
"""The Secret with the client's id and secret, which the controller reads."""

_PREFIX = "alb.ingress.kubernetes.io"
# TLS 1.3, and 1.2 for who has no newer; forward secrecy only.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
_HEALTH_PATH = "/api/v2/monitor/health"


def load_balancer_name(deployment: str) -> str:
    """The load balancer's name, by which its metrics are found. Elastic Load Balancing takes 32 characters."""
    return f"airflow-{deployment}"


def ingress_values(*, ingress: IngressSettings, load_balancer: LoadBalancer) -> dict[str, Any]:
    """The chart's ``ingress`` value."""
    listeners = [{"HTTP": 80}]
    annotations = {
        f"{_PREFIX}/scheme": ingress.effective_scheme,
        f"{_PREFIX}/load-balancer-name": load_balancer.name,
        f"{_PREFIX}/target-type": "ip",
        f"{_PREFIX}/healthcheck-path": _HEALTH_PATH,
        # A target that leaves gets no new request, and may answer those that it has for as long as its pod lives on.
        f"{_PREFIX}/target-group-attributes": f"deregistration_delay.timeout_seconds={LIFE_SECONDS}",
        # A log that is being followed keeps its connection open for as long as nothing is written.
        f"{_PREFIX}/load-balancer-attributes": "idle_timeout.timeout_seconds=300,"
        "routing.http.drop_invalid_header_fields.enabled=true",
    }
    if load_balancer.certificate_arn:
        listeners.append({"HTTPS": 443})
        annotations |= {
            f"{_PREFIX}/certificate-arn": load_balancer.certificate_arn,
            f"{_PREFIX}/ssl-policy": _TLS_POLICY,
            f"{_PREFIX}/ssl-redirect": "443",
        }
    annotations[f"{_PREFIX}/listen-ports"] = json.dumps(listeners)
    if ingress.allowed_cidrs:
        annotations[f"{_PREFIX}/inbound-cidrs"] = ",".join(ingress.allowed_cidrs)
    if load_balancer.subnet_ids:
        annotations[f"{_PREFIX}/subnets"] = ",".join(load_balancer.subnet_ids)
    if load_balancer.web_acl_arn:
        annotations[f"{_PREFIX}/wafv2-acl-arn"] = load_balancer.web_acl_arn
    if ingress.oidc:
        annotations |= _sign_in(ingress.oidc)
    host = [{"name": ingress.domain, "tls": {"enabled": False}}] if ingress.domain else []
    return {
        "apiServer": {
            "enabled": True,
            "ingressClassName": INGRESS_CLASS,
            "path": "/",
            "pathType": "Prefix",
            "annotations": annotations,
            "hosts": host,
        }
    }


def _sign_in(oidc: OidcSettings) -> dict[str, str]:
    provider = {
        "issuer": oidc.issuer,
        "authorizationEndpoint": oidc.authorization_endpoint,
        "tokenEndpoint": oidc.token_endpoint,
        "userInfoEndpoint": oidc.user_info_endpoint,
        "secretName": OIDC_CLIENT,
    }
    return {
        f"{_PREFIX}/auth-type": "oidc",
        f"{_PREFIX}/auth-idp-oidc": json.dumps(provider),
        f"{_PREFIX}/auth-scope": oidc.scope,
        f"{_PREFIX}/auth-session-timeout": str(oidc.session_hours * 3600),
        f"{_PREFIX}/auth-on-unauthenticated-request": "authenticate",
    }
