"""What may vary: settings, partition facts, and every pinned version."""

from settings.context import build_settings, cdk_json_context, load_settings
from settings.errors import SettingsError
from settings.model import Settings
from settings.partition import PARTITIONS, Partition
from settings.registry import ChartReference, ImageReference, Registry
from settings.releases import RELEASES_FILE, ChartRelease, ImageRelease, Releases, load_releases

__all__ = [
    "PARTITIONS",
    "RELEASES_FILE",
    "ChartReference",
    "ChartRelease",
    "ImageReference",
    "ImageRelease",
    "Partition",
    "Registry",
    "Releases",
    "Settings",
    "SettingsError",
    "build_settings",
    "cdk_json_context",
    "load_releases",
    "load_settings",
]
