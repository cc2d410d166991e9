"""Checks between settings of the DAGs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from settings.checks_place import in_place
from settings.errors import Contradiction
from settings.urls import SSH_PORT, port_of

if TYPE_CHECKING:
    from settings.dags import GitSettings
    from settings.model import Settings


def check_dags(settings: Settings) -> Iterator[Contradiction]:
    """Where the settings of the DAGs contradict each other, or partition and region."""
    dags = settings.dags
    if dags.existing_repository_key_arn:
        key = "dags.existing_repository_key_arn"
        yield from in_place(settings, key, dags.existing_repository_key_arn, "a key")
        if dags.existing_repository is None:
            yield Contradiction(
                key, dags.existing_repository_key_arn, "must be left out: no dags.existing_repository is named"
            )
    if dags.git is None:
        yield from _codecommit(settings)
        return
    if dags.existing_repository:
        allowed = "must be left out: DAGs come from one repository, and dags.git is set"
        yield Contradiction("dags.existing_repository", dags.existing_repository, allowed)
    yield from _git(dags.git)
    if dags.git.secret_arn:
        yield from in_place(settings, "dags.git.secret_arn", dags.git.secret_arn, "a secret")
    if dags.git.secret_key_arn:
        yield from in_place(settings, "dags.git.secret_key_arn", dags.git.secret_key_arn, "a key")


def _codecommit(settings: Settings) -> Iterator[Contradiction]:
    """AWS CodeCommit is not in all regions, and where it is, CloudFormation does not everywhere know it."""
    region, existing = settings.region, settings.dags.existing_repository
    if not settings.facts.has_codecommit(region):
        key, value = ("dags.existing_repository", existing) if existing else ("dags.git.url", None)
        allowed = f"{region} has no AWS CodeCommit; name a git repository elsewhere by dags.git.url, or choose a region"
        yield Contradiction(key, value, allowed)
    elif existing is None and region in settings.facts.without_repositories:
        allowed = (
            f"CloudFormation makes no AWS CodeCommit repository in {region}; make one by `aws codecommit "
            "create-repository` and name it here, or name a git repository elsewhere by dags.git.url"
        )
        yield Contradiction("dags.existing_repository", None, allowed)


def _git(git: GitSettings) -> Iterator[Contradiction]:
    if not git.is_ssh:
        if git.known_hosts:
            allowed = "must be left out: an https:// repository is known by its certificate"
            yield Contradiction("dags.git.known_hosts", git.known_hosts, allowed)
        return
    if not git.secret_arn:
        yield Contradiction("dags.git.secret_arn", None, "name the secret with the private key, as the URL is ssh://")
    if not git.known_hosts:
        allowed = "give the host's keys, as `ssh-keyscan` prints them: without them anybody could pass for the host"
        yield Contradiction("dags.git.known_hosts", None, allowed)
    elif not _is_known(git.url, git.known_hosts):
        name, scan = _as_known(git.url)
        allowed = f"must name the host as {name}, which is what `{scan}` prints"
        yield Contradiction("dags.git.known_hosts", git.known_hosts, allowed)


def _as_known(url: str) -> tuple[str, str]:
    """How known_hosts names a URL's host, and the command that says so."""
    host, port = urlsplit(url).hostname or "", port_of(url)
    if port == SSH_PORT:
        return host, f"ssh-keyscan {host}"
    return f"[{host}]:{port}", f"ssh-keyscan -p {port} {host}"


def _is_known(url: str, known_hosts: str) -> bool:
    """Whether the host is among them; of a name that is hashed nobody can say that it is not."""
    names = [name for line in known_hosts.splitlines() if line.strip() for name in line.split()[0].split(",")]
    known, _ = _as_known(url)
    return any(name.startswith("|") or _pattern(name).fullmatch(known) for name in names)


def _pattern(name: str) -> re.Pattern[str]:
    """A name of known_hosts, whose stars and question marks stand for others; its brackets are just brackets."""
    return re.compile(re.escape(name.lower()).replace(r"\*", ".*").replace(r"\?", "."))
