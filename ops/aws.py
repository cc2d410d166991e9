"""AWS as the commands see it: one account, one region, boto3's own retries, and errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]
import botocore.config
import botocore.session
from botocore.exceptions import ClientError

from ops.aws_errors import CALL_ERRORS, AwsError, Kind, explain
from ops.credentials import read_credentials
from settings import PARTITIONS

T = TypeVar("T")

# Three tries with a growing pause, for throttling and passing faults alike.
_CONFIG = botocore.config.Config(
    retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=10, read_timeout=30
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Clients of one region. They raise botocore's own errors, which ``explain`` puts into words."""

    session: boto3.Session
    region: str
    account: str = ""
    arn: str = ""
    """Who calls."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Any:
        """The client of a service; made once."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, region_name=self.region, config=_CONFIG)
        return self._clients[service]

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """Every item of a paginated answer."""
        for page in self.client(service).get_paginator(operation).paginate(**parameters):
            yield from page.get(key) or ()

    @property
    def partition(self) -> str:
        """The partition that the credentials belong to."""
        return self.arn.split(":")[1] if self.arn else ""

    @property
    def endpoint(self) -> str:
        """Where calls go."""
        url: str = self.client("sts").meta.endpoint_url
        return url

    @property
    def in_memory(self) -> bool:
        """Whether this is no AWS at all but something on this machine that answers like it."""
        return is_loopback(self.endpoint)


def connect(*, region: str, partition: str, profile: str | None = None) -> Aws:
    """Find out who calls.

    Raises AwsError where nobody does: no credentials, expired ones, ones of another partition.
    """
    try:
        # The chain of credentials is botocore's own: environment, profile, single sign-on, instance or container.
        session = boto3.Session(profile_name=profile)
        read_credentials(session)
        aws = Aws(session=session, region=region)
        identity = aws.client("sts").get_caller_identity()
    except CALL_ERRORS as error:
        explained = explain(error)
        if explained.kind is Kind.UNKNOWN_CREDENTIALS:
            explained = _of_another_partition(session, partition) or explained
        raise explained from None
    except ValueError as error:
        # botocore reads numbers and addresses of the environment only when it makes a client.
        raise AwsError(
            f"the AWS configuration cannot be used: {error}. Look at the variables AWS_… and ~/.aws/config.",
            Kind.CREDENTIALS,
        ) from None
    return Aws(session=session, region=region, account=identity["Account"], arn=identity["Arn"])


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or host.startswith("127.")


def found(call: Callable[..., T], *absent: str, **parameters: Any) -> T | None:
    """What a call answers, or None where AWS says with one of these codes that there is no such thing."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        raise


def _of_another_partition(session: boto3.Session, partition: str) -> AwsError | None:
    """Each partition has accounts of its own, and says of another's credentials only that they are invalid."""
    for other in PARTITIONS.values():
        if other.name == partition:
            continue
        try:
            sts = session.client("sts", region_name=other.default_region, config=_CONFIG)
            arn = sts.get_caller_identity()["Arn"]
        except CALL_ERRORS:
            continue
        return AwsError(
            f"these credentials are of the partition {other.name} ({arn}), but the settings say {partition}. "
            f"Give --context partition={other.name}, or credentials of {partition}.",
            Kind.UNKNOWN_CREDENTIALS,
        )
    return None
