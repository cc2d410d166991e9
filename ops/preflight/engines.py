"""Engines: whether RDS and ElastiCache offer the pinned versions on the chosen instance types."""

from __future__ import annotations

from ops.aws import found
from ops.checks import Findings, failure, ok, warning
from ops.preflight.subject import Preflight
from settings import load_releases

AURORA = "aurora-postgresql"
_SHOWN = 6


def database_version(subject: Preflight) -> Findings:
    """The version of Aurora PostgreSQL."""
    version = _database_version(subject)
    name, rds = f"Aurora PostgreSQL {version}", subject.aws.client("rds")
    # Without IncludeAll, a version that may still be used but not newly made would be left out.
    offered = found(
        rds.describe_db_engine_versions,
        "InvalidParameterCombination",
        "InvalidParameterValue",
        Engine=AURORA,
        EngineVersion=version,
        IncludeAll=True,
    )
    versions = offered["DBEngineVersions"] if offered else []
    if not versions:
        every = subject.aws.pages("rds", "describe_db_engine_versions", "DBEngineVersions", Engine=AURORA)
        major = version.partition(".")[0]
        near = [each["EngineVersion"] for each in every if each["EngineVersion"].startswith(f"{major}.")]
        choices = ", ".join(near[-_SHOWN:]) or "none"
        advice = f"Set Aurora's version under engines in settings/releases.yaml to one of: {choices}"
        yield failure(name, f"not offered in {subject.aws.region}", advice)
    elif versions[0].get("Status", "available") != "available":
        yield warning(name, f"offered as {versions[0]['Status']}", "Plan the next version in settings/releases.yaml.")
    else:
        yield ok(name, "offered")


def database_class(subject: Preflight) -> Findings:
    """The instance class of the database, with that version, in the zones."""
    version, class_ = _database_version(subject), f"db.{subject.settings.database.instance_type}"
    name = f"database: {class_}"
    options = _orderable(subject, version, DBInstanceClass=class_)
    zones = options.get(class_, set())
    usable = [zone for zone in subject.chosen_zones if zone in zones]
    wanted = min(1 + subject.settings.database.readers, len(subject.chosen_zones))
    if not usable:
        graviton = sorted(each for each in _orderable(subject, version) if "g." in each)
        choice = f"Give --context database.instance_type=… with one of: {', '.join(graviton)}"
        advice = (
            choice if graviton else f"RDS offers no Graviton class with it in {subject.aws.region}: choose another."
        )
        yield failure(
            name, f"not offered with Aurora PostgreSQL {version} in {', '.join(subject.chosen_zones)}", advice
        )
    elif len(usable) < wanted:
        told = f"offered in {', '.join(usable)} only: writer and readers share fewer zones than they could"
        yield warning(name, told, "Choose another database.instance_type, or other network.availability_zones.")
    else:
        yield ok(name, f"offered in {', '.join(usable)}")


def broker_version(subject: Preflight) -> Findings:
    """The engine of the queue, in its version: not every region has Valkey."""
    engine = subject.settings.broker.engine
    version = load_releases().engines.queue(engine)
    offered = {
        each["EngineVersion"]
        for each in subject.aws.pages(
            "elasticache", "describe_cache_engine_versions", "CacheEngineVersions", Engine=engine
        )
    }
    name = f"ElastiCache {engine.capitalize()} {version}"
    # ElastiCache takes "7.1" and lists "7.1" or "7.1.0".
    if any(each == version or each.startswith(f"{version}.") for each in offered):
        yield ok(name, "offered")
    else:
        near = ", ".join(sorted(offered)[-_SHOWN:])
        other = "redis" if engine == "valkey" else "valkey"
        advice = (
            f"Set engines.{engine} in settings/releases.yaml to one of: {near}"
            if near
            else f"Give --context broker.engine={other}, or choose another region."
        )
        yield failure(name, f"not offered in {subject.aws.region}", advice)


def broker_type(subject: Preflight) -> Findings:
    """The node type of the queue. ElastiCache has no list of what it offers, but sells reservations of it."""
    type_ = f"cache.{subject.settings.broker.node_type}"
    reservable = subject.aws.pages(
        "elasticache", "describe_reserved_cache_nodes_offerings", "ReservedCacheNodesOfferings", CacheNodeType=type_
    )
    if any(True for _ in reservable):
        yield ok(f"queue: {type_}", "offered")
        return
    yield warning(
        f"queue: {type_}",
        "ElastiCache sells no reservation of it here, and has no other list of what it offers",
        f"Look for {type_} in the console, or choose another: --context broker.node_type=…",
    )


def _database_version(subject: Preflight) -> str:
    return load_releases().engines.aurora(subject.settings.database.version)


def _orderable(subject: Preflight, version: str, **more: str) -> dict[str, set[str]]:
    options: dict[str, set[str]] = {}
    for option in subject.aws.pages(
        "rds",
        "describe_orderable_db_instance_options",
        "OrderableDBInstanceOptions",
        Engine=AURORA,
        EngineVersion=version,
        Vpc=True,
        **more,
    ):
        zones = {zone["Name"] for zone in option["AvailabilityZones"]}
        options.setdefault(option["DBInstanceClass"], set()).update(zones)
    return options
