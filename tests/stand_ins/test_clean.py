"""What a run that was killed left is taken away, and nothing else; what a run changed is put back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster import clean

NAMESPACED = "ConfigMap default/mine"


class FakeKube:
    """A cluster that takes note of what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.kept = ""

    def kubectl(self, *arguments: str, text: str | None = None, **_: Any) -> str:
        self.asked.append(arguments)
        if arguments[0] == "apply" and text:
            self.kept = text.partition('"objects": "')[2].partition('"')[0]
        if "jsonpath={.data.objects}" in " ".join(arguments):
            return self.kept
        if "--no-headers" in arguments:
            return "ScaledObject airflow held [a b]\nScaledObject airflow free <none>\nOther <none> x [a]\n"
        return ""

    def deleted(self) -> list[str]:
        return [" ".join(each) for each in self.asked if "delete" in each]


@pytest.fixture
def kube(monkeypatch: pytest.MonkeyPatch) -> FakeKube:
    monkeypatch.setattr(clean, "forget", lambda _: None)
    return FakeKube()


def test_a_first_run_has_nothing_to_clean(kube: FakeKube) -> None:
    assert clean.clean(kube) == []  # type: ignore[arg-type]
    assert kube.deleted() == []


def test_what_came_since_goes_webhooks_first_and_definitions_last(
    kube: FakeKube, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {NAMESPACED}
    monkeypatch.setattr(clean, "everything", lambda _: frozenset(there))
    clean.remember(kube)  # type: ignore[arg-type]
    there |= {
        "CustomResourceDefinition scaledobjects.keda.sh",
        "Namespace airflow",
        "ClusterRole theirs",
        "ScaledObject airflow/held",
        "ScaledObject airflow/free",
        "ValidatingWebhookConfiguration keda",
    }
    assert len(clean.clean(kube)) == 6  # type: ignore[arg-type]
    own, *steps = kube.deleted()
    assert "mutatingwebhookconfiguration aws-stand-ins" in own
    assert [step.partition(" --ignore")[0] for step in steps] == [
        "delete ValidatingWebhookConfiguration keda",
        "delete namespace airflow",
        "delete ClusterRole theirs",
        "delete CustomResourceDefinition scaledobjects.keda.sh",
    ]
    patched = [each for each in kube.asked if "patch" in each]
    assert len(patched) == 1
    assert "held" in patched[0]


def test_a_finalizer_that_is_put_on_again_is_taken_off_again(kube: FakeKube, monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that is being deleted beside its objects works on until it is gone."""
    there = {NAMESPACED}
    monkeypatch.setattr(clean, "everything", lambda _: frozenset(there))
    clean.remember(kube)  # type: ignore[arg-type]
    there |= {"Namespace airflow", "ScaledObject airflow/held"}
    left = ["namespace/airflow\n", ""]
    ask = kube.kubectl

    def kubectl(*arguments: str, **options: Any) -> str:
        said = ask(*arguments, **options)
        return left.pop(0) if arguments[:3] == ("get", "namespace", "airflow") else said

    monkeypatch.setattr(kube, "kubectl", kubectl)
    clean.clean(kube)  # type: ignore[arg-type]
    assert len([each for each in kube.asked if "patch" in each]) == 2
    assert left == []
