"""Sounds as a browser gets them: of one shape within an item, and never twice the same bytes.

X of an ABX trial is A or B. So that no comparison of bytes tells which, each answer has fresh noise of its own: one
least significant bit with a triangular distribution, far below what can be heard.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
import soundfile

FULL_SCALE = np.iinfo(np.int16)


def wav(path: Path, item: Collection[Path]) -> bytes:
    """A 16-bit WAV of a file with noise; it has as many channels as the widest file of its item has. Raises OSError or
    soundfile.LibsndfileError where it cannot be read."""
    channels = max(soundfile.info(each).channels for each in item)
    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    if samples.shape[1] < channels:
        samples = np.repeat(samples, channels, axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, with_noise(samples), rate_hz, "PCM_16", format="WAV")
    return buffer.getvalue()


def with_noise(samples: np.ndarray) -> np.ndarray:
    """int16 samples of any shape, each moved by -1, 0 or 1 at random (1, 2 and 1 in 4), within the range."""
    coins = np.random.default_rng().integers(0, 2, (2, *samples.shape), dtype=np.int32)
    moved = samples + coins.sum(axis=0) - 1
    return moved.clip(FULL_SCALE.min, FULL_SCALE.max).astype(np.int16)
