"""Charts: keys that are gone or old, what helm refuses, definitions that Helm leaves behind, archives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.checks import NotCheckedError, Runner
from ops.errors import OpsError
from ops.report import Result, Status
from ops.upgrade import archives as archives_module
from ops.upgrade.archives import Archives, Chart, read_chart
from ops.upgrade.chart_keys import deprecated_keys, unknown_keys
from ops.upgrade.command import CHECKS
from ops.upgrade.helm import Helm, HelmError, deprecations, find_helm
from ops.upgrade.releases_in import key_of
from ops.upgrade.sources import Source, from_assembly, without_switched_off
from ops.upgrade.subject import Upgrade
from settings import load_releases
from tests.ops.upgrade_kit import KEDA, chart, only, platform, synthesize, upgrade, versions
from tests.support.quiet import QUIET

CHECKS_BY_NAME = {check.name: check for check in CHECKS}
OLD = versions(charts={**versions().charts, "keda": "2.0.0"})


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return find_helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(autouse=True)
def not_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """KEDA's charts are made up here, so none of them is the published one."""
    table = load_releases()
    charts = {**table.charts, "keda": table.charts["keda"].model_copy(update={"sha256": None})}
    monkeypatch.setattr(archives_module, "load_releases", lambda: table.model_copy(update={"charts": charts}))


def results(subject: Upgrade, helm: Helm | None = None) -> list[Result]:
    """Of the charts of KEDA only."""
    if helm is not None:
        subject.archives.__dict__["helm"] = helm
    runner = Runner(unknown=Status.NOT_CHECKED, console=QUIET)
    every = runner.run([check for check in CHECKS if check.group == "Charts"], subject)
    return [result for result in every if "keda" in result.check]


def looked_at(folder: Path, helm: Helm, values: Mapping[str, Any], **files: str | dict[str, Any]) -> list[Result]:
    """What comes of these values of KEDA with a chart of these files."""
    small = chart(folder / "charts", **{"values.yaml": {"replicas": 1, "from": ""}, **files})
    subject = upgrade(folder, before=OLD, charts=[small], resources=platform({"keda": values}))
    return [result for result in results(subject, helm) if result.check != "chart keda"]


class TestReleases:
    def test_a_release_that_is_called_otherwise_than_its_key(self, tmp_path: Path) -> None:
        resources = platform()
        resources["Releasekeda"]["Properties"]["Release"] = "our-keda"
        before = from_assembly(synthesize(tmp_path / "before", resources))
        subject = upgrade(tmp_path, before=before.versions, resources=resources)
        found = {result.check: result for result in results(subject)}
        assert found["chart keda"].found == f"{KEDA}, unchanged"
        assert found["values of our-keda"].found == "not looked at: the chart is unchanged"

    def test_a_release_of_a_chart_that_the_table_does_not_have(self, tmp_path: Path) -> None:
        archives = Archives([], tmp_path)
        assert not archives.has("our-own", "1.0.0")
        with pytest.raises(NotCheckedError, match="has no chart our-own"):
            archives.chart("our-own", "1.0.0")

    @pytest.mark.parametrize(
        ("release", "of", "key"),
        [
            ("keda", "keda", "keda"),
            ("our-keda", "keda", "keda"),
            ("our-keda", "oci://registry.example.com/charts/keda", "keda"),
            ("our-own", "our-chart", "our-own"),
        ],
    )
    def test_the_key_of_a_release(self, release: str, of: str, key: str) -> None:
        assert key_of(release, of) == key

    def test_charts_that_the_settings_switch_off_neither_come_nor_go(self) -> None:
        table = Source(versions=versions(charts={"keda": "2.0.0", "opencost": "1.0.0", "gone": "1.0.0"}))
        assert without_switched_off(table, ["keda"]).versions.charts == {"keda": "2.0.0", "gone": "1.0.0"}
        deployed = Source(versions=table.versions, stacks={})
        assert without_switched_off(deployed, ["keda"]) is deployed


