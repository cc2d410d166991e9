"""Every SparkApplication that is written down in the project: in files of YAML, on pages of docs, in programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_FOLDERS = ("charts", "constructs", "dags", "docs", "ops", "stacks", "tests")
_KIND = re.compile(r"^\s*kind:\s*SparkApplication\s*(#.*)?$", re.MULTILINE)
_FENCED = re.compile(r"^(?P<fence>`{3,})ya?ml\n(?P<text>.*?)^(?P=fence)", re.MULTILINE | re.DOTALL)


def spark_applications(root: Path) -> dict[str, dict[str, Any]]:
    """Each of them, by where it stands. What Airflow fills in stands in quotes, and stays as it is."""
    found = {}
    for path in _files(root):
        for number, document in enumerate(_documents(path)):
            if isinstance(document, dict) and document.get("kind") == "SparkApplication":
                found[f"{path.relative_to(root)}:{number}"] = document
    return found


def mounted_but_not_given(application: dict[str, Any]) -> list[str]:
    """Mounts of volumes that the operator's webhook leaves out of the pod.

    It adds those volumes alone that the driver's (the executor's) own ``volumeMounts`` name.
    https://github.com/kubeflow/spark-operator/blob/v2.5.2/internal/webhook/sparkpod_defaulter.go
    """
    spec = application["spec"]
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    faults = []
    for part in ("driver", "executor"):
        pod = spec.get(part, {})
        own = {mount["name"] for mount in pod.get("volumeMounts", [])}
        faults += [f"{part} mounts {name}, which is no volume" for name in sorted(own - volumes)]
        for container in (*pod.get("initContainers", []), *pod.get("sidecars", [])):
            names = {mount["name"] for mount in container.get("volumeMounts", [])}
            faults += [f"{part}/{container['name']} mounts {name}" for name in sorted(names - (own & volumes))]
    return faults


def _files(root: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".md", ".py", ".yaml", ".yml"} and _KIND.search(path.read_text(encoding="utf-8")):
                yield path


def _documents(path: Path) -> Iterator[Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        texts = [match["text"] for match in _FENCED.finditer(text)]
    elif path.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    else:
        texts = [text]
    for each in texts:
        if _KIND.search(each):
            yield from yaml.safe_load_all(each)
