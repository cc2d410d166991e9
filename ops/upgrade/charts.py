"""Helm charts: versions, and whether each takes the values that it would be given."""

from __future__ import annotations

from collections.abc import Iterator

from ops.checks import Finding, Findings, NotCheckedError, failure, not_checked, ok, warning
from ops.errors import OpsError
from ops.upgrade.archives import Chart
from ops.upgrade.chart_keys import deprecated_keys, unknown_keys
from ops.upgrade.helm import HelmError, deprecations
from ops.upgrade.releases_in import Release
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import Change, change, step
from settings import load_releases


def versions(upgrade: Upgrade) -> Findings:
    """Every release: how far its step is."""
    before, after = upgrade.before.charts, upgrade.after.charts
    for name, version in after.items():
        check = f"chart {name}"
        if name not in before:
            yield ok(check, f"{version}, new")
            continue
        kind, told = change(before[name], version), step(before[name], version)
        if kind is Change.NONE:
            yield ok(check, f"{told}, unchanged")
        elif kind is Change.DOWN:
            yield warning(
                check,
                f"{told}: a step back",
                "What the newer one wrote into its custom resources may be unknown to the older one: read its notes.",
            )
        elif kind is Change.MAJOR:
            yield warning(check, f"{told}: {kind}", "Read its release notes for what is to be done by hand.")
        else:
            yield ok(check, f"{told}: {kind}")
    gone = sorted(before.keys() - after.keys())
    if gone:
        yield warning("charts that are gone", ", ".join(gone), "CloudFormation uninstalls them, with what they made.")


def values(upgrade: Upgrade) -> Findings:
    """Every release whose chart changes or is given: what the chart makes of our values."""
    for release in upgrade.releases:
        check, unchanged = f"values of {release.name}", _is_unchanged(upgrade, release)
        if unchanged and not upgrade.archives.has(release.key, release.version):
            yield ok(check, "not looked at: the chart is unchanged")
            continue
        try:
            chart = upgrade.archives.chart(release.key, release.version)
        except NotCheckedError as error:
            yield not_checked(check, str(error), error.advice)
        except OpsError as error:
            yield failure(check, str(error), "Find out which of the two is right before you deploy either.")
        else:
            yield from _values(upgrade, release, chart, check)
            yield from _definitions(upgrade, release, chart, unchanged=unchanged)


def _values(upgrade: Upgrade, release: Release, chart: Chart, check: str) -> Findings:
    gone = sorted(unknown_keys(release.values, chart))
    if gone:
        yield failure(
            f"{check}: keys that are gone",
            f"chart {release.version} knows nothing of {', '.join(gone)}",
            "Helm would ignore them without a word. Find their new names in the chart's values.yaml.",
        )
    old = dict(deprecated_keys(release.values, chart))
    if old:
        told = "; ".join(f"{key}: {said}" for key, said in old.items())
        yield warning(f"{check}: deprecated keys", told, "Rename them while the chart still reads them.")
    yield from _application(release, chart)
    found = list(_rendered(upgrade, release, chart, check))
    yield from found
    if not gone and not old and not found:
        yield ok(check, f"chart {release.version} knows every key, and renders for {upgrade.after.kubernetes}")


def _rendered(upgrade: Upgrade, release: Release, chart: Chart, check: str) -> Iterator[Finding]:
    """What helm says that a comparison of keys does not: schema, Kubernetes version, the chart's own warnings."""
    try:
        helm = upgrade.archives.helm
        helm.render(chart.path, release, kubernetes=upgrade.after.kubernetes)
        notes = helm.notes(chart.path, release)
    except NotCheckedError as error:
        yield not_checked(f"{check}: rendering", str(error), error.advice)
    except HelmError as error:
        yield failure(f"{check}: rendering", str(error), "Correct the values, or choose a version that takes them.")
    else:
        said = deprecations(notes)
        if said:
            yield warning(f"{check}: the chart's own warnings", " ".join(said), "Follow them before the next version.")


def _application(release: Release, chart: Chart) -> Iterator[Finding]:
    """A chart is tested with one version of what it installs."""
    images = load_releases().images
    with_it, pinned = str(chart.described.get("appVersion", "")), images.get(release.key)
    if pinned is not None and with_it and with_it.removeprefix("v") != pinned.tag.removeprefix("v"):
        yield warning(
            f"chart and image of {release.name}",
            f"chart {release.version} is released with {with_it}, and the image is {pinned.tag}",
            "Run the tests that render it, or raise both together.",
        )


def _definitions(upgrade: Upgrade, release: Release, chart: Chart, *, unchanged: bool) -> Iterator[Finding]:
    """Helm installs what is in ``crds/`` once, and never again: docs "Custom Resource Definitions"."""
    has_their_own_chart = any(each.key == f"{release.key}-crd" for each in upgrade.releases)
    if unchanged or not chart.definitions or has_their_own_chart or release.key not in upgrade.before.charts:
        return
    pinned = load_releases().charts[release.key]
    yield warning(
        f"custom resource definitions of {release.name}",
        f"{len(chart.definitions)} of them, which Helm does not upgrade: {', '.join(chart.definitions)}",
        f"Before you deploy: helm show crds {pinned.name} --repo {pinned.repository} --version {pinned.version} | "
        "kubectl apply --server-side --force-conflicts --filename -",
    )


def _is_unchanged(upgrade: Upgrade, release: Release) -> bool:
    return upgrade.before.charts.get(release.key) == release.version
