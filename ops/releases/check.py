"""``ops releases check``: what is out of support, which advisories speak of what is pinned, and what is newer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from ops.checks import Finding, Findings, failure, not_checked, ok, warning
from ops.errors import explained
from ops.mirror.errors import MirrorError
from ops.mirror.route import Upstream
from ops.options import OutputOption
from ops.releases.newer import newest
from ops.releases.pinned import Pin, pinned
from ops.releases.support import Advisory, Product, SupportTable, load_support
from ops.report import Output, Report, Result
from settings import load_releases

_AT_ONCE = 8
_SOON = timedelta(days=60)
_CHANGE = "docs/releases.md says how to change one."

Newest = Callable[[Pin], str | None]


def check(
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no publisher: the project's own table alone.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say what of settings/releases.yaml is out of support, has a known advisory, or has a newer release.

    Support and advisories are those of settings/support.yaml, held against today; newer releases are asked of the
    publishers. No AWS is asked. Exit code: 0 passed, 1 something pinned is out of support or has an advisory that a
    newer release closes, 2 not run. A publisher that cannot be reached is a line of the report, and no failure.
    """
    with explained():
        table, pins = load_support(), list(pinned(load_releases()))
        today = datetime.now(tz=UTC).date()
        console = Console(stderr=True, emoji=False)
        with console.status("asking publishers"):
            findings = [
                ("Support", supported(table, pins, today)),
                ("Advisories", advised(table, pins)),
                ("Newer", _not_asked() if offline else newer(table, pins, _asking())),
            ]
            results = [
                Result(group=group, check=each.check, status=each.status, found=each.found, advice=each.advice)
                for group, found in findings
                for each in found
            ]
        report = Report(
            command="releases check",
            subject={"today": today.isoformat(), "table": table.dated.isoformat()},
            results=results,
        )
    report.write(output, Console(emoji=False))
    raise typer.Exit(report.exit_code)


def supported(table: SupportTable, pins: Sequence[Pin], today: date) -> Findings:
    """Each pin whose line has an end: whether that is past. The others are counted."""
    without = 0
    for pin in pins:
        product = table.of(pin.name)
        if product is None:
            yield warning(pin.name, f"{pin.version}: the table says nothing of it", "Add it to settings/support.yaml.")
        elif not product.ends:
            without += 1
        else:
            yield _supported(pin, product, today)
    yield ok("others", f"{without} of publishers that name no days and mend their newest release")


def _supported(pin: Pin, product: Product, today: date) -> Finding:
    version = product.numbers_in(pin.version)
    line = product.line(version) if version else None
    if line is None:
        return failure(
            pin.name,
            f"{pin.version} is in no line that is supported: {', '.join(product.ends)} are. {product.policy}",
            f"{_source(product)} {_CHANGE}",
        )
    end = product.ends[line]
    if end is None:
        return ok(pin.name, f"{pin.version}: {line} is supported; no end is named. {product.policy}")
    if end < today:
        kept = f" It is kept: {product.kept[line]}" if line in product.kept else ""
        return failure(
            pin.name, f"{pin.version}: support of {line} ended on {end}.{kept}", f"{_source(product)} {_CHANGE}"
        )
    if end - today < _SOON:
        return warning(pin.name, f"{pin.version}: support of {line} ends on {end}", f"{_source(product)} {_CHANGE}")
    return ok(pin.name, f"{pin.version}: {line} is supported until {end}")


def advised(table: SupportTable, pins: Sequence[Pin]) -> Findings:
    """Each advisory that speaks of what is pinned."""
    known, found = 0, 0
    for product in table.products.values():
        mine = [(pin, product.numbers_in(pin.version)) for pin in pins if product.has(pin.name)]
        for advisory in product.advisories:
            known += 1
            hit = [pin for pin, version in mine if version is not None and advisory.speaks_of(version)]
            if hit:
                found += 1
                yield _advised(advisory, hit)
    if not found:
        yield ok("advisories", f"none of the {known} in the table speaks of what is pinned")


def _advised(advisory: Advisory, hit: Sequence[Pin]) -> Finding:
    names = ", ".join(f"{pin.name} {pin.version}" for pin in hit)
    meanwhile = f" Meanwhile: {advisory.meanwhile}" if advisory.meanwhile else ""
    told = f"{names}: {advisory.what}{meanwhile}"
    if advisory.fixed is None:
        return warning(advisory.id, told, f"No release closes it yet. {advisory.source}")
    return failure(advisory.id, told, f"{advisory.fixed} closes it: {advisory.source}")


def newer(table: SupportTable, pins: Sequence[Pin], ask: Newest) -> Findings:
    """Each pin of which its publisher has a newer one; the others are counted."""
    asked = [pin for pin in pins if pin.release is not None]
    current, silent = 0, 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for pin, found in zip(asked, pool.map(lambda pin: _answer(ask, pin), asked), strict=True):
            if isinstance(found, MirrorError):
                yield not_checked(pin.name, f"{pin.version}: {found}")
            elif found is None:
                silent += 1
            elif found == pin.version:
                current += 1
            else:
                product = table.of(pin.name)
                yield warning(pin.name, f"{pin.version} → {found}", f"{_source(product)} {_CHANGE}".strip())
    told = f"{current} are the newest of their publishers'"
    yield ok("others", told + (f"; {silent} have a tag that says no version" if silent else ""))


def _asking() -> Newest:
    upstream = Upstream()
    return lambda pin: newest(upstream, pin)


def _answer(ask: Newest, pin: Pin) -> str | MirrorError | None:
    try:
        return ask(pin)
    except MirrorError as error:
        return error


def _not_asked() -> Iterator[Finding]:
    yield not_checked("publishers", "not asked: --offline")


def _source(product: Product | None) -> str:
    return f"{product.source} ({product.seen})." if product else ""
