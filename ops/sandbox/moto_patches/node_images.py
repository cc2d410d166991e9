"""Images of nodes: the parameters by which EKS says what they are, and the images themselves.

moto has parameters of ECS and of Amazon Linux, and none of EKS. Those here are in no list of parameters, as in AWS:
who knows the name is answered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.ssm.models import Parameter, ParameterDict

from settings import load_releases

# https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
_PARAMETER = re.compile(
    r"/aws/service/eks/optimized-ami/(?P<minor>[^/]+)/amazon-linux-2023/(?P<architecture>[^/]+)/standard/"
    r"(recommended|amazon-eks-node-al2023-(?P=architecture)-standard-(?P=minor)-v\d{8})/image_id"
)
_ARCHITECTURES = ("arm64", "x86_64")
_OWNER = "602401143452"
_RELEASE = "20261112"  # the one that there ever is


def apply() -> None:
    """Give each region the newest image of each version of Kubernetes that can be chosen."""
    _answer_parameters()
    _have_images()


def _image_id(region: str, minor: str, architecture: str) -> str:
    return f"ami-{hashlib.sha256(f'{region} {minor} {architecture}'.encode()).hexdigest()[:17]}"


def _answer_parameters() -> None:
    contains, getitem = ParameterDict.__contains__, ParameterDict.__getitem__

    def found(self: ParameterDict, name: str) -> list[Parameter] | None:
        named = _PARAMETER.fullmatch(str(name))
        if not named or named["minor"] not in load_releases().kubernetes.versions:
            return None
        if named["architecture"] not in _ARCHITECTURES:
            return None
        return [
            Parameter(  # type: ignore[abstract]  # moto makes it so itself
                account_id=self.account_id,
                name=name,
                value=_image_id(self.region_name, named["minor"], named["architecture"]),
                parameter_type="String",
                description=None,
                allowed_pattern=None,
                keyid=None,
                last_modified_date=utcnow(),
                version=1,
                data_type="aws:ec2:image",
            )
        ]

    def has(self: ParameterDict, name: str) -> bool:
        return found(self, name) is not None or contains(self, name)

    def get(self: ParameterDict, name: str) -> list[Parameter]:
        return found(self, name) or getitem(self, name)

    ParameterDict.__contains__ = has  # type: ignore[method-assign]
    ParameterDict.__getitem__ = get  # type: ignore[method-assign]


def _have_images() -> None:
    """Made when somebody asks for images: most who use the sandbox never do."""
    describe = EC2Backend.describe_images

    def describe_images(self: EC2Backend, *arguments: Any, **named: Any) -> list[Ami]:
        for image in _missing(self):
            self.amis[image.id] = image
            # It belongs to the image's owner, and is nothing that this account has.
            self.snapshots.pop(image.ebs_snapshot.id)
        return describe(self, *arguments, **named)

    EC2Backend.describe_images = describe_images  # type: ignore[assignment,method-assign]


def _missing(backend: EC2Backend) -> Iterator[Ami]:
    for minor in load_releases().kubernetes.versions:
        for architecture in _ARCHITECTURES:
            id_ = _image_id(backend.region_name, minor, architecture)
            if id_ not in backend.amis:
                yield Ami(
                    backend,
                    id_,
                    name=f"amazon-eks-node-al2023-{architecture}-standard-{minor}-v{_RELEASE}",
                    public=True,
                    virtualization_type="hvm",
                    hypervisor="xen",
                    architecture=architecture,
                    root_device_type="ebs",
                    root_device_name="/dev/xvda",
                    region_name=backend.region_name,
                    owner_id=_OWNER,
                    owner_alias="amazon",
                )
