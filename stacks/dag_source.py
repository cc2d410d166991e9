"""DagSource: the repository that DAGs come from."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import NestedStack
from aws_cdk import aws_kms as kms

from airflow_eks.dag_repository import DagRepository
from airflow_eks.tags import charge_to
from constructs import Construct
from settings import Settings
from stacks.removal import Removal

SEED = Path(__file__).parent.parent / "dags"


class DagSource(NestedStack):
    """A CodeCommit repository, made and seeded with the sample DAGs."""

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, key: kms.IKey) -> None:
        super().__init__(scope, id_, description="DagSource: the repository of the DAGs")
        charge_to(self, "dags")
        made = DagRepository(
            self,
            "DagRepository",
            name=f"{settings.name}-dags",
            branch=settings.dags.branch,
            seed=SEED,
            key=key,
            removal_policy=Removal.of(settings).everything_else,
        )
        self.name: str = made.repository.repository_name
