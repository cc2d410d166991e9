"""Versions of Python distributions that go with a release of Airflow: its constraint files, or requirements."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from ops.checks import NotCheckedError
from ops.errors import OpsError

# Where Airflow's project publishes the constraints that its images are built with:
# https://airflow.apache.org/docs/apache-airflow/stable/installation/installing-from-pypi.html#constraints-files
PUBLISHED = "https://raw.githubusercontent.com/apache/airflow"
IMAGE_PYTHON = "3.12"
"""Python of the image apache/airflow:<version> of Airflow 3, where its tag names none (AIRFLOW_PYTHON_VERSION)."""
_TIMEOUT_SECONDS = 15
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(\[[^]]*\])?==(?P<version>[^\s;#\\]+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Pins:
    """Versions by canonical name, and who says so."""

    source: str
    versions: Mapping[str, str]


def read_pins(text: str, source: str) -> Pins:
    """Every line ``name==version`` of a file. Raises OpsError where there is none."""
    versions = {str(canonicalize_name(found["name"])): found["version"] for found in _PIN.finditer(text)}
    if not versions:
        raise OpsError(f"{source}: has no line like apache-airflow-providers-amazon==9.29.0")
    return Pins(source=source, versions=versions)


@dataclass(frozen=True, kw_only=True)
class ConstraintFiles:
    """Where the constraints of either side come from."""

    before: Path | None = None
    after: Path | None = None
    python: str = IMAGE_PYTHON
    may_fetch: bool = True
    published: str = PUBLISHED
    requirements_before: str | None = None
    """requirements-airflow.txt of the revision that is compared with: fewer distributions, but at hand."""
    requirements_after: str | None = None

    def pins(self, version: str, file: Path | None) -> Pins:
        """The constraints of a version: the file where one is given, else as published.

        Raises NotCheckedError where they cannot be had, OpsError where the file is not what it should be.
        """
        if file is not None:
            try:
                return read_pins(file.read_text(encoding="utf-8"), str(file))
            except (OSError, UnicodeDecodeError) as error:
                raise OpsError(f"{file}: {error}") from None
        url = f"{self.published}/constraints-{version}/constraints-{self.python}.txt"
        if not self.may_fetch:
            raise NotCheckedError(f"the constraints of Airflow {version} are not here", _give(url))
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - a fixed address
                return read_pins(answer.read().decode("utf-8"), url)
        except urllib.error.HTTPError as error:
            told = f"Airflow {version} has no constraints for Python {self.python}: {url} answered {error.code}"
            raise NotCheckedError(told, _give(url)) from None
        # The last two: an address of a proxy that is none.
        except (OSError, ValueError, http.client.HTTPException) as error:
            cause = getattr(error, "reason", None) or error
            raise NotCheckedError(f"{url} cannot be reached: {cause}", _give(url)) from None


def _give(url: str) -> str:
    return f"Download {url} elsewhere, and give both files: --constraints-before FILE --constraints-after FILE"
