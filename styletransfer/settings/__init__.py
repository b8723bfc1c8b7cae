"""Settings of a transfer: their fields, presets, forms as text, and which have no effect beside the others."""

from styletransfer.settings.fields import FIELDS, LOSS_ENGINES, MAX_STYLES, MOSAIC, SAMPLE_RATE_HZ, Settings
from styletransfer.settings.inactive import inactive_settings
from styletransfer.settings.presets import DEFAULT_PRESET, PRESETS, STRENGTH_SERIES, preset

__all__ = [
    "DEFAULT_PRESET",
    "FIELDS",
    "LOSS_ENGINES",
    "MAX_STYLES",
    "MOSAIC",
    "PRESETS",
    "SAMPLE_RATE_HZ",
    "STRENGTH_SERIES",
    "Settings",
    "inactive_settings",
    "preset",
]
