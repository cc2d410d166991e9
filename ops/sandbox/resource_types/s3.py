"""Buckets."""

from __future__ import annotations

import json
from typing import Any

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again

_MAXIMUM_NAME = 63
_CONFIGURATION = (
    "BucketEncryption",
    "LifecycleConfiguration",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
)


class Bucket(ResourceType):
    name = "AWS::S3::Bucket"
    in_place = (again(lambda request, physical: _configure(request, physical.ref), *_CONFIGURATION),)

    def create(self, request: Request) -> Physical:
        properties, region = request.properties, request.region
        bucket = properties.get("BucketName") or request.name(limit=_MAXIMUM_NAME, lower=True)
        place = {} if region.name == "us-east-1" else {"LocationConstraint": region.name}
        if properties.get("AccessControl", "Private") != "Private":
            raise ValueError("a bucket that is not private is not known to the sandbox")
        ownership = properties.get("OwnershipControls", {}).get("Rules", [{}])[0]
        request.aws.call(
            "s3",
            "create_bucket",
            Bucket=bucket,
            **({"CreateBucketConfiguration": place} if place else {}),
            **({"ObjectOwnership": ownership["ObjectOwnership"]} if ownership else {}),
        )
        request.made(Physical(ref=bucket))
        _configure(request, bucket)
        return Physical(
            ref=bucket,
            attributes={
                "Arn": f"arn:{region.partition}:s3:::{bucket}",
                "DomainName": f"{bucket}.s3.{region.dns_suffix}",
                "RegionalDomainName": f"{bucket}.s3.{region.name}.{region.dns_suffix}",
            },
        )

    def delete(self, deletion: Deletion) -> None:
        # A bucket that is not empty stays, as in AWS: emptying it is the template's business.
        deletion.call("s3", "delete_bucket", Bucket=deletion.ref)


class BucketPolicy(ResourceType):
    name = "AWS::S3::BucketPolicy"
    in_place = (again(lambda request, _: _put_policy(request), "PolicyDocument"),)

    def create(self, request: Request) -> Physical:
        _put_policy(request)
        return Physical(ref=request.properties["Bucket"])

    def delete(self, deletion: Deletion) -> None:
        deletion.call("s3", "delete_bucket_policy", Bucket=deletion.ref)


def _configure(request: Request, bucket: str) -> None:
    properties = request.properties

    def put(operation: str, **arguments: Any) -> None:
        request.aws.call_with_properties("s3", operation, arguments, Bucket=bucket)

    if "BucketEncryption" in properties:
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                **{name: rule[name] for name in rule if name != "ServerSideEncryptionByDefault"},
            }
            for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        ]
        put("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": rules})
    if "PublicAccessBlockConfiguration" in properties:
        put(
            "put_public_access_block",
            PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
        )
    if "VersioningConfiguration" in properties:
        put("put_bucket_versioning", VersioningConfiguration=properties["VersioningConfiguration"])
    if "LifecycleConfiguration" in properties:
        rules = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        put("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})
    if "Tags" in properties:
        put("put_bucket_tagging", Tagging={"TagSet": properties["Tags"]})


def _put_policy(request: Request) -> None:
    policy = json.dumps(request.properties["PolicyDocument"])
    request.aws.call("s3", "put_bucket_policy", Bucket=request.properties["Bucket"], Policy=policy)


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule in the words of S3's API: CloudFormation has flat members where S3 has structures."""
    converted = dict(rule)
    converted["Filter"] = {"Prefix": converted.pop("Prefix", "")}
    if "Id" in converted:
        converted["ID"] = converted.pop("Id")
    if "ExpirationInDays" in converted:
        converted["Expiration"] = {"Days": converted.pop("ExpirationInDays")}
    return converted
