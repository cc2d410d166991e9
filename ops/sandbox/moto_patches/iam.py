"""Instance profiles and groups: listed below a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse


def apply() -> None:
    """Moto lists all instance profiles, and all groups, whatever ``PathPrefix`` is asked for.

    Karpenter deletes the profiles below its own path that no node class wants: of all it would delete ours too.
    """
    IamResponse.list_instance_profiles = _below_path(  # type: ignore[assignment,method-assign]
        "InstanceProfiles", lambda backend: backend.get_instance_profiles()
    )
    IamResponse.list_groups = _below_path(  # type: ignore[assignment,method-assign]
        "Groups", lambda backend: backend.list_groups()
    )


def _below_path(result: str, listed: Callable[[Any], Any]) -> Callable[[IamResponse], ActionResult]:
    def list_below(self: IamResponse) -> ActionResult:
        prefix = self._get_param("PathPrefix", "/")
        return ActionResult({result: [each for each in listed(self.backend) if each.path.startswith(prefix)]})

    return list_below
