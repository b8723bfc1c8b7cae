"""From the channels of a recording to one or two, at the level that they have.

Channels are `(n_frames, n_channels)` float32; their positions are FFmpeg's names: FL, FR, FC, LFE, BL, ...
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

SILENT_DB = -40.0
"""Level beside the loudest channel under which a channel does not count."""
BLOCK_FRAMES = 2**16
LOUDEST = 1e30
"""No recording has such samples, but a file can."""
OPPOSED = -0.5
"""Correlation with the loudest channel below which a channel would take it away."""
CENTRE, FRONT, AROUND, LOW = 1.0, math.sqrt(0.5), 0.5, 0.0
"""Weights in a mono mix (ITU-R BS.775-4, table 2)."""
WEIGHTS = {"FC": CENTRE, "FL": FRONT, "FR": FRONT, "LFE": LOW, "LFE2": LOW}
POSITIONS = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""Of WAV and FLAC, by the number of channels."""
NAMES = {"FL": "left", "FR": "right", "FC": "centre"}


BESIDE = math.sqrt(0.5)
"""Weight, in each channel of a stereo mix, of what stands in the middle, and of what comes from behind on its side
(ITU-R BS.775-4, table 2)."""
LEFT, RIGHT = frozenset({"FL", "BL", "SL"}), frozenset({"FR", "BR", "SR"})


def mono(sound: np.ndarray) -> np.ndarray:
    """Mix a sound `(n_samples,)` or `(n_samples, 2)` to one channel: see `to_mono`."""
    return sound if sound.ndim == 1 else to_mono(sound)[0]


def to_stereo(channels: np.ndarray, positions: Sequence[str] = ()) -> np.ndarray:
    """Mix the channels of a recording to two.

    `(n_frames, n_channels)` to `(n_frames, 2)` float32. Two channels stay as they are; more are weighted as in ITU-R
    BS.775, the low-frequency one left out.
    """
    if channels.shape[1] == 2:
        return channels
    return _mixed(channels, np.array([_stereo_gains(name) for name in _named(channels, positions)]))


class StereoMixer:
    """Mixes a recording to two channels, block by block, as `to_stereo` does.

    Until another channel than the low-frequency one sounds, that one is heard in the middle: it may be all there is.
    """

    def __init__(self, positions: Sequence[str] = ()) -> None:
        self.positions, self.is_low = positions, True

    def mix(self, channels: np.ndarray) -> np.ndarray:
        """Mix the next block, `(n_frames, n_channels)` to `(n_frames, 2)` float32."""
        named = _named(channels, self.positions)
        low = np.array([WEIGHTS.get(name) == LOW for name in named])
        self.is_low = self.is_low and not channels[:, ~low].any()
        return _mixed(channels, BESIDE * np.stack([low, low], axis=1)) if self.is_low else to_stereo(channels, named)


def _named(channels: np.ndarray, positions: Sequence[str]) -> Sequence[str]:
    n_channels = channels.shape[1]
    return positions if len(positions) == n_channels else POSITIONS.get(n_channels, ("FC",) * n_channels)


def _mixed(channels: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return np.concatenate([np.clip(b @ gains, -LOUDEST, LOUDEST).astype(np.float32) for b in _blocks(channels)])


def _stereo_gains(name: str) -> tuple[float, float]:
    if WEIGHTS.get(name) == LOW:
        return 0.0, 0.0
    own = 1.0 if name in ("FL", "FR") else BESIDE
    return (0.0 if name in RIGHT else own), (0.0 if name in LEFT else own)


def to_mono(channels: np.ndarray, positions: Sequence[str] = ()) -> tuple[np.ndarray, tuple[str, ...]]:
    """Mix the channels of a recording to one.

    `(n_frames, n_channels)` to `(n_frames,)` float32, and sentences about what was left out. Channels that are nearly
    silent beside the loudest do not count, nor do those that would cancel it; the others are weighted as in ITU-R
    BS.775. The level is kept: the result has the mean energy of the channels that count, weighted by their own energy,
    so that equal channels give what each of them is, and one that sounds alone gives itself.
    """
    n_channels = channels.shape[1]
    if n_channels == 1:
        return channels[:, 0], ()
    named = tuple(positions) if len(positions) == n_channels else POSITIONS.get(n_channels, ())
    weights = np.array([WEIGHTS.get(name, AROUND) for name in named] or [FRONT] * n_channels)
    covariance = _covariance(channels)
    energies = np.maximum(np.diag(covariance), 0.0)
    if not (energies * weights).any():  # nothing but what would be left out
        weights = np.ones(n_channels)
    counts = (energies > 10 ** (SILENT_DB / 10) * np.max(energies * (weights > 0))) & (weights > 0)
    if not counts.any():
        return np.zeros(len(channels), np.float32), ()
    loudest = int(np.argmax(np.where(counts, weights**2 * energies, -1.0)))
    correlation = covariance[loudest] / np.sqrt(np.maximum(energies * energies[loudest], 1e-300))
    opposed = counts & (correlation < OPPOSED)
    used = np.flatnonzero(counts & ~opposed)
    notes = (_note(named, n_channels, loudest),) if opposed.any() else ()
    first = channels[:, used[0]]
    if all(np.array_equal(first, channels[:, other]) for other in used[1:]):
        return np.ascontiguousarray(first), notes
    energy = float(weights[used] @ covariance[np.ix_(used, used)] @ weights[used])
    shares = weights[used] ** 2 * energies[used]
    wanted = np.sum(shares * energies[used]) / np.sum(shares)
    gains = np.zeros(n_channels)
    gains[used] = weights[used] * math.sqrt(wanted / energy) if energy > 0 else weights[used]
    mixed = np.empty(len(channels), np.float32)
    for start in range(0, len(channels), BLOCK_FRAMES):
        stop = start + BLOCK_FRAMES
        mixed[start:stop] = np.clip(channels[start:stop].astype(np.float64) @ gains, -LOUDEST, LOUDEST)
    return mixed, notes


def _covariance(channels: np.ndarray) -> np.ndarray:
    """Of the channels with each other, times their length: an offset correlates all channels that have one."""
    products = sum(block.T @ block for block in _blocks(channels))
    means = channels.mean(axis=0, dtype=np.float64)
    return products - len(channels) * np.outer(means, means)


def _blocks(channels: np.ndarray) -> Iterator[np.ndarray]:
    """In float64, a part at a time: the whole may fill the memory."""
    for start in range(0, max(1, len(channels)), BLOCK_FRAMES):
        yield channels[start : start + BLOCK_FRAMES].astype(np.float64)


def _note(named: Sequence[str], n_channels: int, loudest: int) -> str:
    which = NAMES.get(named[loudest], f"number {loudest + 1}") if named else f"number {loudest + 1}"
    opposed = "its two channels are" if n_channels == 2 else "some of its channels are"
    return f"{opposed} nearly opposite and would cancel each other: only the louder one is used, {which}."
