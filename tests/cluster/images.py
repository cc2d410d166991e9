"""Which images the nodes have: a test that needs one that is not there is skipped, by the image's name."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from settings import Registry, Settings, load_releases
from settings.pulled import pulled
from tests.cluster.kube import Kube


def needs_image(*keys: str) -> pytest.MarkDecorator:
    """Mark a test that needs images, by their keys in settings/releases.yaml."""
    unknown = set(keys) - set(load_releases().images)
    assert not unknown, f"settings/releases.yaml has no image {', '.join(sorted(unknown))}"
    return pytest.mark.needs_image(*keys)


def references(settings: Settings, account: str) -> dict[str, str]:
    """The reference of each image that a deployment with these settings runs, by its key."""
    registry = Registry(settings=settings, account=account)
    return {key: str(registry.image(key)) for key in pulled(settings).images if key in load_releases().images}


def on_nodes(kube: Kube) -> set[str]:
    """Every name that an image has on a node."""
    return {
        name for node in kube.core.list_node().items for image in node.status.images or () for name in image.names or ()
    }


def is_there(reference: str, names: Iterable[str]) -> bool:
    """Whether one of the names is that of a reference: by its digest where it has one, otherwise by its tag."""
    named, _, digest = reference.partition("@")
    if not digest:
        return reference in names
    repository = named.rpartition(":")[0]
    return reference in names or f"{repository}@{digest}" in names
