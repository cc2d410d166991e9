"""Every wrong setting ends in one message that names the key, the value and what is allowed."""

import traceback
from dataclasses import dataclass, field
from typing import Any

import pytest

from settings import SettingsError, load_settings

SUBNETS = "subnet-0a000001,subnet-0a000002,subnet-0a000003"
EXISTING_VPC = {
    "network.existing_vpc.id": "vpc-0123456789abcdef0",
    "network.existing_vpc.cidr": "10.0.0.0/16",
    "network.existing_vpc.private_subnet_ids": SUBNETS,
    "network.existing_vpc.isolated_subnet_ids": SUBNETS,
    "network.availability_zones": "us-west-2a,us-west-2b,us-west-2c",
}
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0123-4567"
ZONE = {"airflow.ingress.hosted_zone_id": "Z0123456789ABC", "airflow.ingress.domain": "airflow.example.com"}
OIDC = {
    "airflow.ingress.oidc.issuer": "https://login.example.com/tenant",
    "airflow.ingress.oidc.authorization_endpoint": "https://login.example.com/tenant/authorize",
    "airflow.ingress.oidc.token_endpoint": "https://login.example.com/tenant/token",
    "airflow.ingress.oidc.user_info_endpoint": "https://login.example.com/userinfo",
    "airflow.ingress.oidc.client_id": "airflow",
    "airflow.ingress.oidc.client_secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:oidc-a1b2c3",
}
GIT = "https://git.example.com/team/dags.git"
HOST_KEY = "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"
ADMINISTRATOR = "arn:aws:iam::123456789012:role/Admin"


@dataclass(frozen=True)
class Bad:
    """A wrong setting, and what its message has to say."""

    key: str
    value: Any
    allowed: str
    beside: dict[str, Any] = field(default_factory=dict)
    """Further settings, which are right."""
    shown: str | None = None
    """The value as the message shows it, where that is not its plain text."""

    @property
    def context(self) -> dict[str, Any]:
        """The CDK context with the wrong setting in it."""
        return {**self.beside, self.key: self.value}

    @property
    def start(self) -> str:
        """What the message begins with."""
        return f"{self.key} = {self.shown or self.value}: "


GRAVITON = "like m7g.large, r8g.xlarge or t4g.medium"
WORKERS = (
    "airflow.workers.concurrency, airflow.workers.cpu, airflow.workers.instance_categories, "
    "airflow.workers.longest_task_hours, airflow.workers.max, airflow.workers.memory"
)

CHOICES = [
    Bad("partition", "aws-us-gov", "must be aws or aws-cn"),
    Bad("partition", "aws-chn", "must be aws or aws-cn; did you mean aws-cn?"),
    Bad("size", "huge", "must be dev, small, medium or large"),
    Bad("size", "meduim", "did you mean medium?"),
    Bad("size", "", "must be dev, small, medium or large", shown='""'),
    Bad("removal", "retain", "must be destroy or keep"),
    Bad("images.source", "docker", "must be upstream or private"),
    Bad("network.nat_gateways", "two", "must be single or one_per_zone"),
    Bad("network.zones", "4", "must be 2 or 3"),
    Bad("airflow.ingress.scheme", "public", "must be internal or internet-facing"),
    Bad("cluster.kubernetes_version", "1.20", "must be 1.36, 1.35 or 1.34"),
    Bad("logs.retention_days", "8", "CloudWatch Logs offers 1, 3, 5, 7, 14"),
    Bad("logs.retention_days", "a week", "must be 1, 3, 5, 7, 14"),
    Bad("region", "mars-1", "must be af-south-1, "),
    Bad("region", "us-wst-2", "did you mean us-west-2?"),
]

