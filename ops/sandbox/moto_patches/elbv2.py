"""Elastic Load Balancing: host names of internal load balancers, and of those in China."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from ops.sandbox.moto_patches.dns_suffix import in_region

_original = ELBv2Backend.create_load_balancer


def _create_load_balancer(self: ELBv2Backend, *arguments: Any, **named: Any) -> FakeLoadBalancer:
    """In moto an internal one is called as the others are."""
    made = _original(self, *arguments, **named)
    host = in_region(made.dns_name, self.region_name)
    made.dns_name = f"internal-{host}" if made.scheme == "internal" else host
    return made


def apply() -> None:
    """Mend it."""
    ELBv2Backend.create_load_balancer = _create_load_balancer  # type: ignore[method-assign]
