"""CodeCommit repositories, with the files that they are seeded with."""

from __future__ import annotations

import io
import zipfile

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.tagging import tags


class Repository(ResourceType):
    name = "AWS::CodeCommit::Repository"
    in_place = (tags("codecommit", "{physical[Arn]}"),)

    def create(self, request: Request) -> Physical:
        properties = request.properties
        repository = properties["RepositoryName"]
        metadata = request.call(
            "codecommit", "create_repository", "KmsKeyId", "RepositoryDescription", "RepositoryName", "Tags"
        )["repositoryMetadata"]
        request.made(Physical(ref=metadata["repositoryId"]))
        if "Code" in properties:
            _seed(request, repository)
        return Physical(
            ref=metadata["repositoryId"],
            attributes={
                "Arn": metadata["Arn"],
                "CloneUrlHttp": metadata["cloneUrlHttp"],
                "CloneUrlSsh": metadata["cloneUrlSsh"],
                "Name": repository,
            },
        )

    def delete(self, deletion: Deletion) -> None:
        name = deletion.properties["RepositoryName"]
        deletion.call("codecommit", "delete_repository", repositoryName=name)


def _seed(request: Request, repository: str) -> None:
    code = request.properties["Code"]
    place = code["S3"]
    archive = request.aws.call("s3", "get_object", Bucket=place["Bucket"], Key=place["Key"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        request.aws.call(
            "codecommit",
            "create_commit",
            repositoryName=repository,
            branchName=code.get("BranchName", "main"),
            putFiles=[
                {"filePath": name, "fileContent": files.read(name)} for name in files.namelist() if name[-1] != "/"
            ],
        )
