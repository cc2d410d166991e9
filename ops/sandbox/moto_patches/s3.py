"""Buckets."""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def apply() -> None:
    """Moto leaves out the conditions of bucket policies: 'deny what comes without TLS' becomes 'deny everything'.

    So policies are kept and described, and not applied.
    """

    def get_permission(_self: FakeBucket, _action: str, _resource: Any) -> PermissionResult:
        return PermissionResult.NEUTRAL

    FakeBucket.get_permission = get_permission  # type: ignore[assignment,method-assign]
