"""Asks again what AWS refuses for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

log = logging.getLogger(__name__)

# A database that is being changed takes no other change, and a permission that was just given takes a while to be known
# everywhere: this is how often, every ten seconds, is tried again.
ATTEMPTS, PAUSE_SECONDS = 60, 10
_AGAIN = {"InvalidDBClusterStateFault", "AccessDenied", "AccessDeniedException"}

Answer = TypeVar("Answer")


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask until it is no longer refused for such a reason. Raises what AWS refuses to the last."""
    for _ in range(ATTEMPTS - 1):
        try:
            return ask()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _AGAIN:
                raise
            log.info("again in %s seconds: %s", PAUSE_SECONDS, error)
            time.sleep(PAUSE_SECONDS)
    return ask()
