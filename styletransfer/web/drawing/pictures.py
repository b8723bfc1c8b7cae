"""Spectrograms of content, style and result, for the page to show under a result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from styletransfer.engine import loudness
from styletransfer.quality import overview
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.web.drawing import plots


def spectrograms(recordings: Sequence[np.ndarray], sound: np.ndarray, settings: Settings) -> plots.Spectrograms:
    """HTML for the result, and for the content and the styles of `recordings`. Of a style no more than lasts as long as
    the result, at the result's loudness: its own would hide what is compared."""
    level_lufs = loudness.integrated_loudness(sound)
    styles = [loudness.at_loudness(style, level_lufs)[: len(sound)] for style in recordings[1:]]
    numbered = {"style" if i == 1 else f"style {i}": style for i, style in enumerate(styles, 1)}
    sounds = {"result": sound, "content": recordings[0][: len(sound)]} | numbered
    every = overview.every(len(sound), settings.hop_length)
    logs = {
        name: overview.log_magnitudes(each, settings.n_fft, settings.hop_length, every) for name, each in sounds.items()
    }
    return plots.spectrograms(logs, SAMPLE_RATE_HZ, settings.hop_length * every)
