"""Checks: functions that look at one thing and yield findings, and the runner that lets none of them stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.console import Console

from ops.aws_errors import CALL_ERRORS, AwsError, Kind, explain
from ops.errors import OpsError
from ops.report import Result, Status

S = TypeVar("S")


class NotCheckedError(OpsError):
    """A check cannot be made from here. The message says why; it is nobody's fault."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True)
class Finding:
    """What a check saw."""

    status: Status
    check: str
    found: str
    advice: str = ""


Findings = Iterator[Finding]


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, check, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It will work, but somebody should know."""
    return Finding(Status.WARNING, check, found, advice)


def failure(check: str, found: str, advice: str) -> Finding:
    """It does not work, or will not."""
    return Finding(Status.FAILURE, check, found, advice)


def not_checked(check: str, why: str, advice: str = "") -> Finding:
    """Nobody knows."""
    return Finding(Status.NOT_CHECKED, check, why, advice)


def verdict(check: str, found: str, *, faults: Iterable[str], advice: str) -> Finding:
    """Ok, or a failure that names every fault."""
    faults = list(faults)
    return failure(check, "; ".join(faults), advice) if faults else ok(check, found)


@dataclass(frozen=True)
class Check(Generic[S]):
    """A check of a subject, with the group and the name that it has in the report."""

    group: str
    name: str
    run: Callable[[S], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs every check, whatever the others come to."""

    unknown: Status
    """What a check that may not be made counts as."""
    console: Console
    """Where progress is shown."""

    def run(self, checks: Sequence[Check[S]], subject: S) -> list[Result]:
        """The results, in the order of the checks.

        Raises AwsError where no further call can go well: credentials that expire half-way.
        """
        results = []
        with self.console.status("checking") as progress:
            for check in checks:
                progress.update(f"{check.group}: {check.name}")
                results += [
                    Result(
                        group=check.group,
                        check=finding.check,
                        status=finding.status,
                        found=finding.found,
                        advice=finding.advice,
                    )
                    for finding in self._findings(check, subject)
                ]
        return results

    def _findings(self, check: Check[S], subject: S) -> Findings:
        try:
            yield from check.run(subject)
        except NotCheckedError as error:
            yield Finding(self.unknown, check.name, str(error), error.advice)
        except CALL_ERRORS as error:
            yield self._of_aws(check.name, explain(error))
        except AwsError as error:
            yield self._of_aws(check.name, error)
        except OpsError as error:
            yield failure(check.name, str(error), "")

    def _of_aws(self, name: str, error: AwsError) -> Finding:
        if error.ends_the_run:
            raise error
        if error.kind is Kind.DENIED:
            return Finding(self.unknown, name, str(error), "Allow it, or have somebody check who may.")
        if error.kind is Kind.UNANSWERED:
            return Finding(self.unknown, name, f"no usable answer: {error}")
        return Finding(Status.FAILURE, name, str(error))
