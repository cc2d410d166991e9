"""Values of the chart grafana."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from charts.dashboards import HOME
from charts.dashboards.board import CLOUDWATCH, PROMETHEUS
from charts.placement import SERVICES_POOL, node_selector, resources
from charts.scrape import NAMESPACE
from settings import ImageReference

PROMETHEUS_PORT = 9090
# The Service that the operator makes for all of its Prometheus servers.
_PROMETHEUS_URL = f"http://prometheus-operated.{NAMESPACE}.svc:{PROMETHEUS_PORT}"
_SCRAPE_INTERVAL = "60s"

_BOARDS = "/var/lib/grafana/dashboards"
"""Where the chart mounts ConfigMaps of boards, a folder each."""


def grafana_values(
    *, image: ImageReference, region: str, service_account: str, admin_secret: str, config_maps: Mapping[str, str]
) -> dict[str, Any]:
    """Build them. ``config_maps`` has the ConfigMap of each board."""
    return {
        "image": {"registry": image.registry, "repository": image.path, "tag": image.tag_and_digest},
        # It asks Kubernetes nothing.
        "rbac": {"create": False},
        "serviceAccount": {"name": service_account},
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "testFramework": {"enabled": False},
        "replicas": 1,
        "nodeSelector": node_selector(SERVICES_POOL),
        "resources": resources(cpu="100m", memory="512Mi"),
        # The rest of what the namespace asks for is the chart's own.
        "containerSecurityContext": {"readOnlyRootFilesystem": True},
        # Data sources that are programs of their own talk to it by sockets there.
        "extraEmptyDirMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in its container
        "admin": {"existingSecret": admin_secret},
        "envValueFrom": {
            "GF_SECURITY_SECRET_KEY": {"secretKeyRef": {"name": admin_secret, "key": "secret-key"}},
        },
        "grafana.ini": _configuration(),
        "datasources": {"datasources.yaml": {"apiVersion": 1, "prune": True, "datasources": _data_sources(region)}},
        "dashboardProviders": {"boards.yaml": {"apiVersion": 1, "providers": [_PROVIDER]}},
        "dashboardsConfigMaps": dict(config_maps),
    }


def _configuration() -> dict[str, dict[str, Any]]:
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
    return {
        "analytics": {
            "reporting_enabled": False,
            "check_for_updates": False,
            "check_for_plugin_updates": False,
            "feedback_links_enabled": False,
        },
        "news": {"news_feed_enabled": False},
        "security": {
            "disable_gravatar": True,
            "content_security_policy": True,
            # By `kubectl port-forward` the browser sees plain HTTP on its own machine, where not every browser keeps a
            # cookie that is for HTTPS alone. The way from there to the pod is encrypted.
            "cookie_secure": False,
            "cookie_samesite": "strict",
        },
        "users": {"allow_sign_up": False, "allow_org_create": False},
        "auth.anonymous": {"enabled": False},
        "snapshots": {"external_enabled": False},
        "public_dashboards": {"enabled": False},
        # Alarms are CloudWatch's.
        "unified_alerting": {"enabled": False},
        "plugins": {
            # Nothing is fetched from grafana.com: what is shown here needs only what the image has.
            "preinstall_disabled": True,
            "plugin_admin_enabled": False,
            "public_key_retrieval_disabled": True,
            # The data source of CloudWatch may be a program of its own, and finds its credentials in the environment.
            "forward_host_env_vars": CLOUDWATCH,
        },
        # The SDK's own order, in which EKS Pod Identity is.
        "aws": {"allowed_auth_providers": "default", "assume_role_enabled": False},
        "dashboards": {"default_home_dashboard_path": f"{_BOARDS}/{HOME}/{HOME}.json"},
    }


def _data_sources(region: str) -> list[dict[str, Any]]:
    # Not Amazon Managed Prometheus: since Grafana 13 it takes a plugin, which would be fetched from grafana.com.
    # https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/aws-authentication/
    return [
        {
            "name": "Prometheus",
            "uid": PROMETHEUS,
            "type": PROMETHEUS,
            "access": "proxy",
            "url": _PROMETHEUS_URL,
            "isDefault": True,
            "editable": False,
            "jsonData": {"httpMethod": "POST", "timeInterval": _SCRAPE_INTERVAL},
        },
        {
            "name": "CloudWatch",
            "uid": CLOUDWATCH,
            "type": CLOUDWATCH,
            "access": "proxy",
            "editable": False,
            "jsonData": {"authType": "default", "defaultRegion": region},
        },
    ]


_PROVIDER = {
    "name": "airflow-eks",
    "type": "file",
    "folder": "Airflow on EKS",
    "disableDeletion": True,
    "allowUiUpdates": False,
    "options": {"path": _BOARDS, "foldersFromFilesStructure": False},
}
