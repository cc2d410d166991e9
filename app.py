"""The CDK application: settings from the context, then the platform. A wrong setting ends it with one message."""

import sys

from ops.checked import Checked
from ops.guard import guarded
from ops.node import use_own_node


def main() -> None:
    use_own_node()
    checked = Checked()
    from aws_cdk import App  # noqa: PLC0415 - which starts Node, and takes seconds

    from settings import SettingsError, cdk_json_context, load_settings  # noqa: PLC0415
    from stacks.platform import Platform  # noqa: PLC0415

    try:
        app = App(context=cdk_json_context(), analytics_reporting=False)
        settings = load_settings(app.node.get_all_context())
    except SettingsError as error:
        sys.exit(str(error))
    Platform(app, settings=settings)
    app.synth()
    checked.remember()


if __name__ == "__main__":
    with guarded():
        main()
