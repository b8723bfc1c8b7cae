"""What a result's file is called: what was played as what, how, with which preset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from styletransfer.settings import Settings, inactive_settings

MAX_CHARACTERS = 80
MAX_BYTES = 200
"""In UTF-8: file systems take 255, and an ending follows."""


def result_name(
    content: str, styles: Sequence[str], settings: Settings, preset: str, *, is_series: bool = False
) -> str:
    """Make the name of a result's file without its ending, such as `piano-as-violin-strength-90-quick`.

    `content` and `styles` are the names of the recordings, without endings. Strength and seed are told where they
    matter; of a series, which has several, no strength. It has letters and digits of any script and hyphens, at most
    MAX_CHARACTERS and MAX_BYTES: of long names of recordings the beginnings are kept.
    """
    tail = _words(_how(settings, preset, is_series))
    names = [_words(name) or "recording" for name in (content, *styles)]
    longest = max(map(len, names))
    while True:
        first, *others = (name[:longest].strip("-") for name in names)
        whole = "-".join((first, "as", "-and-".join(others), tail))
        if longest == 1 or (len(whole) <= MAX_CHARACTERS and len(whole.encode()) <= MAX_BYTES):
            return whole
        longest -= 1


def _how(settings: Settings, preset: str, is_series: bool) -> str:
    inactive = inactive_settings(settings)
    parts = ["strengths"] if is_series else [f"strength {settings.strength:g}"] if "strength" not in inactive else []
    parts.append(preset)
    if "seed" not in inactive:
        parts.append(f"seed {settings.seed}")
    return " ".join(parts)


def _words(text: str) -> str:
    """Letters and digits with hyphens between: a point between digits becomes one too."""
    composed = unicodedata.normalize("NFC", text.lower())
    return re.sub(r"[\W_]+", "-", composed).strip("-")
