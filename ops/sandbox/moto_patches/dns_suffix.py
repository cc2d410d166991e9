"""Host names: moto says ``amazonaws.com`` in China too, where it is ``amazonaws.com.cn``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecr.models import Repository
from moto.rds.models import DBCluster, DBInstance

from ops.sandbox.regions import region_named

_SUFFIX = "amazonaws.com"


def in_region(host: str, region: str) -> str:
    """A host name of moto's as it is in this region."""
    head, found, tail = host.partition(_SUFFIX)
    return f"{head}{region_named(region).dns_suffix}{tail}" if found else host


def apply() -> None:
    """Mend the host names that the platform's outputs and charts carry."""
    _mend_property(DBCluster, "endpoint")
    _mend_property(DBCluster, "reader_endpoint")
    _mend_property(DBInstance, "address")
    _mend_repository()


def _mend_property(model: type[Any], name: str) -> None:
    original: Callable[[Any], str] = getattr(model, name).fget

    def mended(self: Any) -> str:
        return in_region(original(self), self.region)

    setattr(model, name, property(mended))


def _mend_repository() -> None:
    initialize = Repository.__init__

    def __init__(self: Repository, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        initialize(self, *args, **kwargs)
        self.uri = in_region(self.uri, self.region_name)

    Repository.__init__ = __init__  # type: ignore[method-assign]
