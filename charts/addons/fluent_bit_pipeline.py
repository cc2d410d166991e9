"""Fluent Bit's configuration: what is read on a node, what is done to it, and which log group it goes to.

The words are those of https://docs.fluentbit.io/manual/5.0. tests/local/test_fluent_bit.py runs it.
"""

from __future__ import annotations

from collections.abc import Mapping

STATE = "/var/fluent-bit/state"
"""On the node's disk: what has been read up to where, and what has not been sent yet. A new pod goes on from there."""
PORT = 2020
GRACE_SECONDS = 20
"""What it has to send the rest when it is told to stop; what is left then is on the disk."""

_CONTAINERS = "/var/log/containers"
_SYSTEM_CONTAINERS = f"{_CONTAINERS}/*_kube-system_*.log"
_JOURNAL = "/var/log/journal"
_DATAPLANE_UNITS = ("kubelet.service", "containerd.service")
_TRACEBACKS = "python-traceback"

Entries = Mapping[str, str | int] | list[tuple[str, str | int]]


def service() -> str:
    """The program itself: how much it holds, and how it tries again."""
    return _section(
        "SERVICE",
        {
            "Flush": 5,
            "Grace": GRACE_SECONDS,
            "Log_Level": "warn",
            "HTTP_Server": "On",
            # The kubelet asks it whether it is alive; nobody else may where network policies are on.
            "HTTP_Listen": "0.0.0.0",  # noqa: S104
            "HTTP_Port": PORT,
            "Parsers_File": "/fluent-bit/etc/conf/custom_parsers.conf",
            "storage.path": f"{STATE}/storage",
            "storage.sync": "normal",
            # What is not on its way stays on disk: chunks are of 2 MB, and the pod's memory is limited.
            "storage.max_chunks_up": 32,
            "storage.backlog.mem_limit": "16M",
            "storage.metrics": "On",
            "storage.delete_irrecoverable_chunks": "On",
            # Again after 5 to 60 seconds, where it would wait up to 33 minutes: CloudWatch is back sooner than that.
            "scheduler.base": 5,
            "scheduler.cap": 60,
        },
    )


def parsers() -> str:
    """Python's tracebacks, those of chained exceptions and groups included, as one record each.

    The program's own parser of that name ends at the first line of an exception's message, and at a blank line.
    """
    rules = (
        ("start_state", r"Traceback \(most recent call last\):\s*$", "frames"),
        ("frames", r"^[ \t]", "frames"),
        # The exception, by its name, with what it says or without.
        ("frames", r"^[A-Za-z_][\w.]*(?::|\s*$)", "message"),
        # What it says may go on: SQLAlchemy's statement and link, notes, lines that are indented.
        (
            "message",
            r"^(?:[ \t]+\S|\[SQL: |\[parameters: |\(Background on this error|DETAIL: |HINT: |LINE \d)",
            "message",
        ),
        ("message", r"^\s*$", "gap"),
        ("gap", r"^\s*$", "gap"),
        ("gap", r"^(?:During handling of the above|The above exception was the direct cause)", "chain"),
        ("gap", r"^(?:\[SQL: |\[parameters: |\(Background on this error)", "message"),
        ("chain", r"^\s*$", "chain"),
        ("chain", r"Traceback \(most recent call last\):\s*$", "frames"),
    )
    entries: list[tuple[str, str | int]] = [("name", _TRACEBACKS), ("type", "regex"), ("flush_timeout", 2000)]
    entries += [("rule", f'"{state}" "/{pattern}/" "{then}"') for state, pattern, then in rules]
    return _section("MULTILINE_PARSER", entries)


def inputs() -> str:
    """Containers, those of kube-system apart; the kubelet and containerd; and the rest of the node's journal."""
    return "\n".join(
        (
            _tail("application", path=f"{_CONTAINERS}/*.log", exclude=_SYSTEM_CONTAINERS),
            _tail("dataplane", path=_SYSTEM_CONTAINERS),
            _journal("dataplane.journal", units=_DATAPLANE_UNITS),
            _journal("host.journal"),
        )
    )


