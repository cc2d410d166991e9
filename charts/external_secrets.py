"""External Secrets Operator: writes Kubernetes Secrets from AWS Secrets Manager, so none stands in a template."""

from __future__ import annotations

import cdk8s
import cdk8s_plus_27 as kplus

from charts.helm_release import HelmRelease
from charts.placement import SYSTEM_POOL, node_selector, resources
from constructs import Construct
from settings import Registry

NAMESPACE = "external-secrets"
SERVICE_ACCOUNT = "external-secrets"


class ExternalSecretsChart(cdk8s.Chart):
    """The operator's release, with the kinds that nothing here uses switched off."""

    def __init__(self, scope: Construct, id_: str, *, registry: Registry) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = kplus.Namespace(self, "namespace", metadata=cdk8s.ApiObjectMetadata(name=NAMESPACE))
        image = registry.image("external-secrets")
        same_image = {"repository": image.repository, "tag": image.tag}
        pod = {
            "nodeSelector": node_selector(SYSTEM_POOL),
            "priorityClassName": "system-cluster-critical",
            "resources": resources(cpu="50m", memory="128Mi"),
            "image": same_image,
        }
        # Two replicas of which one stays; the certificate controller runs once and may go at any time.
        replicated = {**pod, "replicaCount": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}}
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart("external-secrets"),
            release="external-secrets",
            namespace=NAMESPACE,
            values={
                **replicated,
                "installCRDs": True,
                "leaderElect": True,
                "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
                # Only SecretStore and ExternalSecret are used, and stores authenticate as the operator itself.
                "processClusterExternalSecret": False,
                "processClusterStore": False,
                "processClusterPushSecret": False,
                "processClusterGenerator": False,
                "processPushSecret": False,
                "rbac": {"serviceAccountTokenCreate": False},
                "webhook": replicated,
                "certController": pod,
            },
        )
        release.add_dependency(namespace)
