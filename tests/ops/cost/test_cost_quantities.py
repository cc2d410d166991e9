"""How many of what a platform is estimated with."""

from __future__ import annotations

import pytest

from tests.ops.cost.counting import SIZES, counted
from tests.support.synthesis import AWS, BEIJING, synthesize


def units(name: str) -> dict[str, tuple[float, float]]:
    return {line.product.key: (line.least, line.most) for line in counted(name) if line.component != "Scales"}


class TestQuantities:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (
                "dev",
                {
                    "ec2/m7g.large": (3, 3),
                    "vpc/nat-gateway": (1, 1),
                    "vpc/public-ipv4": (1, 1),
                    "rds/db.t4g.medium": (2, 2),
                    "elasticache/valkey/cache.t4g.small": (2, 2),
                },
            ),
            (
                "internet",
                {
                    "vpc/nat-gateway": (3, 3),
                    "rds/db.t4g.large": (2, 2),
                    "elasticache/valkey/cache.t4g.medium": (2, 2),
                },
            ),
            (
                AWS,
                {
                    "eks/cluster": (1, 1),
                    "ec2/m7g.xlarge": (3, 3),
                    "ebs/gp3": (150, 150),
                    "vpc/nat-gateway": (3, 3),
                    "vpc/endpoint": (24, 24),  # 8 services in 3 zones
                    "rds/db.r7g.large": (2, 2),
                    "elasticache/valkey/cache.m7g.large": (2, 2),
                    "kms/key": (1, 1),
                },
            ),
            (BEIJING, {"vpc/endpoint": (18, 18)}),
            (
                "cn-own-vpc",
                {
                    "ec2/m7g.2xlarge": (3, 3),
                    "rds/db.r7g.2xlarge": (2, 2),
                    "elasticache/valkey/cache.m7g.xlarge": (2, 2),
                },
            ),
        ],
    )
    def test_of_each_size(self, name: str, expected: dict[str, tuple[float, float]]) -> None:
        # The first lines of a type are the nodes; Airflow's servers may be counted in the same type.
        found = {line.product.key: (line.least, line.most) for line in reversed(counted(name)) if not line.scales}
        assert {key: found.get(key) for key in expected} == expected

    def test_what_is_chosen_has_its_own_price(self) -> None:
        found = units("sidecar")
        assert found["eks/cluster"] == (1, 1)
        assert found["eks/cluster-in-extended-support"] == (0, 1), "instead, once the version is that old"
        assert found["rds/io-optimized/db.t4g.medium"] == (2, 2)
        assert found["elasticache/redis/cache.t4g.small"] == (2, 2)
        assert "rds/aurora-io-optimized-storage" in found
        assert "eks/cluster-in-extended-support" not in units(AWS)

    def test_each_server_of_prometheus_has_a_volume(self) -> None:
        [volumes] = [line for line in counted(AWS) if line.component == "Metrics"]
        assert (volumes.product.key, volumes.least, volumes.most) == ("ebs/gp3", 2 * 100, 2 * 100)

    def test_what_is_not_there_is_not_counted(self) -> None:
        assert {"vpc/nat-gateway", "vpc/public-ipv4", "vpc/endpoint"}.isdisjoint(units("own-vpc"))
        assert "vpc/endpoint" not in units("dev")
        assert "efs/standard" not in units("cn-bundle")
        assert [line.what for line in counted("sidecar") if "Spark" in line.what] == []

    @pytest.mark.parametrize("name", SIZES)
    def test_servers_by_what_their_pods_ask_for(self, name: str) -> None:
        airflow = synthesize(name).settings.airflow
        cpu = {"500m": 0.5, "250m": 0.25}
        asked = sum(
            cpu.get(str(server.cpu)) or float(server.cpu)
            for server, number in (
                (airflow.api_server, airflow.api_server.replicas),
                (airflow.scheduler, airflow.scheduler.replicas),
                (airflow.triggerer, airflow.triggerer.replicas),
                (airflow.dag_processor, 1),
            )
            for _ in range(number)
        )
        # And PgBouncer asks for 100m each, the StatsD exporter for 50m.
        asked += 0.1 * airflow.pgbouncer.replicas + 0.05
        [line] = [line for line in counted(name) if line.component == "Airflow"]
        assert line.least == line.most == pytest.approx(asked / 2)

    def test_what_scales_begins_at_nothing_and_ends_at_its_limit(self) -> None:
        lines = {line.what: (line.least, line.most) for line in counted(AWS) if line.scales}
        assert lines == {
            "Celery workers of queue default, 0 to 20": (0, 20),  # of 2 vCPU each, as m7g.large
            "Spark of team-a, 0 to 64 vCPU": (0, 32),
            "task pods, 0 to 128 vCPU": (0, 64),
        }

    def test_a_worker_pool_that_never_is_empty(self) -> None:
        [line] = [line for line in counted("sign-in") if "reports" in line.what]
        assert (line.least, line.most) == (0, 0.5)
