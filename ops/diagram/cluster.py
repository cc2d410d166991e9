"""The cluster in the picture: Airflow's servers, the workers, the controllers, Spark."""

from __future__ import annotations

from ops.diagram import places
from ops.diagram.canvas import FAINT, TIMES, Canvas, folded
from ops.diagram.kinds import Facts, Pool, Team
from ops.diagram.places import Places
from ops.names import TASK_PODS

# Of the controllers these do something that the picture shows. From left to right: name, what it does, width.
_CONTROLLERS = {
    "external-secrets": ("External Secrets", "syncs secrets", 146),
    "keda": ("KEDA", "scales workers", 122),
    "karpenter": ("Karpenter", "starts nodes", 122),
    "spark-operator": ("Spark operator", "starts drivers", 132),
}
# Not parts of their own: definitions of another release, and what all of this is about.
_NOT_SHOWN = {"airflow", "karpenter-crd", "prometheus-operator-crds"}
_DELIVERED = {"efs": "DAGs from EFS", "sidecar": "DAGs by git-sync", "bundle": "DAGs as git bundle"}
_AT_MOST = 2
_END = places.POOL_X + places.POOL_WIDTH - 14


def draw_cluster(canvas: Canvas, facts: Facts, at: Places) -> None:
    """The cluster, and what goes on within it."""
    canvas.frame(
        (places.CLUSTER_X, places.CLUSTER_Y, places.CLUSTER_WIDTH, at.cluster_end - places.CLUSTER_Y),
        "Amazon EKS · private subnets",
        stack="Cluster",
    )
    _servers(canvas, facts, at)
    _workers(canvas, facts, at)
    _controllers(canvas, facts, at)
    if facts.task_pods:
        _task_pods(canvas, facts.task_pods, facts.pool(TASK_PODS), at)
    if at.spark:
        _spark(canvas, facts, at)


def _pool(
    canvas: Canvas, y: float, height: float, title: str, *, stack: str = "Controllers", title_y: float = 19
) -> None:
    # The names of pools stand over their cards: left of these, tasks go up to the API server.
    box = (places.POOL_X, y, places.POOL_WIDTH, height)
    canvas.frame(box, title, stack=stack, dashed=True, at=(places.CARD_X - places.POOL_X, title_y))


def _named(pool: Pool) -> str:
    limit = f" · up to {pool.cpu} CPU" if pool.cpu else ""
    return f"Karpenter pool {pool.name} · {' and '.join(pool.capacity)}{limit}"


def _servers(canvas: Canvas, facts: Facts, at: Places) -> None:
    _pool(canvas, places.SERVICES_Y, places.HEADING + 4 * places.LANE, _named(facts.pool("airflow-services")))
    delivered = _DELIVERED[facts.repository.delivery]
    pulls = "reads DAGs, git bundle" if facts.repository.delivery == "bundle" else "with git-sync"
    servers = (
        ("dagProcessor", "DAG processor", pulls),
        ("apiServer", "API server", "UI and task API"),
        ("triggerer", "Triggerer", delivered),
        ("scheduler", "Scheduler", "Celery executor"),
    )
    end = places.CARD_X + places.CARD_WIDTH
    joins = [at.lane(0) + 12, at.lane(1), at.lane(2), at.lane(3) - 14]
    for lane, (key, title, line) in enumerate(servers):
        canvas.card(
            (places.CARD_X, at.lane(lane) - places.CARD_HEIGHT / 2, places.CARD_WIDTH, places.CARD_HEIGHT),
            f"{title} {TIMES}{facts.replicas[key]}",
            [line],
            stack="Airflow",
        )
        canvas.arrow([(end, joins[lane]), (places.BUS_X, joins[lane])], head=False)
    middle = (at.lane(1) + at.lane(2)) / 2
    canvas.arrow([(places.BUS_X, joins[0]), (places.BUS_X, joins[-1])], head=False)
    canvas.arrow([(places.BUS_X, middle), (places.POOLER_X, middle)])
    canvas.card(
        (places.POOLER_X, middle - 32, places.POOLER_WIDTH, 64),
        f"PgBouncer {TIMES}{facts.replicas['pgbouncer']}",
        ["pools connections"],
        stack="Airflow",
    )


def _workers(canvas: Canvas, facts: Facts, at: Places) -> None:
    _pool(canvas, at.workers, places.SINGLE_POOL, _named(facts.pool("airflow-workers")))
    top = at.workers + places.HEADING
    shown = facts.workers[:_AT_MOST]
    for workers, (x, width) in zip(shown, _side_by_side(len(shown)), strict=True):
        words = [f"queue {workers.queue}", workers.size]
        if len(shown) == 1:
            words.append(_DELIVERED[facts.repository.delivery])
        canvas.card(
            (x, top, width, places.CARD_HEIGHT),
            f"Celery workers {workers.least}…{workers.most}",
            [" · ".join(words)],
            stack="Airflow",
        )
    rest = len(facts.workers) - _AT_MOST
    if rest > 0:
        canvas.text(f"+ {rest} more", _END, at.workers + 19, colour=FAINT, at="end")
    # Tasks of Airflow 3 speak with the API server, not with the database.
    riser, left = places.CARD_X - 20, places.CARD_X
    middle = top + places.CARD_HEIGHT / 2
    canvas.arrow([(left, middle), (riser, middle), (riser, at.lane(1) + 16), (left, at.lane(1) + 16)])


