"""Settings of alarms: who is told, and from when on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.section import Section
from settings.types import EmailAddress, InWords, Items
from settings.urls import HttpsUrl

WorkspaceId = Annotated[
    str, Field(pattern=r"^[0-9A-Z]{1,255}$"), InWords("the id of a Slack workspace, like T0123456789")
]
ChannelId = Annotated[str, Field(pattern=r"^[0-9A-Z]{1,255}$"), InWords("the id of a Slack channel, like C0123456789")]


class SlackSettings(Section):
    """A Slack channel, by Amazon Q Developer in chat applications, which a person has let into the workspace before."""

    workspace_id: WorkspaceId = Field(description="Id of the workspace.")
    channel_id: ChannelId = Field(description="Id of the channel.")


class AlarmSettings(Section):
    """Alarms of Amazon CloudWatch, and the dashboard that shows what they look at (docs/alarms.md)."""

    enabled: bool = Field(default=True, description="Alarms, their topic, and the dashboard.")
    emails: Items[EmailAddress] = Field(
        default=(), description="Who gets an e-mail. AWS asks each address whether it agrees."
    )
    slack: SlackSettings | None = Field(default=None, description="A Slack channel that is told too, in `aws` only.")
    monthly_budget: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="What the deployment may cost in a month, in what AWS bills: USD, or CNY in China. 0: no budget.",
    )
    failed_tasks_percent: int = Field(
        default=25, ge=1, le=100, description="Part of the tasks that may fail within a quarter of an hour, in percent."
    )
    queued_minutes: int = Field(
        default=30, ge=5, le=180, description="Minutes that tasks may wait while none of them ends."
    )
    runbook_url: HttpsUrl | None = Field(
        default=None,
        description="Where the pages of docs/runbooks are published, so that alarms can link to them. Unset: alarms "
        "name the file in the repository.",
    )

    def runbook(self, alarm: str) -> str:
        """Where the page of an alarm is, by the alarm's name without the deployment's."""
        base = "docs/runbooks" if self.runbook_url is None else self.runbook_url.rstrip("/")
        return f"{base}/{alarm}.md"
