"""Settings of a transfer: their fields, presets, forms as text, and which have no effect beside the others."""

from styletransfer.settings.fields import (
    DEFAULT_PRESET,
    DETAILS,
    MAX_STYLES,
    PRESETS,
    SAMPLE_RATE_HZ,
    STRENGTH_SERIES,
    Block,
    Settings,
    preset,
)

__all__ = [
    "DEFAULT_PRESET",
    "DETAILS",
    "MAX_STYLES",
    "PRESETS",
    "SAMPLE_RATE_HZ",
    "STRENGTH_SERIES",
    "Block",
    "Settings",
    "preset",
]
