"""Types of single settings: what each accepts, and how a value typed on a command line becomes one.

Each type says in words what it accepts. Error messages and docs/settings.md use the same words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from settings.releases import load_releases

T = TypeVar("T")

# What CloudWatch Logs offers: API reference of PutRetentionPolicy, retentionInDays.
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

# A Graviton family is letters, the generation, a `g` and capabilities: m7g, r8gd, c7gn, im4gn, is4gen.
# A family whose letters end in g before the generation (g5, p4) is something else.
_GRAVITON = re.compile(r"[a-z]+\d+g[a-z]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)")

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
AURORA_FAMILIES = ("t4g", "r6g", "r6gd", "r7g", "r8g", "r8gd", "x2g")
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
# Without r6gd: its data tiering is for large caches, and Celery's queue is not one.
ELASTICACHE_FAMILIES = ("t4g", "m6g", "m7g", "m8g", "r6g", "r7g", "r8g", "c7gn", "c8gn")

UNUSABLE_BLOCKS = {
    "0.0.0.0/8": "this host",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
"""What Amazon VPC refuses: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""

RESERVED_QUEUES = ("default", "main")
"""Airflow's default queue, and the name that its workers have in Airflow's chart."""

_PLAIN: dict[Any, str] = {str: "text", bool: "true or false", dict: "a block of keys and values"}


@dataclass(frozen=True)
class InWords:
    """What a type accepts, as a person says it; it reads well after "must be"."""

    words: str


def in_words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """What a value of this type must be, as it reads after "must be"."""
    metadata = tuple(metadata)
    said = [item.words for item in metadata if isinstance(item, InWords)]
    if said:
        return said[-1]
    arguments = get_args(annotation)
    kind = get_origin(annotation) or annotation
    if kind is Annotated:
        return in_words(arguments[0], (*arguments[1:], *metadata))
    if kind in (Union, UnionType):
        return in_words(next(each for each in arguments if each is not NoneType), metadata)
    words = _PLAIN.get(kind, "a block of settings")
    if kind is Literal:
        words = either(arguments)
    elif kind is tuple:
        words = f"a list, each item {in_words(arguments[0])}"
    elif kind is int:
        low, high = (next(getattr(item, end) for item in metadata if hasattr(item, end)) for end in ("ge", "le"))
        words = f"a whole number from {low} to {high}"
    return words


def either(choices: Sequence[object]) -> str:
    """The choices of a list: ``a, b or c``."""
    *most, last = map(str, choices)
    return f"{', '.join(most)} or {last}" if most else last


def _split(value: Any) -> Any:
    """A list on a command line is comma-separated."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _once(value: tuple[T, ...]) -> tuple[T, ...]:
    """Whom a list names twice is one whom AWS has once; in names of IAM and in addresses, case means nothing."""
    seen: set[str] = set()
    for item in value:
        same = str(item).casefold()
        if same in seen:
            raise ValueError(f"{item} is in the list twice; name it once")
        seen.add(same)
    return value


def _number(value: Any) -> Any:
    """A choice between numbers comes as text from a command line."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _graviton(value: str) -> str:
    if not _GRAVITON.fullmatch(value):
        raise ValueError("not a Graviton (arm64) instance type, like m7g.large, r8g.xlarge or t4g.medium")
    return value


def _of_service(prefix: str, service: str, families: Sequence[str]) -> AfterValidator:
    """An instance type of a service that offers some Graviton families only, with or without the service's prefix."""

    def check(value: str) -> str:
        bare = _graviton(value.removeprefix(prefix))
        if bare.partition(".")[0] not in families:
            raise ValueError(f"{service} offers the Graviton families {either(families)}")
        return bare

    return AfterValidator(check)


def _cidr(value: str) -> str:
    try:
        block = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"not an IPv4 CIDR block, like 10.0.0.0/16 ({error})") from error
    for unusable, what in UNUSABLE_BLOCKS.items():
        if block.subnet_of(ipaddress.IPv4Network(unusable)):
            raise ValueError(f"no host of a network has an address of {unusable} ({what}); name another block")
    return str(block)


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        raise ValueError(f"CloudWatch Logs offers {either(LOG_RETENTION_DAYS)}")
    return value


def _queue_name(value: str) -> str:
    if value in RESERVED_QUEUES:
        raise ValueError("this name is taken: airflow.workers sets the workers of the default queue")
    return value


def _time_zone(value: str) -> str:
    zones = available_timezones()
    # A machine without a database of time zones cannot say no; Airflow has its own.
    if zones and value not in zones:
        raise ValueError("there is no such time zone")
    return value


