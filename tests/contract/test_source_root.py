"""constructs/ is a source root: with an ``__init__.py`` it would shadow the AWS library of that name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_has_no_init() -> None:
    assert (ROOT / "constructs").is_dir()
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert not (ROOT / "tests" / "constructs" / "__init__.py").exists()


def test_the_name_means_the_library() -> None:
    # From the repository's own folder, first on the path, as app.py runs.
    script = "import constructs, airflow_eks; print(constructs.__file__); print(airflow_eks.__file__)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    library, ours = map(Path, done.stdout.split())
    assert "site-packages" in library.parts
    assert ours.parent == ROOT / "constructs" / "airflow_eks"
