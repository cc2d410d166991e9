"""What `ops releases pin --aws` writes: versions of EKS' add-ons and of the nodes' image, as an account says them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from moto import mock_aws

from ops.errors import OpsError
from ops.releases.aws_pins import addon_lines, image_releases, with_aws_pins
from settings import RELEASES_FILE, Releases, load_releases
from settings.releases import UNPINNED
from tests.ops.accounts import BEIJING, US_WEST, Account
from tests.ops.answers import Answers, make_aws

NEWEST = "20261118"


def versions(asked: dict[str, Any]) -> dict[str, Any]:
    """Of each add-on a recommended version, a newer one, and one that is for other machines."""
    minor = asked["kubernetesVersion"]

    def version(number: int, *, default: bool, architecture: str = "arm64") -> dict[str, Any]:
        where = [{"clusterVersion": minor, "defaultVersion": default}]
        name = f"v{minor}.{number}-eksbuild.1"
        return {"addonVersion": name, "architecture": [architecture], "compatibilities": where}

    offered = [version(9, default=True, architecture="amd64"), version(3, default=False), version(2, default=True)]
    return {"addons": [{"addonName": asked["addonName"], "addonVersions": offered}]}


def image(asked: dict[str, Any]) -> dict[str, Any]:
    minor = asked["Name"].split("/")[5]
    return {"Parameter": {"Name": asked["Name"], "Value": f"{minor}.4-{NEWEST}"}}


@pytest.fixture(params=[(US_WEST, "aws"), (BEIJING, "aws-cn")])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with mock_aws():
        aws = make_aws(*request.param)
        answers = Answers(aws)
        answers.give("eks", "DescribeAddonVersions", versions)
        answers.give("ssm", "GetParameter", image)
        yield Account(aws, answers)


def pinned(account: Account, text: str) -> str:
    releases = Releases.model_validate(yaml.safe_load(text))
    return with_aws_pins(
        text,
        addons=addon_lines(account.aws, releases, partition=account.aws.partition),
        images=image_releases(account.aws, releases),
    )


def test_each_add_on_has_the_recommended_version_of_each_minor_version(account: Account) -> None:
    releases = Releases.model_validate(yaml.safe_load(pinned(account, RELEASES_FILE.read_text(encoding="utf-8"))))
    for minor in releases.kubernetes.versions:
        for name in releases.eks_addons:
            assert releases.eks_addon(name, minor, account.aws.partition) == f"v{minor}.2-eksbuild.1"
        assert releases.kubernetes.versions[minor].ami == NEWEST
    other = {"aws": "aws-cn", "aws-cn": "aws"}[account.aws.partition]
    assert releases.eks_addon("vpc-cni", "1.36", other) is None, "nobody asked there"


def test_all_else_stays_as_it_is_and_a_second_time_changes_nothing(account: Account) -> None:
    before = RELEASES_FILE.read_text(encoding="utf-8")
    after = pinned(account, before)
    changed = [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert len(changed) == len(load_releases().eks_addons) + len(load_releases().kubernetes.versions)
    assert pinned(account, after) == after


def test_the_other_partition_s_stay(account: Account) -> None:
    other = {"aws": "aws-cn", "aws-cn": "aws"}[account.aws.partition]
    table = RELEASES_FILE.read_text(encoding="utf-8")
    table = table.replace(f"  vpc-cni: {UNPINNED}", f'  vpc-cni: {{"1.36/{other}": v1.2.3-eksbuild.4}}')
    releases = Releases.model_validate(yaml.safe_load(pinned(account, table)))
    assert releases.eks_addon("vpc-cni", "1.36", other) == "v1.2.3-eksbuild.4"
    assert releases.eks_addon("vpc-cni", "1.36", account.aws.partition) == "v1.36.2-eksbuild.1"


def test_who_may_not_ask_is_told_what_is_missing(account: Account) -> None:
    account.answers.refuse("ssm", "GetParameter", "AccessDeniedException")
    with pytest.raises(OpsError, match=r"the newest image of nodes of Kubernetes 1\.37 is not known: access denied"):
        image_releases(account.aws, load_releases())
