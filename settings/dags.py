"""Settings of the DAGs: where they come from, and how they reach the pods."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.section import Section
from settings.types import BranchName, FolderPath, KeyArn, RepositoryName, SecretArn
from settings.urls import GitUrl, KnownHosts

Delivery = Literal["efs", "sidecar", "bundle"]


class GitSettings(Section):
    """A git repository anywhere, instead of AWS CodeCommit."""

    url: GitUrl = Field(description="URL of the repository.")
    secret_arn: SecretArn | None = Field(
        default=None,
        description="ARN of the secret in Secrets Manager to read it with. For `https://`: JSON with `username` and "
        "`password` (a token, mostly); unset for a public repository. For `ssh://`: the private key as it is.",
    )
    secret_key_arn: KeyArn | None = Field(
        default=None, description="KMS key of that secret, where it is not AWS' own `aws/secretsmanager`."
    )
    known_hosts: KnownHosts | None = Field(
        default=None, description="The host's public keys, as `ssh-keyscan` prints them. Needed for `ssh://`."
    )

    @property
    def is_ssh(self) -> bool:
        """Whether it is read by SSH, with a key."""
        return self.url.startswith("ssh://")


class DagSettings(Section):
    """Where DAGs come from, and how they reach the pods."""

    delivery: Delivery = Field(
        default="efs",
        description="`efs`: the DAG processor synchronizes them to a file system that all pods read; `sidecar`: each "
        "pod synchronizes its own copy; `bundle`: Airflow fetches them itself, and each run keeps the version that it "
        "began with.",
    )
    existing_repository: RepositoryName | None = Field(
        default=None,
        description="Name of a CodeCommit repository in the same account and region. Unset: one is made and seeded, "
        "unless `git` is set.",
    )
    existing_repository_key_arn: KeyArn | None = Field(
        default=None,
        description="KMS key of that repository, where it is not AWS' own `aws/codecommit`.",
    )
    git: GitSettings | None = Field(default=None, description="A git repository anywhere, instead of AWS CodeCommit.")
    branch: BranchName = Field(default="main", description="Branch that is synchronized.")
    subdirectory: FolderPath = Field(default="", description="Folder of the DAGs in the repository. Empty: its root.")
    sync_period_seconds: int = Field(default=15, ge=5, le=3600, description="Seconds between two synchronizations.")
