"""Every wrong setting ends in one message that names the key, the value and what is allowed."""

import traceback
from typing import Any

import pytest

from settings import SettingsError, load_settings
from tests.settings.bad import ADMINISTRATOR, CHOICES, EXISTING_VPC, FORMS, RANGES, TYPES, TYPOS, Bad
from tests.settings.bad_together import CONTRADICTIONS

EVERY_CASE = [*CHOICES, *TYPOS, *TYPES, *RANGES, *FORMS, *CONTRADICTIONS]
INTERNALS = (
    "pydantic",
    "ValidationError",
    "Settings",
    "Section",
    "nput should",
    "Traceback",
    "settings/",
    ".py",
    "^",
    "\\d",
)


def message(context: dict[str, Any]) -> str:
    """The message that these settings end with."""
    with pytest.raises(SettingsError) as caught:
        load_settings(context)
    return str(caught.value)


@pytest.mark.parametrize("bad", EVERY_CASE, ids=lambda bad: f"{bad.key}={bad.value}"[:60])
def test_one_line_names_key_value_and_what_is_allowed(bad: Bad):
    line = message(bad.context)
    assert line.startswith(bad.start)
    assert bad.allowed in line.removeprefix(bad.start)
    assert "\n" not in line


@pytest.mark.parametrize("bad", EVERY_CASE, ids=lambda bad: f"{bad.key}={bad.value}"[:60])
def test_nothing_internal_shows(bad: Bad):
    with pytest.raises(SettingsError) as caught:
        load_settings(bad.context)
    text = str(caught.value)
    assert [word for word in INTERNALS if word in text.removeprefix(bad.start)] == []
    # What Python would print has no second traceback above the message.
    assert "During handling" not in "".join(traceback.format_exception(caught.value))


def test_ssh_needs_a_key_and_a_known_host():
    with pytest.raises(SettingsError) as caught:
        load_settings({"dags.git.url": "ssh://git@git.example.com/team/dags.git"})
    text = str(caught.value)
    assert "dags.git.secret_arn = unset: name the secret with the private key" in text
    assert "dags.git.known_hosts = unset: give the host's keys" in text


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("", "git.example.com"),
        ("", "other.example.com,git.example.com,192.0.2.1"),
        ("", "*.example.com"),
        ("", "|1|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM="),
        (":2222", "[git.example.com]:2222"),
        (":2222", "[git.example.com]:2222,[192.0.2.1]:2222"),
        (":22", "git.example.com"),
    ],
)
def test_a_known_host_is_known(port: str, name: str):
    git = {
        "dags.git.url": f"ssh://git@git.example.com{port}/team/dags.git",
        "dags.git.secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:git-a1b2c3",
        "dags.git.known_hosts": f"{name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ\n",
    }
    assert load_settings(git).dags.git


def test_who_wants_no_flow_logs_in_an_existing_vpc_gets_none():
    settings = load_settings({**EXISTING_VPC, "network.flow_logs": "false", "network.interface_endpoints": "false"})
    assert settings.network.existing_vpc


def test_no_more_blocks_than_eks_takes_may_reach_its_endpoint():
    blocks = [f"192.0.2.{number}/32" for number in range(41)]
    assert message({"cluster.public_access_cidrs": ",".join(blocks)}) == (
        "cluster.public_access_cidrs = 41 blocks: at most 40 blocks: Amazon EKS takes no more"
    )
    assert load_settings({"cluster.public_access_cidrs": "0.0.0.0/0"}).cluster.has_public_endpoint


def test_a_zone_without_a_host_is_refused():
    assert message({"airflow.ingress.hosted_zone_id": "Z0123456789ABC"}).startswith(
        "airflow.ingress.domain = unset: name the host in that zone"
    )


def test_there_are_enough_cases():
    assert len(EVERY_CASE) >= 30


@pytest.mark.parametrize(
    ("block", "start"),
    [
        ({"airflow": {"workers": {"mx": 40}}}, "airflow.workers.mx = 40: "),
        ({"airflow": {"wrokers": {"max": 40}}}, "airflow.wrokers.max = 40: "),
        ({"airflow.workers.mx": 40}, "airflow.workers.mx = 40: "),
        ({"airflow": {"workers.mx": 40}}, "airflow.workers.mx = 40: "),
        ({"airflow": 5}, "airflow = 5: "),
        ({"airflow": {"workers": 5}, "airflow.workers.max": 40}, "airflow.workers = 5: "),
        ({"tags": {"aws:team": "data"}}, "tags.aws:team = data: "),
    ],
)
def test_the_block_in_cdk_json_is_held_to_the_same(block: dict[str, Any], start: str):
    line = message({"settings": block})
    assert line.startswith(start)
    assert "\n" not in line


def test_a_block_on_the_command_line_is_held_to_the_same():
    assert message({"airflow": '{"workers": {"mx": 40}}'}).startswith(
        "airflow.workers.mx = 40: there is no such setting"
    )


def test_several_mistakes_give_one_line_each():
    text = message(
        {
            "settings": {"nmae": "x", "size": "huge"},
            "regoin": "us-east-1",
            "airflow.workers.max": "many",
            "cluster.administrators": f'["{ADMINISTRATOR}"',
        }
    )
    assert sorted(line.partition(" = ")[0] for line in text.splitlines()) == [
        "airflow.workers.max",
        "cluster.administrators",
        "nmae",
        "regoin",
        "size",
    ]


def test_several_contradictions_give_one_line_each():
    text = message({"airflow.workers.min": "30", "cluster.nodes.min": "9", "network.cidr": "10.0.0.0/8"})
    assert [line.partition(" = ")[0] for line in text.splitlines()] == [
        "network.cidr",
        "cluster.nodes.min",
        "airflow.workers.min",
    ]


def test_a_mistyped_partition_is_not_followed_by_a_complaint_about_the_region():
    text = message({"partiton": "aws-cn", "region": "cn-north-1"})
    assert text.startswith("partiton = aws-cn: there is no such setting; did you mean partition?")
    assert "\n" not in text


def test_a_wrong_region_is_not_followed_by_complaints_about_its_zones():
    text = message({"region": "us-wst-2", "network.availability_zones": "us-west-2a,us-west-2b,us-west-2c"})
    assert text.startswith("region = us-wst-2: ")
    assert "\n" not in text


def test_each_wrong_item_of_a_list_is_named():
    text = message({"cluster.public_access_cidrs": "192.0.2.0/24,nowhere,198.51.100.1/8"})
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        "cluster.public_access_cidrs = nowhere",
        "cluster.public_access_cidrs = 198.51.100.1/8",
    ]


def test_an_existing_vpc_with_parts_missing_says_which():
    text = message({"network.existing_vpc.id": "vpc-0123456789abcdef0"})
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        "network.existing_vpc.cidr = unset",
        "network.existing_vpc.private_subnet_ids = unset",
        "network.existing_vpc.isolated_subnet_ids = unset",
    ]
    assert all("must be set with the rest of network.existing_vpc" in line for line in text.splitlines())
