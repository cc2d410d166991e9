"""The repository in Amazon ECR that holds images with packages."""

from __future__ import annotations

import base64
from typing import Any

from ops.aws import Aws, found
from settings import ImageReference

_ABSENT = ("RepositoryNotFoundException", "ImageNotFoundException")


def has_image(aws: Aws, image: ImageReference) -> bool:
    """Whether an image is in the registry, by its tag."""
    tags = [{"imageTag": image.tag}]
    ecr = aws.client("ecr")
    return found(ecr.describe_images, *_ABSENT, repositoryName=image.path, imageIds=tags) is not None


def make_repository(aws: Aws, image: ImageReference) -> bool:
    """Make the image's repository where there is none; it outlives every deployment, as the CDK's bootstrap does.

    A tag in it never comes to mean another image, every image is scanned as it comes in, and all is encrypted at rest.
    """
    ecr = aws.client("ecr")
    if found(ecr.describe_repositories, "RepositoryNotFoundException", repositoryNames=[image.path]):
        return False
    made: Any = found(
        ecr.create_repository,
        "RepositoryAlreadyExistsException",  # somebody else was as quick
        repositoryName=image.path,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "AES256"},
    )
    return made is not None


def password(aws: Aws) -> str:
    """What Docker signs in with as ``AWS``, for twelve hours."""
    token = aws.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]