class TestVersions:
    @pytest.mark.parametrize(
        ("before", "status", "said"),
        [
            (KEDA, Status.OK, "unchanged"),
            (f"{KEDA}-rc1", Status.OK, "a patch release"),
            ("2.0.0", Status.OK, f"2.0.0 → {KEDA}: a minor release"),
            ("1.9.0", Status.WARNING, "a major release"),
            ("9.0.0", Status.WARNING, "a step back"),
        ],
    )
    def test_how_far(self, tmp_path: Path, before: str, status: Status, said: str) -> None:
        old = versions(charts={**versions().charts, "keda": before})
        (result, *_) = results(upgrade(tmp_path, before=old))
        assert result.status is status
        assert said in result.found

    def test_one_that_is_new_and_one_that_is_gone(self, tmp_path: Path) -> None:
        charts = {**versions().charts, "keda-add-ons": "1.0.0"}
        del charts["keda"]
        runner = Runner(unknown=Status.NOT_CHECKED, console=QUIET)
        subject = upgrade(tmp_path, before=versions(charts=charts))
        found = {result.check: result for result in runner.run([CHECKS_BY_NAME["charts"]], subject)}
        assert found["chart keda"].found == f"{KEDA}, new"
        gone = found["charts that are gone"]
        assert (gone.status, gone.found) == (Status.WARNING, "keda-add-ons")

    def test_a_version_that_is_none(self, tmp_path: Path) -> None:
        old = versions(charts={**versions().charts, "airflow": "latest"})
        runner = Runner(unknown=Status.NOT_CHECKED, console=QUIET)
        found = runner.run([CHECKS_BY_NAME["charts"]], upgrade(tmp_path, before=old))
        assert only(found, Status.FAILURE).found.startswith("'latest' is no version")


class TestValues:
    def test_all_is_known(self, tmp_path: Path, helm: Helm) -> None:
        (result,) = looked_at(tmp_path, helm, {"replicas": 2})
        assert result.status is Status.OK
        assert "knows every key, and renders for " in result.found

    def test_a_key_that_is_gone(self, tmp_path: Path, helm: Helm) -> None:
        result = only(looked_at(tmp_path, helm, {"replicas": 2, "watch": {"namespace": "a"}}), Status.FAILURE)
        assert result.check == "values of keda: keys that are gone"
        assert result.found.endswith("knows nothing of watch")

    def test_a_key_that_its_schema_calls_deprecated(self, tmp_path: Path, helm: Helm) -> None:
        schema = {"properties": {"replicas": {"type": "integer", "description": "Deprecated, use `scale`."}}}
        result = only(looked_at(tmp_path, helm, {"replicas": 2}, **{"values.schema.json": schema}), Status.WARNING)
        assert result.found == "replicas: Deprecated, use `scale`."

    def test_a_value_that_its_schema_refuses(self, tmp_path: Path, helm: Helm) -> None:
        schema = {"properties": {"replicas": {"type": "integer"}}}
        result = only(looked_at(tmp_path, helm, {"replicas": "x"}, **{"values.schema.json": schema}), Status.FAILURE)
        assert "replicas" in result.found
        assert "integer" in result.found

    def test_a_kubernetes_version_that_it_does_not_take(self, tmp_path: Path, helm: Helm) -> None:
        described = {"apiVersion": "v2", "name": "keda", "version": KEDA, "kubeVersion": "<1.20.0"}
        result = only(looked_at(tmp_path, helm, {}, **{"Chart.yaml": described}), Status.FAILURE)
        assert "kubeVersion" in result.found

    def test_what_the_chart_itself_warns_of(self, tmp_path: Path, helm: Helm) -> None:
        notes = "Thanks!\n\nDEPRECATION WARNING:\n  `a` is\n  now `b`.\n\nMore text."
        result = only(looked_at(tmp_path, helm, {}, **{"templates/NOTES.txt": notes}), Status.WARNING)
        assert result.found == "`a` is now `b`."

    def test_an_application_that_it_is_not_released_with(self, tmp_path: Path, helm: Helm) -> None:
        described = {"apiVersion": "v2", "name": "keda", "version": KEDA, "appVersion": "3.0.0"}
        result = only(looked_at(tmp_path, helm, {}, **{"Chart.yaml": described}), Status.WARNING)
        assert result.check == "chart and image of keda"

    def test_definitions_that_helm_does_not_upgrade(self, tmp_path: Path, helm: Helm) -> None:
        definition = {"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1",
                      "metadata": {"name": "things.example.com"}}  # fmt: skip
        result = only(looked_at(tmp_path, helm, {}, **{"crds/things.yaml": definition}), Status.WARNING)
        assert result.found == "1 of them, which Helm does not upgrade: things.example.com"
        assert f"--version {KEDA} | kubectl apply --server-side" in result.advice

    def test_of_a_chart_that_did_not_change_and_was_not_given(self, tmp_path: Path) -> None:
        _, result = results(upgrade(tmp_path))
        assert (result.status, result.found) == (Status.OK, "not looked at: the chart is unchanged")

    def test_without_the_chart(self, tmp_path: Path) -> None:
        _, result = results(upgrade(tmp_path, before=OLD))
        assert (result.status, result.advice) == (Status.NOT_CHECKED, "Give its archive: --chart FILE.tgz")

    def test_without_helm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ops.upgrade.helm._LAYERS_RUN_ON", ("Plan 9", "mips"))
        monkeypatch.setenv("PATH", str(tmp_path))
        subject = upgrade(tmp_path, before=OLD, charts=[chart(tmp_path, **{"values.yaml": {"from": ""}})])
        result = only(results(subject), Status.NOT_CHECKED)
        assert result.found == "there is no helm here"


