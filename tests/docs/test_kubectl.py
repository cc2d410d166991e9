"""Commands of the pages that change the cluster: none owns a field of a release, and what they name is there.

Helm 4 applies on the server's side. Who changed a field of a release owns it, and the next upgrade that would have it
otherwise is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_KUBECTL = re.compile(r"\bkubectl\s[^`|;&]*")
_NAMED = re.compile(r"\b(?:deployment|deploy)(?:/|\s)(airflow-[a-z-]+)")
WRITES = ("annotate", "apply", "autoscale", "edit", "expose", "label", "patch", "replace", "scale", "set", "taint")

# What may be written, and why it is in no release's way.
HARMLESS = {
    r"scale deployment [a-z -]+ --replicas=0$": "Kubernetes writes down no owner of a zero",
    r"replace --force --filename -$": "a Job, and no release has one",
    r"patch persistentvolumeclaim ": "claims come from StatefulSets, not from a release",
    r"annotate scaledobject --all autoscaling\.keda\.sh/paused-replicas(=0|-)$": "no release has this annotation",
    r"annotate ingress airflow-ingress (--overwrite )?alb\.ingress\.kubernetes\.io/wafv2-acl-arn(=none|-)$": (
        "the page takes it away again"
    ),
}


def commands(page: Path) -> list[str]:
    """Every kubectl command of a page, without its options for the connection and comments."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    # Inline code may go on in the next line; what is fenced may not.
    inline = [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    fenced = [line for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    found = [command for line in [*inline, *fenced] for command in _KUBECTL.findall(line.partition(" #")[0])]
    plain = [re.sub(r"\s--(?:namespace|context|kubeconfig)[ =]\S+", "", command).strip() for command in found]
    # Without an object, or with one left out, it is a word about a command, and none to be run.
    return [command for command in plain if len(command.split()) > 2 and "…" not in command]


def verb(command: str) -> str:
    return next((word for word in command.split()[1:] if not word.startswith("-")), "")


ALL = [(page, command) for page in PAGES for command in commands(page)]


def test_commands_are_found() -> None:
    assert len(ALL) > 50
    assert {"get", "rollout", "scale", "annotate"} <= {verb(command) for _, command in ALL}


@pytest.mark.parametrize(
    ("page", "command"),
    [(page, command) for page, command in ALL if verb(command) in WRITES],
    ids=str,
)
def test_nobody_is_told_to_own_a_field_of_a_release(page: Path, command: str) -> None:
    words = command.removeprefix("kubectl ")
    assert any(re.match(pattern, words) for pattern in HARMLESS), f"{page.name}: the next deployment would be refused"


def test_what_is_annotated_for_a_while_is_taken_away_again() -> None:
    for page in {page for page, command in ALL if verb(command) == "annotate"}:
        names = [command.split()[-1] for command in commands(page) if verb(command) == "annotate"]
        assert {each.partition("=")[0] for each in names if "=" in each} == {
            each.removesuffix("-") for each in names if "=" not in each
        }, page.name


def test_what_is_restarted_by_name_is_there(tmp_path: Path) -> None:
    settings = settings_for("aws")
    (release,) = [item for item in build_charts(settings)["airflow"] if item["kind"] == "HelmRelease"]
    objects: list[Object] = rendering.render_release(rendering.helm(tmp_path), release)
    there = {item["metadata"]["name"] for item in objects if item["kind"] == "Deployment"}
    named = {(page.name, name) for page, command in ALL for name in _NAMED.findall(command)}
    assert named
    assert {each for each in named if each[1] not in there} == set()