TYPOS = [
    Bad("regoin", "us-east-1", "no such setting; did you mean region? allowed here: addons, airflow, broker, cluster"),
    Bad("airflow.workers.mx", "40", f"did you mean airflow.workers.max? allowed here: {WORKERS}"),
    Bad(
        "airflow.wrokers.max", "40", "did you mean airflow.workers.max? allowed here: airflow.admin, airflow.api_server"
    ),
    Bad("size.dev", "true", "did you mean size?"),
    Bad("airflow/workers/max", "40", "did you mean airflow.workers.max?"),
    Bad("airflow:workers", "40", "did you mean airflow.workers?"),
    Bad("zzz", "1", "there is no such setting; allowed here: addons, airflow, broker"),
]

TYPES = [
    Bad("airflow.workers.max", "many", "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", "4.5", "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", "", "must be a whole number from 1 to 200", shown='""'),
    Bad("airflow.workers.max", True, "must be a whole number from 1 to 200", shown="true"),
    Bad("airflow.workers.max", [40], "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", None, "must be a whole number from 1 to 200", shown="unset"),
    Bad("airflow.workers.spot", "maybe", "must be true or false"),
    Bad("cluster.kubernetes_version", 1.36, "must be text in quotes, 1.36, 1.35 or 1.34"),
    Bad("partition", ["aws"], "must be aws or aws-cn", shown='["aws"]'),
    Bad("size", ["dev"], "must be dev, small, medium or large", shown='["dev"]'),
    Bad("cluster.administrators", 5, "must be a list, each item the ARN of an IAM role or user"),
    Bad("tags", "team=data", "must be a block of keys and values"),
    Bad("tags.cost-center", 4711, "must be text in quotes, a tag value"),
    Bad("airflow", "5", "not a single setting but a section, of airflow.admin, airflow.api_server"),
    Bad("airflow.workers", ["40"], f"not a single setting but a section, of {WORKERS}", shown='["40"]'),
    Bad("network.existing_vpc", "vpc-01234567", "not a single setting but a section, of network.existing_vpc.cidr"),
    Bad("network", None, "must be a block of settings", shown="unset"),
    Bad("settings", "small", 'must be a block in cdk.json, like {"size": "small"}'),
]

RANGES = [
    Bad("airflow.workers.max", "500", "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", "0", "must be a whole number from 1 to 200"),
    Bad("cluster.nodes.min", "1", "must be a whole number from 2 to 30"),
    Bad("database.backup_retention_days", "36", "must be a whole number from 1 to 35"),
    Bad("dags.sync_period_seconds", "1", "must be a whole number from 5 to 3600"),
]