def _side_by_side(number: int, left: float = places.CARD_X) -> list[tuple[float, float]]:
    """Left edges and widths of cards that fill a pool."""
    gap = 12
    width = (_END - left - gap * (number - 1)) / number
    return [(left + (width + gap) * index, width) for index in range(number)]


def _controllers(canvas: Canvas, facts: Facts, at: Places) -> None:
    title = f"managed node group · {facts.system_nodes} {TIMES} {facts.system_type} over the zones"
    # Arrows come in from above, so that the name stands below the cards.
    top = at.controllers + 12
    below = top + places.CARD_HEIGHT + 18
    _pool(canvas, at.controllers, places.CONTROLLERS, title, stack="Cluster", title_y=below - at.controllers)
    x = float(places.POOL_X + 14)
    middles = {}
    for release, (title, line, width) in _CONTROLLERS.items():
        if release not in facts.releases:
            continue
        canvas.card((x, top, width, places.CARD_HEIGHT), title, [line], stack=facts.releases[release])
        middles[release] = x + width / 2
        x += width + 6
    others = sorted(set(facts.releases) - set(_CONTROLLERS) - _NOT_SHOWN)
    for number, words in enumerate(folded(f"also in the cluster: {', '.join(others)}", _END - places.CARD_X, 11.5), 1):
        canvas.text(words, places.CARD_X, below + 16 * number, colour=FAINT, size=11.5)
    above = at.workers + places.SINGLE_POOL
    for release in ("keda", "karpenter"):
        if release in middles:
            canvas.arrow([(middles[release], top), (middles[release], above + 1)], dashed=True)
    if at.spark:
        bottom = at.controllers + places.CONTROLLERS
        x = middles["spark-operator"]
        canvas.arrow([(x, above), (x, top)])
        canvas.text("submits Spark jobs", x - 8, above + 16, size=11.5, at="end")
        canvas.arrow([(x, bottom), (x, at.task_pools)], dashed=True)
        canvas.arrow([(middles["karpenter"], bottom), (middles["karpenter"], at.task_pools)], dashed=True)


def _task_pods(canvas: Canvas, quota: Team, pool: Pool, at: Places) -> None:
    x, width, top = places.POOL_X, places.TASK_PODS_WIDTH, at.task_pools
    title = f"pool {pool.name} · {pool.capacity[0]}"
    canvas.frame((x, top, width, places.SINGLE_POOL), title, stack="Controllers", dashed=True, at=(14, 19))
    box = (x + 14, top + places.HEADING, width - 28, places.CARD_HEIGHT)
    canvas.card(box, "Task pods", [f"at most {quota.quota.partition(',')[0]}"], stack="Airflow")
    # Workers start them, by the left edge of what is between.
    canvas.arrow([(x + 7, at.workers + places.SINGLE_POOL), (x + 7, top)])
    start = (x + width / 2, at.controllers + places.CONTROLLERS)
    canvas.arrow([start, (start[0], top)], dashed=True)


def _spark(canvas: Canvas, facts: Facts, at: Places) -> None:
    capacity = sorted({kind for pool in facts.spark_pools for kind in pool.capacity}, reverse=True)
    title = f"{len(facts.spark_pools)} Karpenter pools spark-* · {' and '.join(capacity)}"
    box = (at.spark_x, at.task_pools, places.POOL_X + places.POOL_WIDTH - at.spark_x, places.SINGLE_POOL)
    left = at.spark_x + (14 if at.task_pods else places.CARD_X - places.POOL_X)
    canvas.frame(box, title, stack="Controllers", dashed=True, at=(left - at.spark_x, 19))
    top = at.task_pools + places.HEADING
    shown = facts.teams[:_AT_MOST]
    for team, (x, width) in zip(shown, _side_by_side(len(shown), left), strict=True):
        canvas.card(
            (x, top, width, places.CARD_HEIGHT),
            f"Jobs of {team.name}",
            # Beside another there is no room for the number of pods.
            [f"at most {team.quota if len(shown) == 1 else team.quota.rpartition(', ')[0]}"],
            stack="Spark",
        )
    rest = len(facts.teams) - _AT_MOST
    if rest > 0:
        canvas.text(f"+ {rest} more", _END, at.task_pools + 19, colour=FAINT, at="end")