class TestAnArchive:
    def test_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="No such file"):
            read_chart(tmp_path / "none.tgz")

    def test_that_is_no_chart(self, tmp_path: Path) -> None:
        file = tmp_path / "text.tgz"
        file.write_text("no archive", encoding="utf-8")
        with pytest.raises(OpsError, match=r"--chart .*text\.tgz"):
            read_chart(file)

    def test_that_is_not_the_pinned_one(self, tmp_path: Path) -> None:
        version = load_releases().charts["airflow"].version
        other = chart(tmp_path, "airflow", version=version)
        with pytest.raises(OpsError, match=r"settings/releases\.yaml pins 1f7d1dfe"):
            Archives([other], tmp_path).chart("airflow", version)

    def test_is_pulled_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pulls: list[str] = []

        class Publisher:
            def pull(self, *, repository: str, chart: str, version: str, into: Path) -> None:  # noqa: ARG002
                pulls.append(f"{repository} {chart}")
                make(into)

        def make(into: Path) -> Chart:
            return chart(into)

        monkeypatch.setattr(archives_module, "find_helm", lambda _: Publisher())
        found = Archives([], tmp_path)
        assert found.chart("keda", KEDA) is found.chart("keda", KEDA)
        assert pulls == ["https://kedacore.github.io/charts keda"]

    def test_that_cannot_be_pulled(self, tmp_path: Path, helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise HelmError("no such host")

        monkeypatch.setattr(Helm, "pull", refuse)
        monkeypatch.setattr(archives_module, "find_helm", lambda _: helm)
        with pytest.raises(NotCheckedError, match=r"cannot be had from https://.*: no such host"):
            Archives([], tmp_path).chart("keda", KEDA)

    def test_helm_pulls_from_a_repository(self, tmp_path: Path, helm: Helm) -> None:
        with pytest.raises(HelmError, match=r"http://127\.0\.0\.1:9"):
            helm.pull(repository="http://127.0.0.1:9", chart="keda", version=KEDA, into=tmp_path)


class TestKeys:
    @pytest.mark.parametrize(
        ("values", "gone"),
        [
            ({"a": {"b": 1}}, []),
            ({"a": {"c": 1}}, ["a.c"]),
            ({"labels": {"any": "x"}}, []),
            ({"selector": {"any": "x"}}, []),
            ({"strict": {"known": 1, "other": 2}}, ["strict.other"]),
            ({"free": {"any": 1}}, []),
            ({"referred": {"inner": 1, "other": 1}}, ["referred.other"]),
            ({"readByATemplate": 1}, []),
            ({"unknown": 1}, ["unknown"]),
        ],
    )
    def test_unknown(self, tmp_path: Path, values: dict[str, Any], gone: list[str]) -> None:
        schema = {
            "properties": {
                "strict": {"properties": {"known": {}}},
                "free": {"additionalProperties": {"type": "integer"}},
                "referred": {"$ref": "#/definitions/some"},
            },
            "definitions": {"some": {"properties": {"inner": {}}}},
        }
        made = chart(
            tmp_path,
            **{
                "values.yaml": {"a": {"b": 0}, "labels": {}, "selector": {"os": "linux"}},
                "values.schema.json": schema,
                "templates/all.yaml": "{{ .Values.readByATemplate }}{{- toYaml .Values.selector | nindent 8 }}",
            },
        )
        assert list(unknown_keys(values, made)) == gone

    def test_deprecated_within(self, tmp_path: Path) -> None:
        inner = {"properties": {"old": {"deprecated": True, "description": "Use new."}, "new": {}}}
        made = chart(tmp_path, **{"values.schema.json": {"properties": {"a": inner}}})
        assert list(deprecated_keys({"a": {"old": 1, "new": 2}, "b": 1}, made)) == [("a.old", "Use new.")]

    def test_warnings_end_with_an_empty_line(self) -> None:
        assert deprecations("DEPRECATION WARNING:\n\n one\n two\n\nnot this\n DEPRECATION WARNING:\n three") == [
            "one two",
            "three",
        ]
