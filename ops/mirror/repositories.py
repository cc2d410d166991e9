"""Repositories of Amazon ECR: one for each image and chart. As the CDK's bootstrap, they outlive every deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.aws import Aws, found
from settings.tags import PREFIX

TAG = f"{PREFIX}mirror"
"""Which repositories are the command's own: it changes and removes no others."""
_VALUE = "ops mirror"
_MUTABILITY = "IMMUTABLE"
_SCANNING = {"scanOnPush": True}
# With the key of Amazon ECR: copies of what is public have no secret, a deployment's key would go with the deployment,
# and one of their own would cost by the month. The same is what nodes can read without another permission.
_ENCRYPTION = {"encryptionType": "AES256"}
_UNTAGGED_DAYS = 7
# What an interrupted copy leaves. A platform's manifest has no tag either, but Amazon ECR deletes nothing that an index
# refers to (ImageReferencedByManifestList), by a policy neither:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
_LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "What an interrupted copy has left",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": _UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        }
    ]
}


@dataclass(frozen=True)
class Repository:
    """A repository that is there."""

    name: str
    arn: str
    description: dict[str, Any]


class Repositories:
    """The repositories of an account and region. Its methods raise botocore's errors."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._ecr = aws.client("ecr")

    def ensure(self, name: str) -> list[str]:
        """Make a repository where there is none; what has been done, or should be, in words."""
        there = self._find(name)
        if there is None:
            return self._make(name)
        if not self.is_own(there):
            return [f"{name}: {difference}; left as it is, since another made it" for difference in _differences(there)]
        return self._adjust(there)

    def own(self, prefix: str) -> Iterator[Repository]:
        """Those that this command made, below a prefix."""
        for each in self._aws.pages("ecr", "describe_repositories", "repositories"):
            repository = _repository(each)
            if repository.name.startswith(f"{prefix}/") and self.is_own(repository):
                yield repository

    def is_own(self, repository: Repository) -> bool:
        """Whether this command made it."""
        tags = self._ecr.list_tags_for_resource(resourceArn=repository.arn)["tags"]
        return {"Key": TAG, "Value": _VALUE} in tags

    def remove(self, repository: Repository) -> None:
        """With all that is in it."""
        self._ecr.delete_repository(repositoryName=repository.name, force=True)

    def _find(self, name: str) -> Repository | None:
        answer = found(self._ecr.describe_repositories, "RepositoryNotFoundException", repositoryNames=[name])
        return _repository(answer["repositories"][0]) if answer else None

    def _make(self, name: str) -> list[str]:
        made = found(
            self._ecr.create_repository,
            "RepositoryAlreadyExistsException",  # another image of the same repository was as quick
            repositoryName=name,
            imageTagMutability=_MUTABILITY,
            imageScanningConfiguration=_SCANNING,
            encryptionConfiguration=_ENCRYPTION,
            tags=[{"Key": TAG, "Value": _VALUE}],
        )
        if made is None:
            return []
        self._put_lifecycle(name)
        return [f"made the repository {name}"]

    def _adjust(self, there: Repository) -> list[str]:
        said = []
        if there.description.get("imageTagMutability") != _MUTABILITY:
            self._ecr.put_image_tag_mutability(repositoryName=there.name, imageTagMutability=_MUTABILITY)
            said.append(f"{there.name}: a tag could come to mean another image; set back")
        if there.description.get("imageScanningConfiguration") != _SCANNING:
            self._ecr.put_image_scanning_configuration(repositoryName=there.name, imageScanningConfiguration=_SCANNING)
            said.append(f"{there.name}: images were not scanned when they came; set back")
        policy = found(self._ecr.get_lifecycle_policy, "LifecyclePolicyNotFoundException", repositoryName=there.name)
        if policy is None or json.loads(policy["lifecyclePolicyText"]) != _LIFECYCLE:
            self._put_lifecycle(there.name)
            said.append(f"{there.name}: what interrupted copies leave was not expired; set back")
        return said

    def _put_lifecycle(self, name: str) -> None:
        self._ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(_LIFECYCLE))


def _repository(description: dict[str, Any]) -> Repository:
    return Repository(description["repositoryName"], description["repositoryArn"], description)


def _differences(there: Repository) -> Iterator[str]:
    """Only what a deployment may come to suffer from."""
    if there.description.get("imageTagMutability") != _MUTABILITY:
        yield "its tags can come to mean another image"
    if there.description.get("imageScanningConfiguration") != _SCANNING:
        yield "its images are not scanned when they come"
