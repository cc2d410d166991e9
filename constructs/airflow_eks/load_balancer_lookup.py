"""The load balancer that the AWS Load Balancer Controller has made, as CloudWatch names it."""

from __future__ import annotations

from aws_cdk import Duration, Fn
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import custom_resources as custom

from airflow_eks.iam import allow
from airflow_eks.load_balancer_host import load_balancer_host
from airflow_eks.log_groups import HANDLER_LOG_RETENTION_DAYS, OwnedLogGroup, retention
from constructs import Construct


class LoadBalancerLookup(Construct):
    """The dimensions of the load balancer's metrics.

    The ingress says when there is a load balancer; then Elastic Load Balancing is asked, by the name that the ingress
    gives it. Its host name is part of the question's identity: another load balancer is asked for anew.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        namespace: str,
        ingress: str,
        scheme: str,
        name: str,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        host = load_balancer_host(self, cluster=cluster, namespace=namespace, ingress=ingress, scheme=scheme)
        self._identity = host.value
        self._logs = OwnedLogGroup(self, "HandlerLogs", retention=retention(HANDLER_LOG_RETENTION_DAYS), key=key)
        load_balancer = self._ask(
            "LoadBalancer", "DescribeLoadBalancers", {"Names": [name]}, "LoadBalancers.0.LoadBalancerArn"
        )
        target_group = self._ask(
            "TargetGroup", "DescribeTargetGroups", {"LoadBalancerArn": load_balancer}, "TargetGroups.0.TargetGroupArn"
        )
        # arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/airflow/0123456789abcdef
        self.load_balancer = Fn.select(1, Fn.split("loadbalancer/", load_balancer))
        # arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/airflow/0123456789abcdef
        self.target_group = Fn.select(5, Fn.split(":", target_group))

    @property
    def load_balancer_dimensions(self) -> dict[str, str]:
        """Of what comes in."""
        return {"LoadBalancer": self.load_balancer}

    @property
    def target_group_dimensions(self) -> dict[str, str]:
        """Of what answers."""
        return {"TargetGroup": self.target_group, "LoadBalancer": self.load_balancer}

    def _ask(self, id_: str, action: str, parameters: dict[str, object], path: str) -> str:
        question = custom.AwsCustomResource(
            self,
            id_,
            resource_type=f"Custom::{id_}Lookup",
            on_update=custom.AwsSdkCall(
                service="@aws-sdk/client-elastic-load-balancing-v2",
                action=action,
                parameters=parameters,
                physical_resource_id=custom.PhysicalResourceId.of(self._identity),
                output_paths=[path],
            ),
            policy=custom.AwsCustomResourcePolicy.from_statements([_describe(action)]),
            install_latest_aws_sdk=False,
            log_group=self._logs.log_group,
            timeout=Duration.minutes(1),
        )
        return question.get_response_field(path)


def _describe(action: str) -> iam.PolicyStatement:
    # The Describe actions of Elastic Load Balancing take no resource.
    return allow(action, [f"elasticloadbalancing:{action}"], ["*"])
