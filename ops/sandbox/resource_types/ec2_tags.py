"""Tags of EC2 resources."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Request


def tag(request: Request, id_: str) -> None:
    """Give an EC2 resource the tags of its properties and of its stack."""
    tags = {key: value for key, value in request.tags.items() if not key.startswith("aws:")}
    tags |= {item["Key"]: item["Value"] for item in request.properties.get("Tags", [])}
    if tags:
        request.aws.call(
            "ec2", "create_tags", Resources=[id_], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )
