"""What the cases of moto_cases*.py share: clients, and things to ask about."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

CHINA = "cn-north-1"
Clients = Callable[[str], Any]
"""Gives the client of a service in Beijing."""


def new_name() -> str:
    """A name that nothing has yet."""
    return f"x{uuid.uuid4().hex[:10]}"


def new_subnet(clients: Clients) -> str:
    """A subnet in a VPC of its own."""
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    return subnet


def new_cluster(clients: Clients, version: str = "1.36") -> dict[str, Any]:
    """A cluster."""
    cluster: dict[str, Any] = clients("eks").create_cluster(
        name=new_name(),
        version=version,
        roleArn="arn:aws-cn:iam::123456789012:role/x",
        resourcesVpcConfig={"subnetIds": [new_subnet(clients)]},
        logging={"clusterLogging": [{"types": ["api"], "enabled": True}]},
    )["cluster"]
    return cluster


def refuses(operation: Callable[..., Any], **arguments: Any) -> bool:
    """Whether AWS answers with an error."""
    try:
        operation(**arguments)
    except ClientError:
        return True
    return False
