"""Which templates the CDK has checked already: the same sources and settings give the same ones again.

The CDK holds each template against CloudFormation's schemas when it synthesizes, which takes a third of the time. What
it had nothing to say about once is not checked again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("settings", "stacks", "charts", "constructs", "dags", "docker", "app.py", "cdk.json", "requirements.txt")
"""What a synthesis reads."""
_LIBRARIES = ("aws-cdk-lib", "cdk8s", "constructs", "jsii")
# What the command line of the CDK says: the context, or where the file is that has it, if it is long.
_CONTEXT, _CONTEXT_FILE = "CDK_CONTEXT_JSON", "CONTEXT_OVERFLOW_LOCATION_ENV"


class Checked:
    """What is known of the templates of these sources and this context. The CDK is told so by its own variables."""

    def __init__(self, *, root: Path = ROOT) -> None:
        # Always the same folder, so that what has not changed is not copied there again.
        self._report = Path(os.environ.setdefault("CDK_OUTDIR", "cdk.out"), "validation-report.json")
        self._mark = root / ".cache" / "checked" / key(root)
        if self._mark.exists():
            os.environ["CDK_VALIDATION"] = "false"
        # What was said of other templates is not said of these.
        with suppress(OSError):
            self._report.unlink()

    def remember(self) -> None:
        """Remember templates that were checked, if nothing at all was said about them."""
        # Where nothing can be read or written, the next run checks again.
        with suppress(OSError, ValueError, LookupError, TypeError):
            reports = json.loads(self._report.read_text(encoding="utf-8"))["pluginReports"]
            if not any(report["violations"] for report in reports):
                self._mark.parent.mkdir(parents=True, exist_ok=True)
                self._mark.touch()


def key(root: Path) -> str:
    """Another one for each other source, library and context."""
    digest = hashlib.sha256(sources(root, SOURCES).encode())
    digest.update(os.environ.get(_CONTEXT, "").encode())
    overflow = os.environ.get(_CONTEXT_FILE)
    if overflow:
        digest.update(Path(overflow).read_bytes())
    return digest.hexdigest()


def sources(root: Path, names: Iterable[str]) -> str:
    """Another text for each other content or name of a file, in these files and folders, and for other libraries."""
    digest = hashlib.sha256(sys.version.encode())
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):  # who imports it will say so
            digest.update(f"{name} {version(name)}\0".encode())
    for file in sorted(_files(root, names)):
        digest.update(f"{file.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        if (root / name).is_file():
            yield root / name
        for folder, folders, files in os.walk(root / name):
            folders[:] = [each for each in folders if each != "__pycache__"]
            yield from (Path(folder, each) for each in files)
