"""Whether packages go with Airflow's constraints, asked of uv before anything is built."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.errors import OpsError
from ops.upgrade.pins import Pins
from settings.packages import Packages

# What the image is: glibc of Debian 12, arm64.
_PLATFORM = "aarch64-manylinux_2_28"
_TIMEOUT_SECONDS = 300
_NO_SOLUTION = "No solution found"
_ORNAMENTS = re.compile(r"[\u00d7╰├─▶│]|\berror:|\bcause:")


def resolve(packages: Packages, constraints: Pins, *, python: str) -> tuple[str, ...]:
    """The packages with all that they need, as ``name==version``.

    Raises OpsError where there is no such set, with uv's explanation, or where uv cannot find out.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise OpsError("there is no uv here to check the packages with; run `make setup`, or give --skip-check")
    with tempfile.TemporaryDirectory() as folder:
        wanted, pinned = Path(folder, "requirements.txt"), Path(folder, "constraints.txt")
        wanted.write_text("\n".join(packages.lines), encoding="utf-8")
        pinned.write_text(
            "\n".join(f"{name}=={version}" for name, version in constraints.versions.items()), encoding="utf-8"
        )
        try:
            done = subprocess.run(  # noqa: S603 - uv, with files of our own
                [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--color", "never",
                 "--python-version", python, "--python-platform", _PLATFORM,
                 "--constraints", str(pinned), str(wanted)],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OpsError(f"uv does not run: {error}. --skip-check leaves the check to the build") from None
    if done.returncode == 0:
        return tuple(line for line in done.stdout.splitlines() if line)
    said = " ".join(_ORNAMENTS.sub(" ", done.stderr).split())
    if _NO_SOLUTION in said:
        why = said.rpartition(f"{_NO_SOLUTION} when resolving dependencies")[2].strip(" :")
        raise OpsError(f"{packages.path}: does not go with Airflow's constraints ({constraints.source}): {why}")
    raise OpsError(f"the packages cannot be checked: {said}. --skip-check leaves the check to the build")
