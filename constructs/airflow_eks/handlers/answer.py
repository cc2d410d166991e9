"""What the functions behind our custom resources share: an event is handled, and CloudFormation gets its answer."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

logging.getLogger().setLevel(logging.INFO)
log = logging.getLogger(__name__)

Event = Mapping[str, Any]
# The answer may have 4 KB, the rest of it included.
_LONGEST_REASON = 1000


def answering(handle: Callable[[Event], str | None]) -> Callable[[Event, object], None]:
    """A Lambda handler of a function that says what it did, or raises what went wrong.

    It says None where it has asked for another invocation, which goes on with the event and answers.
    """

    def handler(event: Event, _context: object) -> None:
        # The address of the answer is a secret of CloudFormation's.
        log.info("%s", {key: value for key, value in event.items() if key != "ResponseURL"})
        status = "SUCCESS"
        said: str | None
        try:
            said = handle(event)
        except Exception as error:
            log.exception("%s failed", event["RequestType"])
            status, said = "FAILED", f"{type(error).__name__}: {error}"
        if said is None:
            return
        log.info("%s: %s", status, said)
        answer = {
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
            # The same for ever: an update changes this one, and replaces nothing.
            "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
            "Status": status,
            "Reason": said[:_LONGEST_REASON] or "done",
        }
        request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address, by HTTPS
            event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""}
        )
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - as above
            pass

    return handler
