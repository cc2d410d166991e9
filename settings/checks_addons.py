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
    on = {each.name for each in switches if each.is_on}
    for switch in switches:
        if not switch.is_on and switch.needed:
            allowed = f"cannot be switched off: {switch.needed.why}"
            yield Contradiction(f"addons.{switch.name}", False, allowed)
        for required in switch.requires:
            if switch.is_on and required.addon not in on:
                allowed = f"addons.{switch.name} needs it: {required.why}; switch that off too, or leave this on"
                yield Contradiction(f"addons.{required.addon}", False, allowed)
    if settings.dags.delivery == "efs" and not settings.addons.efs_csi_driver:
        allowed = "dags.delivery=efs needs it: the DAGs are on Amazon EFS; choose sidecar or bundle, or leave this on"
        yield Contradiction("addons.efs_csi_driver", False, allowed)
