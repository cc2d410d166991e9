"""Tags that bills are read by: which deployment, which part of it, and which team pays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from settings.errors import Contradiction
from settings.types import InWords

if TYPE_CHECKING:
    from settings.model import Settings

PREFIX = "airflow-eks/"
"""What the platform's own tag keys begin with."""
DEPLOYMENT_TAG = f"{PREFIX}deployment"
COMPONENT_TAG = f"{PREFIX}component"
TEAM_TAG = f"{PREFIX}team"

Component = Literal[
    "platform",
    "network",
    "cluster",
    "addons",
    "database",
    "queue",
    "storage",
    "logs",
    "secrets",
    "dags",
    "airflow",
    "spark",
    "monitoring",
]
"""What a resource is a part of. ``platform`` is what all share: the stack itself, and the key."""

MOST_TAGS = 40
"""A resource has fifty tags at the most. The others are the platform's, and what Karpenter and controllers add."""

_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_SIGNS = "_.:/=+-@"
# Who finds its own by such a tag, or refuses to start with it.
_RESERVED = {
    "aws:": "AWS",
    "eks:": "Amazon EKS",
    "kubernetes.io": "Kubernetes",
    "karpenter.sh/": "Karpenter",
    "karpenter.k8s.aws/": "Karpenter",
    "elbv2.k8s.aws/": "the load balancer controller",
    "ingress.k8s.aws/": "the load balancer controller",
    "service.k8s.aws/": "the load balancer controller",
    "ebs.csi.aws.com/": "the EBS CSI driver",
    "CSIVolume": "the EBS CSI driver",
    "efs.csi.aws.com/": "the EFS CSI driver",
}


def _key(key: str) -> str:
    if key.startswith(PREFIX):
        raise ValueError(f"tag keys that start with {PREFIX} are the platform's own; the setting `team` is one of them")
    for start, owner in _RESERVED.items():
        if key.lower().startswith(start.lower()):
            raise ValueError(f"tag keys that start with {start} belong to {owner}; choose another key")
    if "=" in key:
        raise ValueError("a tag key must be without =: controllers are given tags as key=value; choose another key")
    return _text(key, longest=_LONGEST_KEY)


def _value(value: str) -> str:
    return _text(value, longest=_LONGEST_VALUE)


def _text(text: str, *, longest: int) -> str:
    """What AWS takes, of which charts can carry all that is refused nowhere here."""
    # The EBS CSI driver counts bytes.
    length = len(text.encode())
    if length > longest:
        raise ValueError(f"too long: at most {longest} bytes in UTF-8, and this has {length}")
    # All services take this much: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    wrong = sorted({each for each in text if not _is_allowed(each)})
    if wrong:
        shown = " ".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in wrong)
        raise ValueError(f"AWS takes letters, digits, spaces and {' '.join(_SIGNS)} in a tag; leave out {shown}")
    if text != text.strip():
        raise ValueError("must not start or end with a space: the EBS CSI driver takes it away, others do not")
    # The load balancer controller's chart writes tags into a line of YAML without quotes.
    if re.search(r":( |$)", text):
        raise ValueError("a colon must not stand before a space or at the end: write Team:Data, or Team/Data")
    return text


def _is_allowed(character: str) -> bool:
    return character in _SIGNS or unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "Zs"


def check_tags(settings: Settings) -> Iterator[Contradiction]:
    """Refuse more tags than there is room for, and keys that AWS IAM takes for one."""
    if len(settings.tags) > MOST_TAGS:
        allowed = f"at most {MOST_TAGS}: a resource has 50, and some are of the platform and of controllers"
        yield Contradiction("tags", f"{len(settings.tags)} tags", allowed)
    seen: dict[str, str] = {}
    for key in settings.tags:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            allowed = f"AWS IAM takes it for the same key as {other}; leave one of the two out"
            yield Contradiction(f"tags.{key}", settings.tags[key], allowed)


TagKey = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_KEY),
    AfterValidator(_key),
    InWords(f"a tag key of 1 to {_LONGEST_KEY} characters that starts neither with aws: nor with {PREFIX}"),
]
TagValue = Annotated[
    str,
    Field(max_length=_LONGEST_VALUE),
    AfterValidator(_value),
    InWords(f"a tag value, text of at most {_LONGEST_VALUE} characters"),
]
