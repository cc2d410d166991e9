"""What the AWS Load Balancer Controller may do."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from airflow_eks.iam import allow

_CLUSTER_TAG = "elbv2.k8s.aws/cluster"


def load_balancer_controller_statements(
    *, cluster_name: str, region: str, vpc_id: str, web_acl: bool
) -> list[iam.PolicyStatement]:
    """The controller's published policy, narrowed to this cluster, this VPC, and Application Load Balancers.

    Shield, Cognito and server certificates are left out with the features that need them; so is AWS WAF, unless there
    is a web ACL of the deployment's.
    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/installation/#configure-iam
    """
    elb = f"arn:{Aws.PARTITION}:elasticloadbalancing:{region}:{Aws.ACCOUNT_ID}"
    security_groups = f"arn:{Aws.PARTITION}:ec2:{region}:{Aws.ACCOUNT_ID}:security-group/*"
    vpc = f"arn:{Aws.PARTITION}:ec2:{region}:{Aws.ACCOUNT_ID}:vpc/{vpc_id}"
    # Load balancers, listeners and rules get their ids from AWS: the cluster's tag is what tells ours from others.
    balancers = [f"{elb}:loadbalancer/app/*", f"{elb}:targetgroup/*"]
    listeners = [f"{elb}:listener/app/*", f"{elb}:listener-rule/app/*"]
    tagged = {"StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": cluster_name}}
    tagging = {"StringEquals": {f"aws:RequestTag/{_CLUSTER_TAG}": cluster_name}}
    return [
        *(_web_acl_statements(region, balancers[0], tagged) if web_acl else ()),
        allow(
            "FindNetworkAndLoadBalancers",
            [
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcs",
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:DescribeCapacityReservation",
                "elasticloadbalancing:DescribeListenerAttributes",
                "elasticloadbalancing:DescribeListenerCertificates",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeSSLPolicies",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
                "elasticloadbalancing:DescribeTrustStores",
            ],
            # Describe actions of EC2 and Elastic Load Balancing take no resource.
            ["*"],
        ),
        # Finding a certificate by host name means listing them, which takes no resource.
        allow("FindCertificates", ["acm:ListCertificates", "acm:DescribeCertificate"], ["*"]),
        allow("MakeSecurityGroup", ["ec2:CreateSecurityGroup"], [security_groups], tagging),
        allow("MakeSecurityGroupInVpc", ["ec2:CreateSecurityGroup"], [vpc]),
        allow(
            "TagNewSecurityGroup",
            ["ec2:CreateTags"],
            [security_groups],
            {"StringEquals": {**tagging["StringEquals"], "ec2:CreateAction": "CreateSecurityGroup"}},
        ),
        allow(
            "OpenPortsToPods",
            ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            # The nodes' security group is EKS' own and carries no tag of the controller's: the VPC bounds it.
            [security_groups],
            {"ArnEquals": {"ec2:Vpc": vpc}},
        ),
        allow(
            "KeepOwnSecurityGroups",
            ["ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup"],
            [security_groups],
            tagged,
        ),
        allow(
            "MakeLoadBalancers",
            ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            balancers,
            tagging,
        ),
        allow(
            "TagNewLoadBalancers",
            ["elasticloadbalancing:AddTags"],
            balancers,
            {
                "StringEquals": {
                    **tagging["StringEquals"],
                    "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"],
                }
            },
        ),
        allow(
            "MakeListeners",
            ["elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"],
            [*balancers, *listeners],
            {"StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": cluster_name}},
        ),
        allow(
            "TagNewListeners",
            ["elasticloadbalancing:AddTags"],
            listeners,
            {
                "StringEquals": {
                    **tagging["StringEquals"],
                    "elasticloadbalancing:CreateAction": ["CreateListener", "CreateRule"],
                }
            },
        ),
        allow(
            "KeepOwnLoadBalancers",
            [
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:ModifyCapacityReservation",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:RegisterTargets",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:RemoveTags",
                "elasticloadbalancing:SetIpAddressType",
                "elasticloadbalancing:SetRulePriorities",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            [*balancers, *listeners],
            tagged,
        ),
        allow(
            "MakeServiceLinkedRole",
            ["iam:CreateServiceLinkedRole"],
            [f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"],
            {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
    ]


def _web_acl_statements(
    region: str, load_balancers: str, tagged: Mapping[str, Mapping[str, str]]
) -> list[iam.PolicyStatement]:
    """Put a web ACL before a load balancer, and take it away.

    https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
    """
    # The ACL comes after this policy, with Airflow: its id is not known yet, nor is the load balancer's. AWS WAF says
    # of no tag that it looks at it here; which load balancers are meant is bounded by the second statement.
    acls = f"arn:{Aws.PARTITION}:wafv2:{region}:{Aws.ACCOUNT_ID}:regional/webacl/*"
    return [
        allow(
            "PutWebAclBeforeLoadBalancer",
            ["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"],
            [acls, load_balancers],
        ),
        allow("SetWebAclOfLoadBalancer", ["elasticloadbalancing:SetWebAcl"], [load_balancers], tagged),
    ]
