"""What the Airflow chart needs to know of the resources around it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SecretArns:
    """Secrets Manager secrets that become Kubernetes Secrets."""

    database: str
    """JSON with ``username`` and ``password``: the database's own login, which Amazon RDS changes by itself."""
    pooler: str
    """JSON with ``username`` and ``password``: what Airflow gives the pooler."""
    broker: str
    """The AUTH token, as it is."""
    fernet: str
    """43 characters of URL-safe base64 alphabet; with one ``=`` they are the 32 bytes of a Fernet key."""
    api: str
    jwt: str
    admin: str
    """JSON with ``username`` and ``password``."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every ARN, for the policy of who reads them."""
        return (self.database, self.pooler, self.broker, self.fernet, self.api, self.jwt, self.admin)


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where database, queue and buckets are."""

    database_host: str
    database_name: str
    broker_host: str
    log_bucket: str
    spark_bucket: str | None = None
    """None where there is no Spark."""


@dataclass(frozen=True, kw_only=True)
class DagVolume:
    """The file system that carries the DAGs, and the access point that all pods enter it by."""

    file_system_id: str
    access_point_id: str


@dataclass(frozen=True, kw_only=True)
class DagRepository:
    """The repository that the DAGs come from."""

    url: str
    region: str
    credentials: Literal["codecommit", "none", "password", "ssh-key"]
    """How it is read: with the pod's own identity, by everybody, or with what is in a secret."""
    secret_arn: str | None = None
    """The secret, where it is read with one."""
    known_hosts: str | None = None
    """The host's public keys, where it is read by SSH."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """What the load balancer is given from outside the cluster."""

    name: str

    subnet_ids: tuple[str, ...] = ()
    """Subnets to name; none where the controller finds them by their tags."""
    certificate_arn: str | None = None
    """Certificate of its HTTPS listener."""
    web_acl_arn: str | None = None
    """Web ACL of AWS WAF before it."""
    arn_prefix: str
    """What the ARN of each Application Load Balancer of this account and region begins with."""
    keys_url: str
    """Where the public keys are that load balancers of this region sign with."""
