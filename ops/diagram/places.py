"""Where things stand in the picture: columns from left to right, lanes from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 1440
# Columns: people, regional services, the VPC with its entry, the cluster, the data, regional services again.
PEOPLE, LEFT, RIGHT = 72, 222, 1348
REGION_X, REGION_WIDTH = 148, 1276
VPC_X, VPC_WIDTH = 298, 972
ENTRY = 366
CLUSTER_X, CLUSTER_WIDTH = 440, 596
POOL_X, POOL_WIDTH = 454, 568
TASK_PODS_WIDTH = 186
CARD_X, CARD_WIDTH, CARD_HEIGHT = 492, 196, 54
BUS_X = 716
POOLER_X, POOLER_WIDTH = 768, 196
DATA_X, DATA_WIDTH = 1070, 188

REGION_Y, VPC_Y, CLUSTER_Y, SERVICES_Y = 76, 104, 132, 162
LANE, HEADING, GAP = 66, 30, 14
SINGLE_POOL = HEADING + CARD_HEIGHT + 10
CONTROLLERS = 12 + CARD_HEIGHT + 76
ZONES = 84


@dataclass(frozen=True, kw_only=True)
class Places:
    """Heights that depend on what there is."""

    spark: bool
    task_pods: bool

    def lane(self, number: int) -> float:
        """Middle of a lane of Airflow's servers, from 0."""
        return SERVICES_Y + HEADING + CARD_HEIGHT / 2 + LANE * number

    @property
    def workers(self) -> float:
        """Top of the workers' pool."""
        return SERVICES_Y + HEADING + 4 * LANE + GAP

    @property
    def controllers(self) -> float:
        """Top of the nodes of the controllers."""
        return self.workers + SINGLE_POOL + GAP + 8

    @property
    def task_pools(self) -> float:
        """Top of the pool of task pods and of Spark's, which are side by side."""
        return self.controllers + CONTROLLERS + GAP + 8

    @property
    def spark_x(self) -> float:
        """Left edge of Spark's pools."""
        return POOL_X + TASK_PODS_WIDTH + 12 if self.task_pods else POOL_X

    @property
    def cluster_end(self) -> float:
        """Bottom of the cluster."""
        if self.spark or self.task_pods:
            return self.task_pools + SINGLE_POOL + 12
        return self.controllers + CONTROLLERS + 12

    @property
    def vpc_end(self) -> float:
        """Bottom of the VPC."""
        return self.cluster_end + GAP + ZONES + 12

    @property
    def height(self) -> float:
        """Of the whole picture."""
        return self.vpc_end + 66
