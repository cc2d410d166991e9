"""What the application would deploy with these settings: a synthesis of this working tree, read and thrown away.

The commands never import the CDK. The application runs as the CDK's command line runs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ops.assembly import Assembly, AssemblyError, read_assembly
from ops.checks import NotCheckedError

_ROOT = Path(__file__).parents[1]
_TIMEOUT_SECONDS = 900
_FAULT, _ADVICE = "the application does not synthesize", "Run `cdk synth`, which says more."
# Lambda layers of 80 MB each are copied otherwise, and nobody looks at them.
_CONTEXT = {"aws:cdk:disable-asset-staging": True}


def synthesized(context: Iterable[str], *, name: str) -> Assembly:
    """The templates that these ``key=value`` give for a deployment. Raises NotCheckedError where there are none."""
    given = dict(pair.split("=", maxsplit=1) for pair in context)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "CDK_OUTDIR": folder,
            "CDK_CONTEXT_JSON": json.dumps({**given, **_CONTEXT}),
            # Those of this environment, jsii's Node among them.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        }
        try:
            done = subprocess.run(
                [sys.executable, "app.py"],
                cwd=_ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )
            if done.returncode:
                raise NotCheckedError(
                    f"the application does not synthesize: {_last_line(done.stderr)}", "See: cdk synth"
                )
            return read_assembly(Path(folder), name=name)
        except (OSError, subprocess.TimeoutExpired, AssemblyError) as error:
            raise NotCheckedError(f"{_FAULT}: {error}", _ADVICE) from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it ended without a word"])[-1]
