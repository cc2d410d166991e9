"""The picture: what is told from left to right, from a push and a browser to the data."""

from __future__ import annotations

from ops.diagram import places
from ops.diagram.canvas import FAINT, SCALES, TEXT, Canvas, fitting
from ops.diagram.cluster import draw_cluster
from ops.diagram.kinds import Facts
from ops.diagram.places import Places
from ops.diagram.services import draw_data, draw_regional
from settings import PARTITIONS

# Dark enough on white, and apart from each other.
_COLOURS = {
    "Network": "#7a3fb5",
    "DagSource": "#455a64",
    "State": "#1565c0",
    "Cluster": "#d55e00",
    "Controllers": SCALES,
    "Airflow": "#c2185b",
    "Spark": "#9a7500",
}
_FURTHER = ("#5d4037", "#37474f", "#33691e", "#311b92")


def draw_picture(facts: Facts) -> str:
    """The SVG of a platform."""
    at = Places(spark="spark-operator" in facts.releases, task_pods=facts.task_pods is not None)
    others = [stack for stack in facts.stacks if stack not in _COLOURS]
    colours = _COLOURS | {stack: _FURTHER[number % len(_FURTHER)] for number, stack in enumerate(others)}
    canvas = Canvas(width=places.WIDTH, height=at.height, colours=colours)
    _frames(canvas, facts, at)
    draw_cluster(canvas, facts, at)
    _entry(canvas, facts, at)
    draw_data(canvas, facts, at)
    draw_regional(canvas, facts, at)
    _zones(canvas, facts, at)
    _legend(canvas, facts, at, colours)
    return canvas.svg()


def _frames(canvas: Canvas, facts: Facts, at: Places) -> None:
    partition = next((each.name for each in PARTITIONS.values() if facts.region in each.regions), "")
    canvas.text(f"Apache Airflow {facts.airflow} on Amazon EKS", 24, 40, size=24, bold=True)
    about = (
        f"deployment {facts.name}",
        f"partition {partition}" if partition else "",
        f"Kubernetes {facts.kubernetes}",
    )
    canvas.text(" · ".join(filter(None, (*about, "Graviton (arm64)"))), 24, 62, size=13.5, colour=FAINT)
    canvas.frame(
        (places.REGION_X, places.REGION_Y, places.REGION_WIDTH, at.vpc_end + 12 - places.REGION_Y),
        f"AWS region {facts.region}",
        stack="",
    )
    network = facts.network
    vpc = f"Existing VPC {network.existing}" if network.existing else "VPC"
    canvas.frame(
        (places.VPC_X, places.VPC_Y, places.VPC_WIDTH, at.vpc_end - places.VPC_Y),
        f"{vpc} · {len(network.zones)} zones",
        stack="" if network.existing else "Network",
    )


def _entry(canvas: Canvas, facts: Facts, at: Places) -> None:
    pushed, browsed = at.lane(0), at.lane(1)
    repository, entry = facts.repository, facts.entry
    canvas.icon("resource/User", places.PEOPLE - 22, (pushed + browsed) / 2 - 24, 44)
    canvas.text("Data engineer", places.PEOPLE, browsed + 22, bold=True, at="middle")
    processor = places.CARD_X
    if repository.codecommit:
        source = "DagSource" if repository.made else ""
        canvas.service(
            (places.LEFT, pushed),
            "CodeCommit",
            [repository.name],
            stack=source,
            icon="architecture-service/AWSCodeCommit",
        )
        canvas.arrow([(places.PEOPLE + 28, pushed), (places.LEFT - 24, pushed)], "git push", at=(121, pushed - 12))
        canvas.arrow([(places.LEFT + 24, pushed), (processor, pushed)], "pulls", at=(places.ENTRY, pushed - 10))
    else:
        above = pushed - 96
        canvas.icon("resource/GitRepository", places.PEOPLE - 20, above - 20, 40)
        canvas.text(fitting(repository.name, 140, TEXT), places.PEOPLE, above + 36, bold=True, at="middle")
        canvas.arrow(
            [(places.PEOPLE, pushed - 2), (places.PEOPLE, above + 42)], "git push", at=(places.PEOPLE + 34, pushed - 26)
        )
        canvas.arrow(
            [(places.PEOPLE + 24, above), (places.LEFT + 40, above), (places.LEFT + 40, pushed), (processor, pushed)],
            "pulls",
            at=(places.ENTRY, pushed - 10),
        )
    details = [entry.scheme, *([entry.host] if entry.host else []), *(["AWS WAF"] if entry.firewall else [])]
    canvas.service(
        (places.ENTRY, browsed),
        "Load balancer",
        details,
        stack="Airflow",
        icon="architecture-service/ElasticLoadBalancing",
    )
    canvas.arrow([(places.PEOPLE + 28, browsed), (places.ENTRY - 24, browsed)], entry.listens, at=(121, browsed - 12))
    canvas.arrow([(places.ENTRY + 24, browsed), (processor, browsed)])


def _zones(canvas: Canvas, facts: Facts, at: Places) -> None:
    network = facts.network
    left, top = places.CLUSTER_X, at.cluster_end + places.GAP
    # What is of the network and of no zone stands left of the zones.
    x = places.VPC_X + 12
    canvas.text("Network", x, top + 19, bold=True)
    lines = [f"{network.nat_gateways} NAT gateway{'s' * (network.nat_gateways != 1)}"]
    if network.interface_endpoints:
        lines.append(f"{network.interface_endpoints} service endpoints")
    if network.gateway_endpoints:
        lines.append("S3 endpoint")
    for number, words in enumerate([] if network.existing else lines, 1):
        canvas.text(words, x, top + 18 + 16 * number, colour=FAINT)
    room = places.VPC_X + places.VPC_WIDTH - 14 - left
    each = (room - places.GAP * (len(network.zones) - 1)) / len(network.zones)
    for number, ranges in enumerate(network.zones):
        start = left + number * (each + places.GAP)
        canvas.frame(
            (start, top, each, places.ZONES),
            f"Zone {number + 1}",
            stack="" if network.existing else "Network",
            dashed=True,
        )
        known = [f"{kind}  {block}" for kind, block in ranges.items()] or ["subnets that were there before"]
        for row, words in enumerate(known, 1):
            canvas.text(words, start + 12, top + 20 + 17 * row, colour=FAINT)


def _legend(canvas: Canvas, facts: Facts, at: Places, colours: dict[str, str]) -> None:
    y = at.vpc_end + 42
    canvas.text("CloudFormation stacks, in their order", places.REGION_X, y, bold=True)
    x = places.REGION_X + 262.0
    for stack in facts.stacks:
        canvas.dot(x, y - 4, colours[stack])
        canvas.text(stack, x + 11, y)
        x += 40 + 7.6 * len(stack)
    canvas.arrow([(1190, 54), (1224, 54)])
    canvas.text("data", 1230, 58)
    canvas.arrow([(1290, 54), (1324, 54)], dashed=True)
    canvas.text("starts, scales", 1330, 58)
