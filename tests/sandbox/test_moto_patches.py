"""What moto lacks, asked of moto and of the sandbox.

A case that moto can do by itself one day fails here: then its patch in ops/sandbox/moto_patches is to be removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.sandbox.aws import Aws
from ops.sandbox.process import Sandbox
from tests.sandbox import moto_cases, moto_cases_changes, moto_cases_eks, moto_cases_instances, moto_cases_network
from tests.sandbox.moto_things import CHINA, Clients

pytestmark = pytest.mark.sandbox

CASES = [
    *moto_cases.CASES,
    *moto_cases_changes.CASES,
    *moto_cases_eks.CASES,
    *moto_cases_instances.CASES,
    *moto_cases_network.CASES,
]
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'


@pytest.fixture(scope="module")
def unmended() -> Iterator[Clients]:
    """Moto as it is, in this process."""
    with mock_aws():
        session = botocore.session.Session()
        yield lambda service: session.create_client(service, region_name=CHINA)


@pytest.fixture(scope="module")
def mended(server: Sandbox) -> Clients:
    """Moto as it is in the sandbox."""
    return Aws(endpoint=server.endpoint, region=CHINA).client


@pytest.mark.parametrize("case", CASES)
def test_moto_still_lacks(unmended: Clients, case: Callable[[Clients], bool]) -> None:
    works = False
    with contextlib.suppress(ClientError, NotImplementedError):
        works = case(unmended)
    assert not works, "moto does this by itself now: remove the patch"


@pytest.mark.parametrize("case", CASES)
def test_sandbox_has(mended: Clients, case: Callable[[Clients], bool]) -> None:
    assert case(mended)


@pytest.mark.parametrize(
    ("make", "list_", "key"),
    [
        ({"RoleName": "of-path", "AssumeRolePolicyDocument": "{}"}, "list_roles", "Roles"),
        ({"PolicyName": "of-path", "PolicyDocument": _POLICY}, "list_policies", "Policies"),
        ({"InstanceProfileName": "of-path"}, "list_instance_profiles", "InstanceProfiles"),
        ({"GroupName": "of-path"}, "list_groups", "Groups"),
        ({"UserName": "of-path"}, "list_users", "Users"),
    ],
)
def test_iam_lists_below_a_path(aws: Aws, make: dict[str, str], list_: str, key: str) -> None:
    """A controller deletes what it finds below its own path: it must not find ours."""
    kind = next(iter(make)).removesuffix("Name")
    operation = {"InstanceProfile": "instance_profile"}.get(kind, kind.lower())
    made = aws.call("iam", f"create_{operation}", Path="/theirs/", **make)[kind]
    assert not aws.call("iam", list_, PathPrefix="/ours/")[key]
    assert len(aws.call("iam", list_, PathPrefix="/theirs/")[key]) == 1
    name = {"PolicyArn": made["Arn"]} if kind == "Policy" else {f"{kind}Name": "of-path"}
    aws.call("iam", f"delete_{operation}", **name)
