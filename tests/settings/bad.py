"""Settings that are wrong by themselves, and what their message has to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
    Bad("images.built", "airflow", "must be pgbouncer, git-sync or keda"),
    Bad("airflow.timezone", "Asia/Beijing", "there is no such time zone"),
    Bad("airflow.timezone", "8", "a time zone of the IANA database, like UTC or Asia/Shanghai"),
    Bad("network.nat_gateways", "two", "must be single or one_per_zone"),
    Bad("network.zones", "4", "must be 2 or 3"),
    Bad("airflow.ingress.scheme", "public", "must be internal or internet-facing"),
    Bad("cluster.kubernetes_version", "1.20", "must be 1.37, 1.36 or 1.35"),
    Bad("logs.retention_days", "8", "CloudWatch Logs offers 1, 3, 5, 7, 14"),
    Bad("logs.retention_days", "a week", "must be 1, 3, 5, 7, 14"),
    Bad("region", "mars-1", "must be af-south-1, "),
    Bad("region", "us-wst-2", "did you mean us-west-2?"),
]

TYPOS = [
    Bad("regoin", "us-east-1", "no such setting; did you mean region? allowed here: addons, airflow, alarms, broker"),
    Bad("airflow.workers.mx", "40", f"did you mean airflow.workers.max? allowed here: {WORKERS}"),
    Bad(
        "airflow.wrokers.max", "40", "did you mean airflow.workers.max? allowed here: airflow.admin, airflow.api_server"
    ),
    Bad("size.dev", "true", "did you mean size?"),
    Bad("database.node_type", "r7g.large", "did you mean database.instance_type?"),
    Bad("broker.instance_type", "m7g.large", "did you mean broker.node_type?"),
    Bad("airflow.api_server.concurrency", "8", "did you mean airflow.workers.concurrency?"),
    Bad("airflow.api_server.replica", "8", "did you mean airflow.api_server.replicas?"),
    Bad("cluster.node.max", "8", "did you mean cluster.nodes.max?"),
    Bad("airflow/workers/max", "40", "did you mean airflow.workers.max?"),
    Bad("airflow:workers", "40", "did you mean airflow.workers?"),
    Bad("zzz", "1", "there is no such setting; allowed here: addons, airflow, alarms, broker"),
]

TYPES = [
    Bad("airflow.workers.max", "many", "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", "4.5", "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", "", "must be a whole number from 1 to 200", shown='""'),
    Bad("airflow.workers.max", True, "must be a whole number from 1 to 200", shown="true"),
    Bad("airflow.workers.max", [40], "must be a whole number from 1 to 200"),
    Bad("airflow.workers.max", None, "must be a whole number from 1 to 200", shown="unset"),
    Bad("airflow.workers.spot", "maybe", "must be true or false"),
    Bad("cluster.kubernetes_version", 1.36, "must be text in quotes, 1.37, 1.36 or 1.35"),
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
    Bad("database.snapshots_before_migration", "21", "must be a whole number from 0 to 20"),
    Bad("dags.sync_period_seconds", "1", "must be a whole number from 5 to 3600"),
]

FORMS = [
    Bad("name", "My_Airflow", "must be 1 to 20 lower-case letters, digits and hyphens"),
    Bad("name", "a" * 21, "must be 1 to 20 lower-case letters, digits and hyphens"),
    Bad("cluster.nodes.instance_type", "m7i.large", GRAVITON),
    Bad("cluster.nodes.instance_type", "m7g", GRAVITON),
    Bad("database.instance_type", "db.r6i.large", GRAVITON),
    Bad("broker.node_type", "cache.t3.small", GRAVITON),
    Bad("network.cidr", "127.0.0.0/16", "no host of a network has an address of 127.0.0.0/8 (loopback)"),
    Bad("network.cidr", "169.254.0.0/16", "no host of a network has an address of 169.254.0.0/16 (link-local)"),
    Bad("airflow.ingress.allowed_cidrs", "127.0.0.1/32", "no host of a network has an address of 127.0.0.0/8"),
    Bad("airflow.ingress.allowed_cidrs", "0.0.0.0/32", "no host of a network has an address of 0.0.0.0/8"),
    Bad("cluster.public_access_cidrs", "224.0.0.0/8", "no host of a network has an address of 224.0.0.0/4"),
    Bad("network.existing_vpc.secondary_cidrs", "240.0.0.0/8", "(reserved)", beside=EXISTING_VPC),
    # What stands in a list twice.
    Bad("alarms.emails", "a@example.com,A@example.com", "A@example.com is in the list twice; name it once"),
    Bad("cluster.administrators", f"{ADMINISTRATOR},{ADMINISTRATOR}", f"{ADMINISTRATOR} is in the list twice"),
    Bad("airflow.ingress.allowed_cidrs", "192.0.2.0/24,192.0.2.0/255.255.255.0", "192.0.2.0/24 is in the list twice"),
    Bad("images.built", "keda,keda", "keda is in the list twice"),
    Bad("airflow.workers.instance_categories", "c,c", "c is in the list twice"),
    Bad(
        "network.existing_vpc.private_subnet_ids",
        "subnet-0a000001,subnet-0a000001,subnet-0a000003",
        "subnet-0a000001 is in the list twice",
        beside=EXISTING_VPC,
    ),
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
        "dags.git.url",
        "https://me:secret@git.example.com/dags",
        "must be an https:// or ssh:// URL without a password",
        shown="https://***@git.example.com/dags",
    ),
    Bad("dags.git.url", "git@github.com:team/dags.git", "write it as a URL: ssh://git@github.com/team/dags.git"),
    Bad("dags.git.url", "github.com:team/dags.git", "write it as a URL: ssh://git@github.com/team/dags.git"),
    Bad(
        "dags.git.url",
        "ssh://git@github.com:team/dags.git",
        "write it as a URL: ssh://git@github.com/team/dags.git",
        shown="ssh://***@github.com:team/dags.git",
    ),
    Bad("dags.git.url", "git@github.com:2222/dags.git", "like https://github.com/team/dags.git"),
    Bad("dags.git.url", "https://git.example.com:70000/dags.git", "there is no port 70000: must be from 1 to 65535"),
    Bad("dags.git.url", "https://git.example.com:0/dags.git", "there is no port 0: must be from 1 to 65535"),
    Bad("database.ca_bundle_url", "https://files.example.com:99999/bundle.pem", "there is no port 99999"),
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
    Bad("team", "x" * 300, "text of at most 256 characters", shown="x" * 120 + "…"),
    Bad("tags.aws:team", "data", "tag keys that start with aws: belong to AWS"),
    Bad("tags.airflow-eks/team", "data", "tag keys that start with airflow-eks/ are the platform's own"),
    Bad("tags.", "data", "must be a tag key of 1 to 128 characters"),
    Bad("tags.team", "x" * 300, "text of at most 256 characters", shown="x" * 120 + "…"),
    Bad("tags.owner", "platform: data", "a colon must not stand before a space or at the end"),
    Bad("tags.owner", "data:", "a colon must not stand before a space or at the end"),
    Bad("tags.owner: team", "data", "a colon must not stand before a space or at the end"),
    Bad("tags.owner", "a,b", "AWS takes letters, digits, spaces and _ . : / = + - @ in a tag; leave out ,"),
    Bad("tags.owner", "r&d #1", "leave out # &"),
    Bad("tags.owner", "a\u2028b", "leave out U+2028", shown='"a\\u2028b"'),
    Bad("tags.owner", " data", "must not start or end with a space"),
    Bad("tags.owner", "数据" * 60, "at most 256 bytes in UTF-8, and this has 360"),
    Bad("tags.a=b", "c", "a tag key must be without ="),
    Bad("tags.kubernetes.io/cluster/airflow", "owned", "start with kubernetes.io belong to Kubernetes"),
    Bad("tags.karpenter.sh/discovery", "airflow", "start with karpenter.sh/ belong to Karpenter"),
    Bad("tags.eks:cluster-name", "airflow", "start with eks: belong to Amazon EKS"),
    Bad("tags.elbv2.k8s.aws/cluster", "airflow", "belong to the load balancer controller"),
    Bad("tags.CSIVolumeName", "x", "belong to the EBS CSI driver"),
    Bad("tags.AWS:team", "x", "start with aws: belong to AWS"),
    Bad("team", "data, science", "leave out ,"),
    Bad("tags.team", "a\nb" * 100, "text of at most 256 characters", shown='"' + r"a\nb" * 29 + "a\\n…"),
    Bad(
        "cluster.administrators",
        f"[{ADMINISTRATOR}]",
        "starts like JSON but is not (Expecting value); write a list as a,b",
    ),
    Bad("airflow", '{"workers": {"max": 40}', "starts like JSON but is not"),
]
