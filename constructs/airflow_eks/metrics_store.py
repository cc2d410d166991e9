"""Where metrics are kept outside the cluster: a workspace of Amazon Managed Service for Prometheus."""

from __future__ import annotations

from aws_cdk import aws_aps as aps
from aws_cdk import aws_kms as kms

from airflow_eks.tags import charge_to
from constructs import Construct


class MetricsStore(Construct):
    """The workspace, encrypted with the deployment's key. It goes with the deployment, and its metrics with it.

    It has no log group: what a workspace logs is errors of rules and of its Alertmanager, and it has neither. Who makes
    it gives the service its grant on the key, which the account's own policies let CloudFormation do.
    https://docs.aws.amazon.com/prometheus/latest/userguide/encryption-at-rest-Amazon-Service-Prometheus.html
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        workspace = aps.CfnWorkspace(self, "Workspace", alias=name, kms_key_arn=key.key_arn)
        charge_to(self, "monitoring")
        self.arn: str = workspace.attr_arn
        # The endpoint ends in a slash.
        self.remote_write_url = f"{workspace.attr_prometheus_endpoint}api/v1/remote_write"
