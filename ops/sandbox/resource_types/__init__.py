"""Which calls a CloudFormation resource consists of, type by type. ``docs/demo.md`` says how to add one."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Make all types known, by importing the modules that define them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    for name in ("custom_resources", "nested_stacks"):
        importlib.import_module(f"ops.sandbox.cloudformation.{name}")
