"""Peaks made lower by phase alone: what they are made of stays as loud as it was, and no longer meets in one moment.

Sounds are `(n_samples,)` or `(n_samples, n_channels)`, full scale at 1. docs/method.md tells how phases are found.
"""

from __future__ import annotations

import numpy as np

from styletransfer.engine import loudness
from styletransfer.engine.shapes import MonoOrStereo

N_FFT, HOP_LENGTH = 1024, 256
"""Of the blocks in which phases move: attacks stay within 12 ms of where they are."""
PASSES = 10
MARGIN = PASSES * N_FFT
"""Samples beside a stretch that have an effect on it."""


def spread(sound: MonoOrStereo, ceiling: float) -> MonoOrStereo:
    """Bring the samples of a sound nearer to a ceiling, an amplitude, without a change of its magnitudes.

    What is above the ceiling becomes less, seldom nothing. Channels keep the levels and phases that they have between
    them. Returns float32 of the same shape; blocks without such peaks stay as they are.
    """
    parts = []
    for begin in range(0, len(sound), loudness.STRETCH):
        first = max(0, begin - MARGIN)
        part = np.asarray(sound[first : begin + loudness.STRETCH + MARGIN], np.float64)
        lowered = _spread(part.reshape(len(part), -1), ceiling)
        parts.append(lowered[begin - first :][: loudness.STRETCH].astype(np.float32))
    return np.concatenate(parts).reshape(sound.shape)


def _spread(sound: np.ndarray, ceiling: float) -> np.ndarray:
    """As `spread`, of `(n_samples, n_channels)`.

    Over and over the sound is cut off at the ceiling, and the phases of what is left are given to the blocks as they
    were: alternating projections, as in Griffin & Lim, of which the one keeps to the ceiling and the other to the
    magnitudes.
    """
    n_blocks = -(-len(sound) // HOP_LENGTH) + N_FFT // HOP_LENGTH
    padded = np.pad(sound, ((N_FFT, n_blocks * HOP_LENGTH - len(sound)), (0, 0)))
    window = np.hanning(N_FFT + 1)[:-1, None]
    blocks = _blocks_above(padded, ceiling)
    if not len(blocks):
        return sound
    samples = blocks[:, None] * HOP_LENGTH + np.arange(N_FFT)
    own = padded[samples] * window
    spectrum = np.fft.rfft(own, axis=1)
    moved = padded
    for _ in range(PASSES):
        below = np.fft.rfft(np.clip(moved, -ceiling, ceiling)[samples] * window, axis=1)
        turn = np.sum(below * np.conj(spectrum), axis=2, keepdims=True)
        turn /= np.maximum(np.abs(turn), np.finfo(float).tiny)
        changes = (np.fft.irfft(spectrum * turn, N_FFT, axis=1) - own) * window
        moved = padded + _added_up(changes, blocks, padded.shape)
    return moved[N_FFT:][: len(sound)]


def _blocks_above(padded: np.ndarray, ceiling: float) -> np.ndarray:
    """The numbers of the blocks that hold peaks above the ceiling, but for those at their very ends."""
    above = np.concatenate([[0], np.cumsum(np.abs(padded).max(axis=1) > ceiling)])
    begins = np.arange((len(padded) - N_FFT) // HOP_LENGTH + 1) * HOP_LENGTH
    return np.flatnonzero(above[begins + N_FFT * 7 // 8] > above[begins + N_FFT // 8])


def _added_up(changes: np.ndarray, blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Blocks `(n_blocks, N_FFT, n_channels)` where they belong, divided by the squares of the windows there."""
    total = np.zeros(shape)
    for block, change in zip(blocks.tolist(), changes, strict=True):
        total[block * HOP_LENGTH :][:N_FFT] += change
    return total / (3 / 8 * N_FFT / HOP_LENGTH)
