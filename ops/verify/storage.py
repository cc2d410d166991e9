"""Where logs go to and DAGs come from: the bucket and the repository."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ops.aws import found
from ops.checks import Findings, failure, not_checked, ok, verdict
from ops.verify.subject import Deployment

_NO_TLS = {"aws:SecureTransport": "false"}


def log_bucket(subject: Deployment) -> Findings:
    """The bucket of the task logs: closed to the public, to HTTP, and encrypted."""
    s3, bucket = subject.aws.client("s3"), subject.stack.output("LogBucketName")
    check = "log bucket"
    if found(s3.head_bucket, "404", "NoSuchBucket", Bucket=bucket) is None:
        yield failure(
            check, f"{bucket} does not exist", "It was deleted by hand: task logs are lost. Deploy under another name."
        )
        return
    block = found(s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration", Bucket=bucket)
    blocked = block["PublicAccessBlockConfiguration"] if block else {}
    parts = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    faults = [f"{part} is off" for part in parts if not blocked.get(part)]
    policy = found(s3.get_bucket_policy, "NoSuchBucketPolicy", Bucket=bucket)
    if not policy or not any(_denies_http(each) for each in _statements(policy["Policy"])):
        faults.append("its policy does not deny what comes without TLS")
    encryption = found(s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", Bucket=bucket)
    rules = encryption["ServerSideEncryptionConfiguration"]["Rules"] if encryption else []
    if not any(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms" for rule in rules):
        faults.append("it is not encrypted with the deployment's key")
    told = f"{bucket}: not public, TLS only, encrypted with the deployment's key"
    advice = "`cdk deploy` brings back what the stack says; see in CloudTrail who changed it."
    yield verdict(check, told, faults=faults, advice=advice)


def repository(subject: Deployment) -> Findings:
    """The repository of the DAGs: it has a branch, and Python files on it."""
    codecommit, url = subject.aws.client("codecommit"), subject.stack.output("DagRepositoryUrl")
    name = url.rpartition("/")[2]
    check = f"repository {name}"
    if not url.startswith("https://git-codecommit."):
        advice = "See that the DAG processor has brought it: the checks of Airflow below."
        yield not_checked(check, f"{url} is not in AWS CodeCommit", advice)
        return
    push = f"Push your DAGs: git push {url}"
    described = found(codecommit.get_repository, "RepositoryDoesNotExistException", repositoryName=name)
    if described is None:
        yield failure(check, "does not exist", "It was deleted: set dags.existing_repository to another, and deploy.")
        return
    branch = described["repositoryMetadata"].get("defaultBranch")
    if not branch:
        yield failure(check, "is empty: it has no branch", push)
        return
    commit = codecommit.get_branch(repositoryName=name, branchName=branch)["branch"]["commitId"]
    files = codecommit.get_folder(repositoryName=name, commitSpecifier=commit, folderPath="/")
    dags = [each["absolutePath"] for each in files.get("files", ()) if each["absolutePath"].endswith(".py")]
    if dags or files.get("subFolders"):
        yield ok(check, f"branch {branch} at {commit[:8]}, Python files at its root: {len(dags)}")
    else:
        yield failure(check, f"branch {branch} has no Python file", push)


def _statements(policy: str) -> Iterable[Mapping[str, Any]]:
    statements = json.loads(policy)["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _denies_http(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    everybody = principal in ("*", {"AWS": "*"})
    return statement["Effect"] == "Deny" and everybody and statement.get("Condition", {}).get("Bool") == _NO_TLS
