"""Sounds as a browser gets them: of one shape within an item, and never twice the same bytes.

X of an ABX trial is A or B. So that no two files are equal, which would tell which, each answer has fresh noise of its
own: one least significant bit with a triangular distribution, far below what can be heard. Who subtracts the samples
finds out all the same: what is there to be heard can be measured.
"""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from styletransfer.listening import sounds
from styletransfer.settings import SAMPLE_RATE_HZ

FULL_SCALE = np.iinfo(np.int16)


def wav(path: Path) -> bytes:
    """A WAV of a sound that is kept, with noise. Raises ListeningError where it cannot be read."""
    samples = sounds.kept(path)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as made:
        made.setnchannels(samples.shape[1])
        made.setsampwidth(sounds.SAMPLE.itemsize)
        made.setframerate(SAMPLE_RATE_HZ)
        made.writeframes(with_noise(samples).astype(sounds.SAMPLE).tobytes())
    return buffer.getvalue()


def with_noise(samples: np.ndarray) -> np.ndarray:
    """int16 samples of any shape, each moved by -1, 0 or 1 at random (1, 2 and 1 in 4), within the range."""
    chance = np.random.default_rng()
    noise = chance.integers(0, 2, samples.shape, np.int8) - chance.integers(0, 2, samples.shape, np.int8)
    return np.add(samples, noise, dtype=np.int32).clip(FULL_SCALE.min, FULL_SCALE.max).astype(np.int16)
