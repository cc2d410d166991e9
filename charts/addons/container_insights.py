"""CloudWatch Container Insights: how nodes, pods and containers do, as metrics in CloudWatch."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon, Statement

_NAMESPACE = "amazon-cloudwatch"


def log_group(cluster_name: str, kind: str) -> str:
    """The group in which the console looks for a cluster's logs of a kind."""
    return f"/aws/containerinsights/{cluster_name}/{kind}"


def addon(context: AddonContext) -> EksAddon:
    """EKS offers it in both partitions, and takes its images from where the region has them.

    AWS' own policy for the agent would let it make log groups, which stay behind.
    """
    performance = log_group(context.settings.name, "performance")
    return EksAddon(
        name="amazon-cloudwatch-observability",
        namespace=_NAMESPACE,
        configuration={
            # Metrics, and no traces: without this the agent also collects for Application Signals.
            "agent": {"config": {"logs": {"metrics_collected": {"kubernetes": {"enhanced_container_insights": True}}}}},
            # The add-on brings a Fluent Bit of its own, which makes its groups and keeps what it reads in memory.
            "containerLogs": {"enabled": False},
        },
        service_accounts=("cloudwatch-agent",),
        log_groups=(performance,),
        statements=(
            # Metrics are sent as log events, from which CloudWatch takes them.
            Statement(
                sid="WritePerformanceLogs",
                actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                resources=(context.arn("logs", f"log-group:{performance}:*"),),
            ),
            # These actions take no resource.
            Statement(sid="ReadVolumesAndTags", actions=("ec2:DescribeTags", "ec2:DescribeVolumes"), resources=("*",)),
        ),
    )
