"""Hosted zones."""

from __future__ import annotations

from typing import Any

from moto.route53 import models


def apply() -> None:
    """Moto gives hosted zones ids of any letters. AWS' begin with a Z, which settings are checked for."""
    make = models.create_route53_zone_id

    def create_route53_zone_id(**arguments: Any) -> str:
        return f"Z{make(**arguments)[1:]}"

    models.create_route53_zone_id = create_route53_zone_id
