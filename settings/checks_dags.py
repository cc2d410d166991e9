"""Checks between settings of the DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.checks_place import in_place
from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.dags import GitSettings
    from settings.model import Settings


def check_dags(settings: Settings) -> Iterator[Contradiction]:
    """Where the settings of the DAGs contradict each other, or partition and region."""
    dags = settings.dags
    if dags.git is None:
        return
    if dags.existing_repository:
        allowed = "must be left out: DAGs come from one repository, and dags.git is set"
        yield Contradiction("dags.existing_repository", dags.existing_repository, allowed)
    yield from _git(dags.git)
    if dags.git.secret_arn:
        yield from in_place(settings, "dags.git.secret_arn", dags.git.secret_arn, "a secret")
    if dags.git.secret_key_arn:
        yield from in_place(settings, "dags.git.secret_key_arn", dags.git.secret_key_arn, "a key")


def _git(git: GitSettings) -> Iterator[Contradiction]:
    if git.url.startswith("https://"):
        if git.known_hosts:
            allowed = "must be left out: an https:// repository is known by its certificate"
            yield Contradiction("dags.git.known_hosts", git.known_hosts, allowed)
        return
    if not git.secret_arn:
        yield Contradiction("dags.git.secret_arn", None, "name the secret with the private key, as the URL is ssh://")
    if not git.known_hosts:
        allowed = "give the host's keys, as `ssh-keyscan` prints them: without them anybody could pass for the host"
        yield Contradiction("dags.git.known_hosts", None, allowed)
