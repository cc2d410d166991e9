"""The repository that DAGs are pushed to: AWS CodeCommit."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_kms as kms
from aws_cdk.aws_s3_assets import Asset

from airflow_eks.stack_id import name_with_stack_id
from constructs import Construct


class DagRepository(Construct):
    """A repository that is seeded once, when it is made; from then on it is its users'.

    A part of the stack's id is in its name: one that an earlier deployment kept is in no way.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        branch: str,
        seed: Path,
        key: kms.IKey,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id_)
        self.repository = codecommit.Repository(
            self,
            "Repository",
            repository_name=name_with_stack_id(name),
            description="Airflow DAGs; git-sync brings every push to the cluster",
            code=codecommit.Code.from_asset(
                Asset(self, "Seed", path=str(seed), exclude=["__pycache__", "*.pyc", ".*"]), branch
            ),
            kms_key=key,
        )
        self.repository.apply_removal_policy(removal_policy)
