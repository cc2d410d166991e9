"""The application after a change of settings/releases.yaml: ``python -m tests.cluster.changed_app airflow=3.2.3``.

Each argument is the tag of an image, by its key there. ``--seconds`` is how long Helm waits for Airflow's release, for
a test of one that never comes up: the platform's own thirteen minutes are for the first deployment.
"""

from __future__ import annotations

import argparse

import app
from ops.node import use_own_node


def main() -> None:
    """Change what the application reads, and run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tags", nargs="*", metavar="image=tag")
    parser.add_argument("--seconds", type=int)
    arguments = parser.parse_args()
    use_own_node()
    import charts.airflow.chart  # noqa: PLC0415 - which starts Node
    from settings import load_releases  # noqa: PLC0415

    images = load_releases().images
    for key, tag in (pair.split("=", 1) for pair in arguments.tags):
        images[key] = images[key].model_copy(update={"tag": tag})
    if arguments.seconds:
        charts.airflow.chart.HELM_TIMEOUT_SECONDS = arguments.seconds
    app.main()


if __name__ == "__main__":
    main()
