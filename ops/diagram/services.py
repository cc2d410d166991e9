"""What stands right of the cluster and around it: the data, and the services of the region."""

from __future__ import annotations

from ops.diagram import places
from ops.diagram.canvas import Canvas
from ops.diagram.kinds import Facts
from ops.diagram.places import Places

# CloudFormation types, whose stacks give the colours.
_FILES, _DATABASE, _QUEUE = "AWS::EFS::FileSystem", "AWS::RDS::DBCluster", "AWS::ElastiCache::ReplicationGroup"
_BUCKET, _SECRET = "AWS::S3::Bucket", "AWS::SecretsManager::Secret"
_LOGS, _KEY, _ALARM = "AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::CloudWatch::Alarm"
_SERVICE = "architecture-service"


def draw_data(canvas: Canvas, facts: Facts, at: Places) -> None:
    """The file system, the database and the queue, beside those that use them."""
    top, workers = places.CLUSTER_Y, at.workers + places.HEADING + 10
    canvas.frame(
        (places.DATA_X - 14, top, places.DATA_WIDTH + 18, workers + 26 - top),
        "data subnets",
        stack="" if facts.network.existing else "Network",
        dashed=True,
    )
    x, width = places.DATA_X, places.DATA_WIDTH - 8
    servers_end, label = places.CARD_X + places.CARD_WIDTH, 880
    if _FILES in facts.made_by:
        y = at.lane(0)
        box = (x, y - places.CARD_HEIGHT / 2, width, places.CARD_HEIGHT)
        icon = "resource/AmazonElasticFileSystemFileSystem"
        canvas.card(box, "EFS", ["DAGs for all pods"], stack=facts.made_by[_FILES], icon=icon)
        canvas.arrow([(servers_end, y - 10), (x, y - 10)], "git-sync writes", at=(label, y - 20))

    database, middle = facts.database, (at.lane(1) + at.lane(2)) / 2
    canvas.card(
        (x, at.lane(1) - 14, width, 2 * places.LANE - 38),
        "Aurora",
        [
            f"PostgreSQL {database.version}",
            _members("writer", "reader", database.instances),
            database.instance_class,
        ],
        stack=facts.made_by[_DATABASE],
        icon=f"{_SERVICE}/AmazonAurora",
    )
    canvas.arrow([(places.POOLER_X + places.POOLER_WIDTH, middle), (x, middle)], "SQL", at=(994, middle - 10))

    broker, scheduler = facts.broker, at.lane(3)
    canvas.card(
        (x, scheduler - 20, width, workers + 14 - scheduler + 20),
        "ElastiCache",
        [
            f"{broker.engine.capitalize()} {broker.version}",
            _members("primary", "replica", broker.nodes),
            broker.node_type,
        ],
        stack=facts.made_by[_QUEUE],
        icon=f"{_SERVICE}/AmazonElastiCache",
    )
    canvas.arrow([(servers_end, scheduler), (x, scheduler)], "queues tasks", at=(label, scheduler - 10))
    canvas.arrow([(x, workers), (places.POOL_X + places.POOL_WIDTH, workers)])


def draw_regional(canvas: Canvas, facts: Facts, at: Places) -> None:
    """The services that are not in the VPC."""
    x, pools_end = places.RIGHT, places.POOL_X + places.POOL_WIDTH
    y = at.lane(0) - 14
    for present, title, line, icon in (
        (
            _LOGS in facts.made_by,
            "CloudWatch",
            "logs, alarms" if _ALARM in facts.made_by else "logs",
            "AmazonCloudWatch",
        ),
        (_KEY in facts.made_by, "KMS", "encrypts data", "AWSKeyManagementService"),
        (facts.private_images, "ECR", "images, charts", "AmazonElasticContainerRegistry"),
    ):
        if present:
            canvas.service((x, y), title, [line], stack="", icon=f"{_SERVICE}/{icon}")
            y += 92
    bucket = f"{_SERVICE}/AmazonSimpleStorageService"
    for present, line, y in (
        (facts.task_logs, "task logs", at.workers + places.HEADING + places.CARD_HEIGHT - 4),
        (at.spark and facts.spark_bucket, "Spark data, events", at.task_pools + places.SINGLE_POOL / 2),
    ):
        if present:
            canvas.service((x, y), "S3", [line], stack=facts.made_by[_BUCKET], icon=bucket)
            canvas.arrow([(pools_end, y), (x - 24, y)])
    if _SECRET in facts.made_by:
        y = at.controllers + 12 + places.CARD_HEIGHT / 2
        icon = f"{_SERVICE}/AWSSecretsManager"
        canvas.service(
            (places.LEFT, y), "Secrets Manager", ["passwords, keys"], stack=facts.made_by[_SECRET], icon=icon
        )
        if "external-secrets" in facts.releases:
            canvas.arrow([(places.LEFT + 24, y), (places.POOL_X + 14, y)])


def _members(first: str, other: str, number: int) -> str:
    """Of a group: ``writer, 1 reader``."""
    rest = number - 1
    return f"{first}, {rest} {other}{'s' * (rest > 1)}" if rest else first
