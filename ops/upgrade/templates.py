"""Templates of CloudFormation, before and after the change of versions."""

from __future__ import annotations

from ops.changes.compare import Comparison
from ops.changes.findings import counted, deletions, moves, replacements
from ops.checks import Findings, NotCheckedError
from ops.upgrade.sources import stacks_of
from ops.upgrade.subject import Upgrade


def resources(upgrade: Upgrade) -> Findings:
    """What the change of templates makes anew, deletes or replaces.

    Raises NotCheckedError where one side has no templates.
    """
    if upgrade.stacks_before is None:
        raise NotCheckedError(
            f"{upgrade.before.source} has no templates to compare with",
            "Compare with what is deployed (without --from…), or give a folder of `cdk synth`: --from-assembly.",
        )
    after = stacks_of(upgrade.assembly)
    comparison = Comparison(before=upgrade.stacks_before, after=after, region=upgrade.region)
    yield counted(comparison)
    yield from replacements(comparison)
    yield from deletions(comparison, chosen=False)
    yield from moves(comparison)
