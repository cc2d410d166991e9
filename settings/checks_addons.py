"""Checks of the add-ons' switches: what others need stays on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.addons import addon_switches
from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings


def check_addons(settings: Settings) -> Iterator[Contradiction]:
    """Refuse to switch off what cannot be missed, with the reason."""
    switches = addon_switches(settings.addons)
    for switch in switches:
        if switch.is_on:
            continue
        if switch.needed:
            yield Contradiction(f"addons.{switch.name}", False, f"cannot be switched off: {switch.needed.why}")
        users = [
            f"addons.{user.name} needs it: {required.why}"
            for user in switches
            for required in user.requires
            if user.is_on and required.addon == switch.name
        ]
        if users:
            others = "those" if len(users) > 1 else "that"
            allowed = f"{'; '.join(users)}; switch {others} off too, or leave this on"
            yield Contradiction(f"addons.{switch.name}", False, allowed)
    if settings.dags.delivery == "efs" and not settings.addons.efs_csi_driver:
        allowed = "dags.delivery=efs needs it: the DAGs are on Amazon EFS; choose sidecar or bundle, or leave this on"
        yield Contradiction("addons.efs_csi_driver", False, allowed)
