"""The load balancer before Airflow, as annotations that the AWS Load Balancer Controller reads."""

from __future__ import annotations

import json
from typing import Any

from charts.airflow.inputs import LoadBalancerSubnets
from charts.load_balancer_controller import INGRESS_CLASS
from settings.model import IngressSettings

_PREFIX = "alb.ingress.kubernetes.io"
# TLS 1.3, and 1.2 for who has no newer; forward secrecy only.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
_HEALTH_PATH = "/api/v2/monitor/health"


def ingress_values(*, ingress: IngressSettings, subnets: LoadBalancerSubnets) -> dict[str, Any]:
    """The chart's ``ingress`` value."""
    listeners = [{"HTTP": 80}]
    annotations = {
        f"{_PREFIX}/scheme": ingress.effective_scheme,
        f"{_PREFIX}/target-type": "ip",
        f"{_PREFIX}/healthcheck-path": _HEALTH_PATH,
        # A log that is being followed keeps its connection open for as long as nothing is written.
        f"{_PREFIX}/load-balancer-attributes": "idle_timeout.timeout_seconds=300,"
        "routing.http.drop_invalid_header_fields.enabled=true",
    }
    if ingress.certificate_arn:
        listeners.append({"HTTPS": 443})
        annotations |= {
            f"{_PREFIX}/certificate-arn": ingress.certificate_arn,
            f"{_PREFIX}/ssl-policy": _TLS_POLICY,
            f"{_PREFIX}/ssl-redirect": "443",
        }
    annotations[f"{_PREFIX}/listen-ports"] = json.dumps(listeners)
    if ingress.allowed_cidrs:
        annotations[f"{_PREFIX}/inbound-cidrs"] = ",".join(ingress.allowed_cidrs)
    if subnets.ids:
        annotations[f"{_PREFIX}/subnets"] = ",".join(subnets.ids)
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
