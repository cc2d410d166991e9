"""Options that several commands take, and what follows from them: the settings of a deployment, or where it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from ops.errors import OpsError
from ops.report import Output
from settings import PARTITIONS, Settings, cdk_json_context, load_settings

ContextOption = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="KEY=VALUE", help="A setting, as `cdk` takes it. May be repeated."),
]
NameOption = Annotated[str | None, typer.Option("--name", help="Name of the deployment; `airflow` if none was set.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Region of the deployment.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="AWS profile, as in ~/.aws/config.")]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="For a person, or for a program.")]


def settings_from(pairs: Iterable[str], *, name: str | None = None, region: str | None = None) -> Settings:
    """The settings that `cdk deploy` would use with the same context.

    A region says which partition it is in, so that nobody has to give both. Raises SettingsError or OpsError.
    """
    context: dict[str, Any] = cdk_json_context()
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise OpsError(f"--context {pair}: must be key=value, like --context size=small")
        context[key] = value
    if name is not None:
        context["name"] = name
    if region is not None:
        context["region"] = region
        partition = next((each.name for each in PARTITIONS.values() if region in each.regions), None)
        if partition is not None:
            context["partition"] = partition
    return load_settings(context)
