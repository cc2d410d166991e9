"""Docker Hub: how far its limit for pulls without a login goes."""

from __future__ import annotations

from ops.checks import Findings, ok, warning
from ops.preflight.subject import Preflight
from settings import Registry, load_releases
from settings.pulled import pulled

HOST = "docker.io"
# https://docs.docker.com/docker-hub/usage/: pulls without a login, for an IPv4 address, in six hours.
PULLS, HOURS = 100, 6


def docker_hub(subject: Preflight) -> Findings:
    """How many nodes may start before pulls are refused. Each pulls an image for itself, workers from zero."""
    settings = subject.settings
    registry, known = Registry(settings=settings, account=subject.aws.account), load_releases().images
    keys = [key for key in pulled(settings).images if key in known and registry.image(key).registry == HOST]
    if not keys:
        return
    network = settings.network
    one = network.existing_vpc is not None or network.nat_gateways == "single"
    addresses = 1 if one else network.zones
    # A node of its own for every worker, and one image on it.
    workers = sum(each.max for each in settings.airflow.worker_sets)
    images = ", ".join(sorted({registry.image(key).path for key in keys}))
    an_hour = PULLS * addresses // HOURS
    told = (
        f"{images}: without a login an address pulls {PULLS} times in {HOURS} hours, which is {an_hour} nodes started "
        f"an hour with {addresses} NAT gateway{'' if one else 's'}"
    )
    if PULLS * addresses >= workers * HOURS:
        yield ok("Docker Hub", told)
    else:
        yield warning(
            "Docker Hub",
            f"{told}, and up to {workers} workers may start at once",
            "Take them from the account's own registry: --context images.copied=docker.io, and fill it with "
            "`python -m ops mirror` and the same --context.",
        )
