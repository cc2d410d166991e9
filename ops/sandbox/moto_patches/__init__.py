"""What moto 5.2.5 lacks or gets wrong, mended: a module for each service, a function for each thing.

Each says what moto does. ``tests/sandbox/test_moto_patches.py`` asks unmended moto for the same, and fails when moto
has mended it itself.
"""

from __future__ import annotations

from ops.sandbox.lambda_runtime import Functions
from ops.sandbox.moto_patches import (
    budgets,
    cloudwatch,
    codecommit,
    dns_suffix,
    ec2,
    efs,
    eks,
    elasticache,
    elbv2,
    fleets,
    iam,
    instance_types,
    lambda_invocation,
    node_images,
    rds,
    route53,
    s3,
)


def apply(functions: Functions) -> None:
    """Mend moto in this process."""
    budgets.apply()
    cloudwatch.apply()
    codecommit.apply()
    dns_suffix.apply()
    ec2.apply()
    efs.apply()
    eks.apply()
    elasticache.apply()
    elbv2.apply()
    fleets.apply()
    iam.apply()
    instance_types.apply()
    lambda_invocation.apply(functions)
    node_images.apply()
    rds.apply()
    route53.apply()
    s3.apply()
