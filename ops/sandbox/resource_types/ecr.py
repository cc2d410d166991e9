"""Container repositories."""

from __future__ import annotations

from ops.sandbox.inputs import text
from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.tagging import tags


class Repository(ResourceType):
    name = "AWS::ECR::Repository"
    in_place = (tags("ecr", "{physical[Arn]}"),)

    def create(self, request: Request) -> Physical:
        properties = request.properties
        repository = properties.get("RepositoryName") or request.name(lower=True)
        created = request.call(
            "ecr",
            "create_repository",
            "EncryptionConfiguration",
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "Tags",
            repositoryName=repository,
        )["repository"]
        request.made(Physical(ref=repository))
        if "LifecyclePolicy" in properties:
            policy = properties["LifecyclePolicy"]["LifecyclePolicyText"]
            request.aws.call("ecr", "put_lifecycle_policy", repositoryName=repository, lifecyclePolicyText=policy)
        if "RepositoryPolicyText" in properties:
            policy = text(properties["RepositoryPolicyText"])
            request.aws.call("ecr", "set_repository_policy", repositoryName=repository, policyText=policy)
        return Physical(
            ref=repository,
            attributes={"Arn": created["repositoryArn"], "RepositoryUri": created["repositoryUri"]},
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ecr", "delete_repository", repositoryName=deletion.ref)
