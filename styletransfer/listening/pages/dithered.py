"""Sounds as a browser gets them: of one shape within an item, and never twice the same bytes.

X of an ABX trial is A or B. So that no comparison of bytes tells which, each answer has fresh noise of its own: one
least significant bit with a triangular distribution, far below what can be heard.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Collection
from pathlib import Path

import numpy as np

SAMPLE = np.dtype("<i2")
FULL_SCALE = np.iinfo(np.int16)


def wav(path: Path, item: Collection[Path]) -> bytes:
    """A WAV of a 16-bit WAV with noise; it has as many channels as the widest file of its item has. Raises OSError,
    EOFError or wave.Error where one cannot be read."""
    channels = max(_channels(each) for each in item)
    with wave.open(str(path)) as file:
        if file.getsampwidth() != SAMPLE.itemsize:
            raise wave.Error(f"{path.name} has {8 * file.getsampwidth()} bits")
        rate_hz, own = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), SAMPLE).reshape(-1, own)
    if own < channels:
        samples = np.repeat(samples, channels, axis=1)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as made:
        made.setnchannels(channels)
        made.setsampwidth(SAMPLE.itemsize)
        made.setframerate(rate_hz)
        made.writeframes(with_noise(samples).astype(SAMPLE).tobytes())
    return buffer.getvalue()


def _channels(path: Path) -> int:
    with wave.open(str(path)) as file:
        return file.getnchannels()


def with_noise(samples: np.ndarray) -> np.ndarray:
    """int16 samples of any shape, each moved by -1, 0 or 1 at random (1, 2 and 1 in 4), within the range."""
    chance = np.random.default_rng()
    noise = chance.integers(0, 2, samples.shape, np.int8) - chance.integers(0, 2, samples.shape, np.int8)
    return np.add(samples, noise, dtype=np.int32).clip(FULL_SCALE.min, FULL_SCALE.max).astype(np.int16)
