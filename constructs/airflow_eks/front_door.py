"""What stands before the load balancer, which its controller makes: certificate, web ACL, and the name."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_wafv2 as wafv2

from airflow_eks.load_balancer_host import load_balancer_host
from constructs import Construct

# Airflow's API takes bodies of any size: the configuration of a run, variables, connections.
_ONLY_COUNTED = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
_MANAGED_RULES = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
)
_RECORD_SECONDS = "60"


class DomainCertificate(Construct):
    """A certificate for one host name, validated by a record that AWS Certificate Manager makes in the hosted zone."""

    def __init__(self, scope: Construct, id_: str, *, domain: str, hosted_zone_id: str) -> None:
        super().__init__(scope, id_)
        certificate = acm.CfnCertificate(
            self,
            "Certificate",
            domain_name=domain,
            validation_method="DNS",
            domain_validation_options=[
                acm.CfnCertificate.DomainValidationOptionProperty(domain_name=domain, hosted_zone_id=hosted_zone_id)
            ],
        )
        self.arn = certificate.ref


class WebAcl(Construct):
    """AWS WAF: AWS' managed rules, and a limit of requests per address within five minutes."""

    def __init__(self, scope: Construct, id_: str, *, name: str, rate_limit: int) -> None:
        super().__init__(scope, id_)
        managed = [self._managed(group, priority) for priority, group in enumerate(_MANAGED_RULES, start=1)]
        acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            scope="REGIONAL",
            description=f"Before the load balancer of {name}",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=self._metric(name),
            rules=[
                wafv2.CfnWebACL.RuleProperty(
                    name="RateLimit",
                    priority=0,
                    action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                    statement=wafv2.CfnWebACL.StatementProperty(
                        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                            aggregate_key_type="IP", limit=rate_limit
                        )
                    ),
                    visibility_config=self._metric("RateLimit"),
                ),
                *managed,
            ],
        )
        self.arn = acl.attr_arn

    def _managed(self, group: str, priority: int) -> wafv2.CfnWebACL.RuleProperty:
        overrides = [
            wafv2.CfnWebACL.RuleActionOverrideProperty(
                name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
            )
            for rule in _ONLY_COUNTED.get(group, ())
        ]
        return wafv2.CfnWebACL.RuleProperty(
            name=group,
            priority=priority,
            override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
            statement=wafv2.CfnWebACL.StatementProperty(
                managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS", name=group, rule_action_overrides=overrides or None
                )
            ),
            visibility_config=self._metric(group),
        )

    def _metric(self, name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
        return wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=name
        )


class DomainRecord(Construct):
    """The record that leads from the host name to the load balancer.

    The load balancer's name is asked of the cluster once it has one of the scheme.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        domain: str,
        hosted_zone_id: str,
        namespace: str,
        ingress: str,
        scheme: str,
    ) -> None:
        super().__init__(scope, id_)
        host = load_balancer_host(self, cluster=cluster, namespace=namespace, ingress=ingress, scheme=scheme)
        route53.CfnRecordSet(
            self,
            "Record",
            hosted_zone_id=hosted_zone_id,
            name=domain,
            type="CNAME",
            ttl=_RECORD_SECONDS,
            resource_records=[host.value],
        )
