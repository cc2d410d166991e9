"""``ops releases pin``: ask publishers for the digests that settings/releases.yaml does not have, and write them in."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from ops.aws import connect
from ops.errors import OpsError, explained
from ops.mirror.errors import MirrorError
from ops.mirror.route import Upstream
from ops.options import ProfileOption, RegionOption, settings_from
from ops.releases.aws_pins import pin_from_aws
from ops.releases.pins import Missing, missing, published
from ops.releases.table_file import with_fields
from settings import RELEASES_FILE, Releases

_AT_ONCE = 8


def pin(
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Only show which digests are missing.")] = False,
    aws: Annotated[
        bool,
        typer.Option("--aws", help="Ask an account instead, for EKS' add-ons and the nodes' image."),
    ] = False,
    region: RegionOption = None,
    profile: ProfileOption = None,
) -> None:
    """Write the digests of images and charts that settings/releases.yaml lacks into it, as their publishers have them.

    What is pinned stays. After a version is changed, take its digest out, then run this. With ``--aws`` it writes what
    AWS recommends today, in place of what is there. Exit code: 0 all are pinned, 1 some are not, 2 not run, 130
    interrupted; what was found until then is written.
    """
    if aws:
        with explained():
            settings = settings_from([], region=region)
            print(pin_from_aws(connect(region=settings.region, partition=settings.partition, profile=profile)))
        return
    with explained():
        wanted = list(missing(_read(RELEASES_FILE)))
        if plan:
            for each in wanted:
                print(each)
            print(f"{len(wanted)} releases without a digest")
            raise typer.Exit(int(bool(wanted)))
        found = _ask(wanted, RELEASES_FILE)
        print(f"{len(found)} digests written into {RELEASES_FILE.name}, {len(wanted) - len(found)} not to be had")
    raise typer.Exit(int(len(found) < len(wanted)))


def _ask(wanted: Sequence[Missing], file: Path) -> dict[Missing, str]:
    """What is found, which is in the file when this ends, however it ends."""
    console, upstream = Console(stderr=True, emoji=False), Upstream()
    found: dict[Missing, str] = {}
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        with console.status(f"asking for {len(wanted)} digests"):
            asked = {pool.submit(published, upstream, each): each for each in wanted}
            for future in as_completed(asked):
                try:
                    found[asked[future]] = future.result()
                except MirrorError as error:
                    told = f"[yellow]not pinned[/] {escape(str(asked[future]))}: {escape(str(error))}"
                    console.print(told, highlight=False, soft_wrap=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if found:
            _write(found, file)
    return found


def _write(found: dict[Missing, str], file: Path) -> None:
    """Raises OpsError where the file has been changed meanwhile, or cannot be written."""
    fields = {(each.section, each.key): (each.field, digest, each.behind) for each, digest in found.items()}
    try:
        text = with_fields(file.read_text(encoding="utf-8"), fields)
        Releases.model_validate(yaml.safe_load(text))
        new = file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except (KeyError, ValueError, OSError) as error:
        raise OpsError(f"{file}: the digests could not be written: {error}. Nothing was changed") from None


def _read(file: Path) -> Releases:
    return Releases.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