def filters() -> str:
    """First what belongs together is one record, then it is said where it comes from."""
    unit_names = "|".join(unit.replace(".", r"\.") for unit in _DATAPLANE_UNITS)
    return "\n".join(
        (
            _section(
                "FILTER",
                {
                    "Name": "multiline",
                    "Match": "application.*",
                    "multiline.key_content": "log",
                    "multiline.parser": _TRACEBACKS,
                    # Every record passes through this buffer: in memory it would be lost with the pod, or be full.
                    "emitter_storage.type": "filesystem",
                },
            ),
            _section(
                "FILTER",
                {
                    "Name": "kubernetes",
                    "Match": "application.*",
                    "Kube_Tag_Prefix": f"application{_CONTAINERS.replace('/', '.')}.",
                    "Kube_URL": "https://kubernetes.default.svc:443",
                    "tls.verify_hostname": "On",
                    "Buffer_Size": 0,
                    # A pod of a StatefulSet comes back under its name, on another node.
                    "Kube_Meta_Cache_TTL": "300s",
                    "Merge_Log": "On",
                    "Merge_Log_Key": "data",
                    "Keep_Log": "Off",
                    "Labels": "On",
                    "Annotations": "Off",
                    "K8S-Logging.Exclude": "On",
                },
            ),
            _section(
                "FILTER",
                {"Name": "grep", "Match": "host.journal", "Exclude": f"systemd_unit ^(?:{unit_names})$"},
            ),
            _section(
                "FILTER",
                [
                    ("Name", "record_modifier"),
                    ("Match_Regex", r"^(?:dataplane|host)\.journal$"),
                    *(
                        ("Allowlist_key", key)
                        for key in ("message", "systemd_unit", "syslog_identifier", "priority", "pid", "transport")
                    ),
                ],
            ),
        )
    )


def outputs(*, region: str, groups: Mapping[str, str]) -> str:
    """A log group for each of ``application``, ``dataplane`` and ``host``. None is made here: they are there."""
    return "\n".join(
        (
            _cloudwatch(
                "application",
                region=region,
                group=groups["application"],
                limit="4G",
                stream="$kubernetes['namespace_name'].$kubernetes['pod_name'].$kubernetes['container_name']",
            ),
            _cloudwatch("dataplane", region=region, group=groups["dataplane"], limit="512M"),
            _cloudwatch("host", region=region, group=groups["host"], limit="512M"),
        )
    )


def _tail(tag: str, *, path: str, exclude: str | None = None) -> str:
    return _section(
        "INPUT",
        {
            "Name": "tail",
            "Tag": f"{tag}.*",
            "Path": path,
            **({"Exclude_Path": exclude} if exclude else {}),
            # Puts the parts together in which containerd writes a line of more than 16 KiB.
            "multiline.parser": "cri",
            "DB": f"{STATE}/{tag}.db",
            "DB.locking": "true",
            # A container may be over before its file is found.
            "Read_from_Head": "On",
            "Refresh_Interval": 5,
            # The kubelet renames a file at 10 MiB; what is in it is read to the end.
            "Rotate_Wait": 60,
            "Buffer_Chunk_Size": "64k",
            "Buffer_Max_Size": "256k",
            "Skip_Long_Lines": "On",
            # Read even while CloudWatch takes nothing: the kubelet deletes the files that it has rotated.
            "storage.type": "filesystem",
        },
    )


def _journal(tag: str, *, units: tuple[str, ...] = ()) -> str:
    entries: list[tuple[str, str | int]] = [
        ("Name", "systemd"),
        ("Tag", tag),
        ("Path", _JOURNAL),
        *(("Systemd_Filter", f"_SYSTEMD_UNIT={unit}") for unit in units),
        ("DB", f"{STATE}/{tag}.db"),
        ("Strip_Underscores", "On"),
        ("Lowercase", "On"),
        ("storage.type", "filesystem"),
    ]
    return _section("INPUT", entries)


def _cloudwatch(tag: str, *, region: str, group: str, limit: str, stream: str | None = None) -> str:
    return _section(
        "OUTPUT",
        {
            "Name": "cloudwatch_logs",
            "Match": f"{tag}.*",
            # No pod reaches instance metadata, where it would look.
            "region": region,
            "log_group_name": group,
            "log_stream_prefix": "${NODE_NAME}.",
            **({"log_stream_template": stream} if stream else {}),
            "auto_create_group": "Off",
            "Retry_Limit": "no_limits",
            # A node with a full disk does not run: beyond this the oldest goes.
            "storage.total_limit_size": limit,
        },
    )


def _section(kind: str, entries: Entries) -> str:
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    return "\n".join([f"[{kind}]", *(f"    {key} {value}" for key, value in pairs), ""])
