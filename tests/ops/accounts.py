"""An account to run preflight in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from ops.aws import Aws
from ops.checks import Runner
from ops.options import settings_from
from ops.preflight.command import CHECKS
from ops.preflight.subject import Preflight
from ops.report import Result, Status
from tests.ops import good_account
from tests.ops.answers import Answers, make_aws

US_WEST, BEIJING = "us-west-2", "cn-north-1"
ME = "arn:aws:sts::123456789012:assumed-role/Admin/me"


@dataclass
class Account:
    """An account to change, and then to look at."""

    aws: Aws
    answers: Answers

    def client(self, service: str) -> Any:
        """What changes the account."""
        return self.aws.client(service)

    def results(self, *context: str, quotas: bool = False) -> dict[str, Result]:
        """Every result, by the name of its check; quotas, which are half of all calls, only where they are meant."""
        checks = [check for check in CHECKS if quotas or check.group != "Quotas"]
        settings = settings_from([f"region={self.aws.region}", *context])
        runner = Runner(unknown=Status.WARNING, console=Console(file=io.StringIO()))
        results = runner.run(checks, Preflight(self.aws, settings, (f"region={self.aws.region}", *context)))
        names = [result.check for result in results]
        assert len(names) == len(set(names)), "two results with one name"
        return {result.check: result for result in results}


def make_account(region: str, partition: str) -> Account:
    """A good account. Use it within ``mock_aws``."""
    aws = make_aws(region, partition)
    answers = Answers(aws)
    good_account.prepare(aws, answers)
    return Account(aws, answers)
