"""One file per add-on, by the name of its switch in settings/addons.py. Each has a function ``addon``."""

from charts.addons.base import Addon, AddonContext, EksAddon, HelmAddon, ServiceAccount, Statement, enabled_addons

__all__ = ["Addon", "AddonContext", "EksAddon", "HelmAddon", "ServiceAccount", "Statement", "enabled_addons"]
