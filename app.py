"""The CDK application: settings from the context, then the platform."""

from __future__ import annotations

import sys

from aws_cdk import App

from settings import SettingsError, cdk_json_context, load_settings
from stacks.platform import Platform


def main() -> int:
    """Synthesize. A wrong setting ends it with one message."""
    app = App(context=cdk_json_context(), analytics_reporting=False)
    try:
        settings = load_settings(app.node.get_all_context())
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is what the person reads
        return 1
    Platform(app, settings=settings)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
