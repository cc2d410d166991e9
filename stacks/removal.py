"""What ``cdk destroy`` does with what holds data."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy

from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The setting ``removal``, as policies of the CDK."""

    database: RemovalPolicy
    everything_else: RemovalPolicy
    keep: bool

    @staticmethod
    def of(settings: Settings) -> Removal:
        """The policies of a deployment."""
        if settings.removal == "destroy":
            return Removal(database=RemovalPolicy.DESTROY, everything_else=RemovalPolicy.DESTROY, keep=False)
        # A database that stayed would hold on to the network, which could then not be deleted: a snapshot does not.
        # What a first deployment that fails had made is empty, and goes again.
        return Removal(
            database=RemovalPolicy.SNAPSHOT, everything_else=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, keep=True
        )
