"""What a recording looks like from afar: its length, its peaks, and for how long it sounds.

It is seen block by block at its own rate, and no more of it is kept than a block. After MAX_S of sound or MAX_WORK_S of
work what is known by then is told.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from styletransfer.engine import sounding
from styletransfer.files import audio, decoders

COLUMNS = 400
CHUNKS_HZ = 400
"""Peaks that are kept while a recording is decoded; COLUMNS are made of them."""
CHUNKS_IN_WINDOW = round(sounding.WINDOW_S * CHUNKS_HZ)
LOUDEST = 1e15
"""No recording has such samples, but a file can; their squares are still numbers."""
MAX_S = audio.MAX_EXCERPT_S
MAX_WORK_S = 2.5
"""Reader and child work at once, so that both together take less than 5 s of CPU."""


class Waveform(NamedTuple):
    """A recording from afar."""

    seconds: float
    peaks: tuple[float, ...]
    """the largest magnitude in any channel of each of at most COLUMNS equal stretches"""
    sounding_s: float
    """for how long it is not silent"""
    is_whole: bool
    """whether all of it was looked at"""


class Look:
    """Sees a recording while it is decoded."""

    def __init__(self, stream: decoders.Stream) -> None:
        self.rate_hz = stream.rate_hz
        self._size = max(1, round(stream.rate_hz / CHUNKS_HZ))
        self._longest = round(MAX_S * stream.rate_hz)
        self._left = np.zeros((0, stream.n_channels), np.float32)
        self._parts: list[np.ndarray] = []
        self._n_frames, self.is_open = 0, True
        self._end_s = time.monotonic() + MAX_WORK_S

    def add(self, block: np.ndarray) -> None:
        """See the next block; nothing of it once `is_open` is not."""
        if not self.is_open:
            return
        self._n_frames += len(block)
        finite = np.isfinite(block)
        numbers = block if finite.all() else np.where(finite, block, 0)
        left = np.concatenate([self._left, np.clip(numbers, -LOUDEST, LOUDEST)])
        whole = len(left) // self._size * self._size
        self._parts.append(_of_chunks(left[:whole].reshape(-1, self._size, block.shape[1])))
        self._left = left[whole:]
        if self._n_frames > self._longest or time.monotonic() > self._end_s:
            self.stop()

    def stop(self) -> None:
        """See no more, though there is more."""
        self.is_open = False

    def seen(self) -> Waveform | None:
        """What was seen; None without a sample."""
        parts = [*self._parts, _of_chunks(self._left[None])] if len(self._left) else self._parts
        peaks, means, squares = np.concatenate([np.zeros((3, 0)), *parts], axis=1)
        if not len(peaks):
            return None
        sounding_s = _sounding_s(means, squares, self._size / self.rate_hz)
        return Waveform(min(self._n_frames, self._longest) / self.rate_hz, _columns(peaks), sounding_s, self.is_open)


def _of_chunks(chunks: np.ndarray) -> np.ndarray:
    """Peak, mean and mean square of each chunk, `(3, n)` of `(n, size, n_channels)`."""
    both = (1, 2)
    means, squares = (values.mean(both, dtype=np.float64) for values in (chunks, np.square(chunks)))
    return np.stack([np.abs(chunks).max(both), means, squares])


def _columns(peaks: np.ndarray) -> tuple[float, ...]:
    count = min(COLUMNS, len(peaks))
    starts = np.arange(count) * len(peaks) // count
    return tuple(np.maximum.reduceat(peaks, starts).tolist())


def _sounding_s(means: np.ndarray, squares: np.ndarray, chunk_s: float) -> float:
    """Seconds that are not silent, as the engine has it: an offset is no sound."""
    n_windows = -(-len(means) // CHUNKS_IN_WINDOW)
    starts = np.arange(n_windows) * CHUNKS_IN_WINDOW
    lengths = np.minimum(len(means) - starts, CHUNKS_IN_WINDOW)
    mean, square = (np.add.reduceat(values, starts) / lengths for values in (means, squares))
    powers = np.maximum(square - np.square(mean), 0.0)
    if powers.max() <= 10 ** (audio.SILENCE_DBFS / 10):
        return 0.0
    heard = sounding.is_sounding(powers, round(sounding.PAUSE_S / sounding.WINDOW_S))
    return float(lengths[heard].sum()) * chunk_s
