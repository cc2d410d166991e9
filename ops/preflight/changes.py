"""What this deployment would change of the one that is there."""

from __future__ import annotations

from ops.changes.compare import Comparison
from ops.changes.findings import counted, deletions, moves, replacements
from ops.checks import Findings
from ops.preflight.subject import Preflight
from ops.stack import named_templates
from ops.upgrade.sources import stacks_of


def changes(subject: Preflight) -> Findings:
    """Replaced, refused, gone: the templates that are deployed beside those of these settings."""
    stack = subject.stack
    if stack is None or not subject.updates:
        return
    comparison = Comparison(
        before=dict(named_templates(subject.aws, stack)),
        after=stacks_of(subject.assembly),
        region=subject.aws.region,
    )
    yield counted(comparison)
    yield from replacements(comparison)
    yield from deletions(comparison, chosen=True)
    yield from moves(comparison)
