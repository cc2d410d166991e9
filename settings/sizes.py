"""Size classes: one word sets database, queue, nodes, replicas and worker limits together.

A size class is a partial set of settings. It lies beneath what the user sets, so that each value can be overridden.
"""

from __future__ import annotations

from typing import Literal

Size = Literal["dev", "small", "medium", "large"]
DEFAULT_SIZE: Size = "medium"

SizeValue = str | int | bool | None
SizeValues = dict[str, SizeValue]

# Rows are settings, columns are size classes: the way a person compares them.
_TABLE: dict[str, tuple[SizeValue, SizeValue, SizeValue, SizeValue]] = {
    #                                      dev              small            medium            large
    "removal":                            ("destroy",       "keep",          "keep",           "keep"),
    "deletion_protection":                (False,           True,            True,             True),
    "network.nat_gateways":               ("single",        "one_per_zone",  "one_per_zone",   "one_per_zone"),
    "network.interface_endpoints":        (False,           False,           True,             True),
    "cluster.public_access":              (True,            None,            None,             None),
    "cluster.nodes.instance_type":        ("m7g.large",     "m7g.large",     "m7g.xlarge",     "m7g.2xlarge"),
    "database.instance_type":             ("t4g.medium",    "t4g.large",     "r7g.large",      "r7g.2xlarge"),
    "database.backup_retention_days":     (1,               7,               14,               35),
    "database.snapshots_before_migration": (0,              3,               3,                5),
    "broker.node_type":                   ("t4g.small",     "t4g.medium",    "m7g.large",      "m7g.xlarge"),
    "logs.retention_days":                (7,               30,              90,               365),
    "logs.task_log_expiration_days":      (14,              90,              180,              365),
    "metrics.replicas":                   (1,               1,               2,                2),
    "metrics.cpu":                        ("250m",          "500m",          "500m",           "1"),
    "metrics.memory":                     ("2Gi",           "2Gi",           "4Gi",            "8Gi"),
    "airflow.api_server.replicas":        (1,               2,               2,                3),
    "airflow.api_server.cpu":             ("500m",          "1",             "1",              "2"),
    "airflow.api_server.memory":          ("2Gi",           "2Gi",           "3Gi",            "4Gi"),
    "airflow.scheduler.replicas":         (1,               2,               2,                3),
    "airflow.scheduler.cpu":              ("500m",          "1",             "1",              "2"),
    "airflow.scheduler.memory":           ("1Gi",           "2Gi",           "2Gi",            "4Gi"),
    "airflow.dag_processor.cpu":          ("500m",          "1",             "1",              "2"),
    "airflow.dag_processor.memory":       ("1Gi",           "2Gi",           "2Gi",            "4Gi"),
    "airflow.triggerer.replicas":         (1,               2,               2,                2),
    "airflow.triggerer.cpu":              ("250m",          "500m",          "500m",           "1"),
    "airflow.triggerer.memory":           ("1Gi",           "1Gi",           "2Gi",            "2Gi"),
    "airflow.pgbouncer.replicas":         (1,               2,               2,                2),
    "airflow.pgbouncer.max_client_connections": (1000,      2000,            4000,             10000),
    "airflow.pgbouncer.metadata_pool_size":     (20,        40,              80,               200),
    "airflow.pgbouncer.result_backend_pool_size": (5,       10,              20,               50),
    "airflow.task_pods.cpu":              ("8",             "32",            "128",           "256"),
    "airflow.task_pods.memory":           ("32Gi",          "128Gi",         "512Gi",         "1024Gi"),
    "airflow.task_pods.pods":             (20,              100,             400,             1000),
    "airflow.workers.max":                (2,               10,              20,               60),
    "airflow.workers.concurrency":        (8,               8,               16,               16),
    "airflow.workers.cpu":                ("1",             "1",             "2",              "4"),
    "airflow.workers.memory":             ("3Gi",           "4Gi",           "8Gi",            "16Gi"),
}  # fmt: skip

SIZES: dict[Size, SizeValues] = {
    "dev": {key: row[0] for key, row in _TABLE.items()},
    "small": {key: row[1] for key, row in _TABLE.items()},
    "medium": {key: row[2] for key, row in _TABLE.items()},
    "large": {key: row[3] for key, row in _TABLE.items()},
}
