"""Node.js for the CDK: the one in the environment of the Python that runs, activated or not."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def use_own_node() -> None:
    """Tell jsii, which would take the first `node` on the PATH: an old one prints a banner, and takes twice the time.

    It is read when `aws_cdk` is imported. Whoever sets JSII_NODE has said which one is meant.
    """
    own = Path(sys.prefix, "bin", "node")
    if own.exists():
        os.environ.setdefault("JSII_NODE", str(own))