Items = Annotated[tuple[T, ...], BeforeValidator(_split), AfterValidator(_once)]
Region = Annotated[str, InWords("an AWS region that offers Amazon EKS, like us-west-2")]
ZoneName = Annotated[str, InWords("an availability zone, like us-west-2a")]
KubernetesVersion = Annotated[str, InWords(either(list(load_releases().kubernetes.versions)))]
ZoneCount = Annotated[Literal[2, 3], BeforeValidator(_number)]
GravitonType = Annotated[
    str, AfterValidator(_graviton), InWords("a Graviton instance type, like m7g.large, r8g.xlarge or t4g.medium")
]
DatabaseType = Annotated[
    str,
    _of_service("db.", "Aurora PostgreSQL", AURORA_FAMILIES),
    InWords("a Graviton instance class of Aurora PostgreSQL, like r7g.large or t4g.medium"),
]
CacheType = Annotated[
    str,
    _of_service("cache.", "ElastiCache", ELASTICACHE_FAMILIES),
    InWords("a Graviton node type of ElastiCache, like m7g.large or t4g.small"),
]
Cidr = Annotated[str, AfterValidator(_cidr), InWords("an IPv4 CIDR block, like 10.0.0.0/16")]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention), InWords(either(LOG_RETENTION_DAYS))]
VpcId = Annotated[
    str, Field(pattern=r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$"), InWords("the id of a VPC, like vpc-0123456789abcdef0")
]
SubnetId = Annotated[
    str,
    Field(pattern=r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$"),
    InWords("the id of a subnet, like subnet-0123456789abcdef0"),
]
Arn = Annotated[
    str,
    Field(pattern=r"^arn:aws(-cn)?:iam::\d{12}:(role|user)/.+$"),
    InWords("the ARN of an IAM role or user, like arn:aws:iam::123456789012:role/Admin"),
]
CertificateArn = Annotated[
    str,
    Field(pattern=r"^arn:aws(-cn)?:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+$"),
    InWords("the ARN of an ACM certificate, like arn:aws:acm:us-west-2:123456789012:certificate/01234567-89ab-…"),
]
CpuQuantity = Annotated[
    str,
    Field(pattern=r"^([1-9]\d*m|[1-9]\d*)$"),
    InWords("a number of CPUs, like 2, or of thousandths of one, like 500m"),
]
MemoryQuantity = Annotated[str, Field(pattern=r"^[1-9]\d*(Mi|Gi)$"), InWords("an amount of memory, like 512Mi or 4Gi")]
EmailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), InWords("an e-mail address")]
DeploymentName = Annotated[
    str,
    Field(pattern=r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$"),
    InWords("1 to 20 lower-case letters, digits and hyphens, a letter first and no hyphen last"),
]
QueueName = Annotated[
    str,
    Field(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$"),
    AfterValidator(_queue_name),
    InWords("a queue's name, 1 to 30 lower-case letters, digits and hyphens, a letter first and no hyphen last"),
]
RepositoryName = Annotated[
    str, Field(pattern=r"^[\w.-]{1,100}$"), InWords("1 to 100 letters, digits, dots, hyphens and underscores")
]
BranchName = Annotated[
    str, Field(pattern=r"^[\w./-]{1,100}$"), InWords("1 to 100 letters, digits, dots, slashes, hyphens and underscores")
]
FolderPath = Annotated[
    str, Field(pattern=r"^([\w.-]+(/[\w.-]+)*)?$"), InWords("a path with no slash at its ends, like team/dags")
]
UserName = Annotated[
    str, Field(pattern=r"^[\w.@-]{1,64}$"), InWords("1 to 64 letters, digits, dots, at signs, hyphens and underscores")
]
PersonName = Annotated[
    str, Field(pattern=r"^[\w .-]{1,64}$"), InWords("1 to 64 letters, digits, spaces, dots, hyphens and underscores")
]
HostName = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"),
    InWords("a host name in lower case without http://, like airflow.example.com"),
]
HostedZoneId = Annotated[
    str, Field(pattern=r"^Z[A-Z0-9]{1,31}$"), InWords("the id of a Route 53 hosted zone, like Z0123456789ABCDEFGHIJ")
]
SecretArn = Annotated[
    str,
    Field(pattern=r"^arn:aws(-cn)?:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$"),
    InWords("the ARN of a secret, like arn:aws:secretsmanager:us-west-2:123456789012:secret:oidc-a1b2c3"),
]
KeyArn = Annotated[
    str,
    Field(pattern=r"^arn:aws(-cn)?:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+$"),
    InWords("the ARN of a KMS key, like arn:aws:kms:us-west-2:123456789012:key/01234567-89ab-…"),
]
ClientId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_.:/@-]{1,256}$"),
    InWords("up to 256 letters, digits and the characters . : / @ _ -"),
]
OidcScope = Annotated[
    str,
    Field(pattern=r"^([\w.:/-]+ )*openid( [\w.:/-]+)*$"),
    InWords("scopes with single spaces between them, openid among them"),
]
RepositoryPrefix = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$"),
    InWords("lower-case letters and digits, with single dots, hyphens or underscores between them"),
]
RequirementsFile = Annotated[
    str,
    Field(pattern=r"^[\w./ @+-]{1,200}$"),
    InWords("the path of a file, like requirements/team.txt, from the folder that has cdk.json"),
]
TimeZone = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{1,40}$"),
    AfterValidator(_time_zone),
    InWords("a time zone of the IANA database, like UTC or Asia/Shanghai"),
]