FORMS = [
    Bad("name", "My_Airflow", "must be 1 to 20 lower-case letters, digits and hyphens"),
    Bad("name", "a" * 21, "must be 1 to 20 lower-case letters, digits and hyphens"),
    Bad("cluster.nodes.instance_type", "m7i.large", GRAVITON),
    Bad("cluster.nodes.instance_type", "m7g", GRAVITON),
    Bad("database.instance_type", "db.r6i.large", GRAVITON),
    Bad("broker.node_type", "cache.t3.small", GRAVITON),
    Bad("network.cidr", "ten", "not an IPv4 CIDR block, like 10.0.0.0/16"),
    Bad("network.cidr", "10.0.0.1/16", "not an IPv4 CIDR block, like 10.0.0.0/16 (10.0.0.1/16 has host bits set)"),
    Bad("network.cidr", "fd00::/16", "not an IPv4 CIDR block"),
    Bad("airflow.ingress.allowed_cidrs", "the office", "not an IPv4 CIDR block"),
    Bad(
        "cluster.administrators", "arn:aws:iam::123:role/x", "must be the ARN of an IAM role or user, like arn:aws:iam"
    ),
    Bad(
        "cluster.administrators", "arn:aws:sts::123456789012:assumed-role/x/y", "must be the ARN of an IAM role or user"
    ),
    Bad("airflow.ingress.certificate_arn", "my-certificate", "must be the ARN of an ACM certificate, like arn:aws:acm"),
    Bad("dags.delivery", "nfs", "must be efs, sidecar or bundle"),
    Bad(
        "dags.git.url", "https://me:secret@git.example.com/dags", "must be an https:// or ssh:// URL without a password"
    ),
    Bad("dags.git.url", "git@github.com:team/dags.git", "like https://github.com/team/dags.git"),
    Bad("dags.git.known_hosts", "github.com", "must be lines of a known_hosts file", beside={"dags.git.url": GIT}),
    Bad("airflow.ingress.hosted_zone_id", "example.com", "must be the id of a Route 53 hosted zone"),
    Bad("airflow.ingress.waf_rate_limit", "5", "must be a whole number from 10 to"),
    Bad("airflow.ingress.oidc.scope", "email", "must be scopes with single spaces", beside=OIDC),
    Bad("airflow.ingress.oidc.issuer", "login.example.com", "must be an https:// URL", beside=OIDC),
    Bad("airflow.ingress.domain", "https://airflow.example.com", "must be a host name in lower case without http://"),
    Bad("airflow.workers.cpu", "1.5", "must be a number of CPUs, like 2, or of thousandths of one, like 500m"),
    Bad("airflow.workers.memory", "4G", "must be an amount of memory, like 512Mi or 4Gi"),
    Bad("airflow.admin.email", "nobody", "must be an e-mail address"),
    Bad("dags.existing_repository", "my repo", "must be 1 to 100 letters, digits, dots, hyphens and underscores"),
    Bad("dags.subdirectory", "/dags", "must be a path with no slash at its ends, like team/dags"),
    Bad("images.prefix", "Airflow", "must be lower-case letters and digits"),
    Bad("network.existing_vpc.id", "my-vpc", "must be the id of a VPC", beside=EXISTING_VPC),
    Bad("tags.aws:team", "data", "tag keys that start with aws: belong to AWS"),
    Bad("tags.", "data", "must be a tag key of 1 to 128 characters"),
    Bad("tags.team", "x" * 300, "text of at most 256 characters", shown="x" * 120 + "…"),
    Bad("tags.team", "a\nb" * 100, "text of at most 256 characters", shown='"' + r"a\nb" * 29 + "a\\n…"),
    Bad(
        "cluster.administrators",
        f"[{ADMINISTRATOR}]",
        "starts like JSON but is not (Expecting value); write a list as a,b",
    ),
    Bad("airflow", '{"workers": {"max": 40}', "starts like JSON but is not"),
]

