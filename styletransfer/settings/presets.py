"""Presets: settings that belong together, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from styletransfer.errors import SettingsError
from styletransfer.settings.fields import MOSAIC, Settings

PAPER = Settings(
    detail="plain",
    engine="network",
    loss_scaling="raw",
    alpha=0.1,
    start="noise",
    optimizer="scipy",
    iterations=500,
    griffin_lim_iterations=100,
    phase_init="random",
    refinement_iterations=0,
    noise_gate="off",
)
PRESETS: Mapping[str, Settings] = MappingProxyType(
    {
        "instant": Settings(engine=MOSAIC, melody=70.0),
        "quick": Settings(detail="plain", iterations=25, griffin_lim_iterations=12, refinement_iterations=16),
        "balanced": Settings(),
        "studio": Settings(detail="rich", iterations=120, griffin_lim_iterations=64, refinement_iterations=72),
        "remix": Settings(engine=MOSAIC, rhythm=100.0, melody=85.0),
        "voice": Settings(strength=75.0, n_fft=1024, hop_length=256, kernel_width=5),
        "paper": PAPER,
    }
)
PRESET_SOUNDS: Mapping[str, str] = MappingProxyType(
    {
        "instant": "the style's own sound in pieces, at once",
        "quick": "a first listen",
        "balanced": "clean and blended",
        "studio": "the finest detail",
        "remix": "the style's beat and sound, the content's notes",
        "voice": "another voice, the same words",
        "paper": "the paper's method, slow and grainy",
    }
)
"""What each sounds like, in a musician's words."""
PRESET_HELP = "; ".join(f"{name}: {sound}" for name, sound in PRESET_SOUNDS.items())
DEFAULT_PRESET = "balanced"
STRENGTH_SERIES = (0.0, 25.0, 50.0, 75.0, 100.0)
"""What the page and the benchmarks make a series of."""


def preset(name: str, **changes: Any) -> Settings:
    """Return the settings of a preset, with `changes` applied.

    Raises SettingsError for an unknown name or a bad value.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return dataclasses.replace(PRESETS[name], **changes)
