"""Kubernetes quantities, as numbers to calculate with."""

from __future__ import annotations


def cores(quantity: str) -> float:
    """CPU of a quantity in vCPUs: ``500m`` is 0.5."""
    return int(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def gibibytes(quantity: str) -> float:
    """Memory of a quantity in GiB: ``512Mi`` is 0.5."""
    number = int(quantity[:-2])
    return number / 1024 if quantity.endswith("Mi") else float(number)