CONTRADICTIONS = [
    Bad("addons.coredns", "false", "cannot be switched off: no pod would find another, nor AWS", shown="false"),
    Bad("addons.vpc_cni", "false", "cannot be switched off: no pod would get an address", shown="false"),
    Bad("addons.kube_proxy", "false", "cannot be switched off: no Service would lead anywhere", shown="false"),
    Bad("addons.efs_csi_driver", "false", "choose sidecar or bundle, or leave this on", shown="false"),
    Bad("addons.ebs_csi_driver", "false", "addons.snapshot_controller needs it: snapshots are taken", shown="false"),
    Bad(
        "addons.ebs_csi_driver",
        "false",
        "addons.opencost needs it: what it has measured is on a volume of that driver's",
        shown="false",
        beside={"addons.snapshot_controller": "false"},
    ),
    Bad("addons.metric_server", "true", "did you mean addons.metrics_server?"),
    Bad("addons.metrics_server", "sometimes", "must be true or false"),
    Bad("region", "cn-north-1", "it is in aws-cn, but partition is aws; set partition=aws-cn, or choose af-south-1"),
    Bad(
        "region",
        "us-east-1",
        "it is in aws, but partition is aws-cn; set partition=aws, or choose cn-north-1 or cn-northwest-1",
        beside={"partition": "aws-cn"},
    ),
    Bad("network.cidr", "10.0.0.0/24", "too small for the subnets of every zone, must be from /16 to /22"),
    Bad("network.cidr", "10.0.0.0/8", "too large for Amazon VPC, must be from /16 to /22"),
    Bad("network.availability_zones", "us-west-2a,us-west-2b", "name 3 different zones, as network.zones says"),
    Bad("network.availability_zones", "us-west-2a,us-west-2a,us-west-2b", "name 3 different zones"),
    Bad(
        "network.availability_zones",
        "us-west-2a,us-east-1b,us-west-2c",
        "must be a zone of us-west-2",
        shown="us-east-1b",
    ),
    Bad("network.availability_zones", "", "name the 3 zones of the subnets", beside=EXISTING_VPC, shown="unset"),
    Bad(
        "network.existing_vpc.private_subnet_ids",
        "subnet-0a000001",
        "give 3 subnets, one per zone of network.availability_zones",
        beside=EXISTING_VPC,
    ),
    Bad("network.existing_vpc.isolated_subnet_ids", "", "give 3 subnets", beside=EXISTING_VPC, shown='""'),
    Bad("network.existing_vpc.public_subnet_ids", "subnet-0a000001", "give 3 subnets", beside=EXISTING_VPC),
    Bad(
        "network.existing_vpc.public_subnet_ids",
        "",
        "give 3 subnets",
        beside={**EXISTING_VPC, "airflow.ingress.certificate_arn": CERTIFICATE},
        shown='""',
    ),
    Bad(
        "cluster.public_access",
        "false",
        "take the CIDRs out, or leave cluster.public_access out",
        beside={"cluster.public_access_cidrs": "192.0.2.1/32"},
    ),
    Bad("cluster.nodes.min", "7", "must be at most cluster.nodes.max, which is 6"),
    Bad("cluster.nodes.min", "2", "must be at least one node per zone, network.zones is 3"),
    Bad("cluster.administrators", ADMINISTRATOR, "an ARN of the partition aws-cn", beside={"partition": "aws-cn"}),
    Bad("dags.existing_repository", "dags", "DAGs come from one repository", beside={"dags.git.url": GIT}),
    Bad("dags.git.known_hosts", HOST_KEY, "known by its certificate", beside={"dags.git.url": GIT}),
    Bad(
        "dags.git.secret_arn",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:git-a1b2c3",
        "must be a secret in us-west-2 of the partition aws",
        beside={"dags.git.url": GIT},
    ),
    Bad("airflow.workers.min", "30", "must be at most airflow.workers.max, which is 20"),
    Bad(
        "airflow.ingress.scheme",
        "internet-facing",
        "set airflow.ingress.certificate_arn, or airflow.ingress.allow_http",
    ),
    Bad(
        "airflow.ingress.certificate_arn",
        CERTIFICATE,
        "must be a certificate in eu-west-1 of the partition aws",
        beside={"region": "eu-west-1"},
    ),
    Bad(
        "airflow.ingress.certificate_arn",
        CERTIFICATE.replace("aws:", "aws-cn:", 1),
        "must be a certificate in us-west-2 of the partition aws",
    ),
    Bad(
        "airflow.ingress.allow_http",
        "true",
        "HTTP is redirected to HTTPS",
        beside={"airflow.ingress.certificate_arn": CERTIFICATE},
    ),
    Bad("airflow.ingress.allow_http", "true", "with airflow.ingress.hosted_zone_id, HTTP is redirected", beside=ZONE),
    Bad(
        "airflow.ingress.oidc.issuer",
        OIDC["airflow.ingress.oidc.issuer"],
        "needs HTTPS: set airflow.ingress.certificate_arn, or airflow.ingress.hosted_zone_id",
        beside=OIDC,
    ),
    Bad(
        "airflow.ingress.oidc.client_secret_arn",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:oidc-a1b2c3",
        "must be a secret in us-west-2 of the partition aws",
        beside={**ZONE, **OIDC},
    ),
    Bad(
        "airflow.ingress.oidc.client_secret_key_arn",
        "arn:aws-cn:kms:cn-north-1:111122223333:key/0123",
        "must be a key in us-west-2 of the partition aws",
        beside={**ZONE, **OIDC},
    ),
    Bad("airflow.ingress.oidc.scope", "openid profile", "must have email in it", beside={**ZONE, **OIDC}),
    Bad(
        "airflow.ingress.oidc.administrators",
        "ada@example.com",
        "Airflow has users of its own",
        beside={**ZONE, **OIDC, "airflow.ingress.oidc.airflow_login": "password"},
    ),
]

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
