"""Units: short stretches of the styles, and which of them a mosaic plays at each moment of a content.

After "Let it Bee" (Driedger, Prätzlich & Müller, ISMIR 2015) and concatenative synthesis (Schwarz 2006), with the path
by dynamic programming. Sounds are `(n_samples,)` at `spectral_loudness.REFERENCE_LUFS`; frames are HOP_LENGTH samples
apart. docs/method.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.stats import rankdata

from styletransfer.engine import spectral_loudness, spectrogram
from styletransfer.engine.shapes import PaddedSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 4096, 1024
ONSET_N_FFT, ONSET_HOP_LENGTH = 1024, 512
BINS_A_SEMITONE = 3
LOWEST_HZ, HIGHEST_HZ = 80.0, 5_000.0
ENVELOPE_BINS = 7.0
"""Standard deviation of the Gaussian whose mean, over log frequency, is taken off: what is left is fine structure."""
SEMITONES = tuple(range(-6, 7))
"""By how much a unit may be transposed: every pitch class is reached."""
LOUDNESS_COST, TRANSPOSING_COST = 0.6, 0.02
ONSET_COST, FALSE_ONSET_COST = 0.6, 0.15
"""Of an onset that differs from the content's, and of one where the content has none."""
JUMP_COST, ONSET_JUMP_COST = 1.0, 0.3
"""Of leaving the style's own order, at any moment and at the content's onsets."""
REUSE_COST = 0.5
VARIATION = 0.1
"""Most that chance adds to the cost of a unit."""
ONSET_RANK = 0.8
"""Part of the frames of a recording that are weaker than an onset."""
RANK_STEPS = 1_000
"""Parts of the greatest value that are told apart."""
LONGEST_RUN_S = 0.35
"""What is longer would be a copy."""
REUSE_S = 2.0
"""Time within which a unit is played again only where others cost clearly more."""
PASSES, PASSES_OF_SEVERAL = 4, 8
"""Of choosing from one style, and from several: each with what the one before has shown, which is what is repeated too
soon, and which style is heard too much."""
BALANCE = 0.3
"""What a style costs more, at first, for each part of the time by which it is heard too much."""
CLOSE_SHARE = 0.03
BLOCK = 256
"""Frames whose costs are held at once."""


@dataclass(frozen=True)
class Frames:
    """What the frames of a recording are compared by."""

    fine: np.ndarray
    """`(n_frames, n_bins)` fine structure on a logarithmic frequency axis, with a margin of the largest transposition
    at either end"""
    loudness: np.ndarray
    """`(n_frames,)` rank in the recording, 0 to 1"""
    onset: np.ndarray
    """`(n_frames,)` strength of the onset, as a rank"""
    is_onset: np.ndarray
    flux: np.ndarray
    """`(n_onset_frames,)`: mean rise of the spectrum, ONSET_HOP_LENGTH samples apart"""


class Units(NamedTuple):
    """All units, style after style, transposition after transposition, in the order of time within each."""

    fine: np.ndarray
    """`(n_units, n_bins)`, unit vectors"""
    loudness: np.ndarray
    onset: np.ndarray
    style: np.ndarray
    position: np.ndarray
    """sample of the style"""
    semitones: np.ndarray
    is_first: np.ndarray
    """whether no unit leads to it"""


class Piece(NamedTuple):
    """A stretch of a style as it is played."""

    frame: int
    """of the content, at which it begins"""
    style: int
    position: float
    """sample of the style that is heard there"""
    semitones: float


def analyse(sound: PaddedSound, n_samples: int) -> Frames:
    """Analyse a padded recording of `n_samples` samples into what its frames are compared by."""
    n_frames = spectrogram.frame_count(n_samples, HOP_LENGTH)
    magnitudes, rises = (np.asarray(each) for each in _analysed(sound))
    magnitudes, rises = magnitudes[:n_frames], rises[: spectrogram.frame_count(n_samples, ONSET_HOP_LENGTH)]
    logs = _on_log_axis(np.log1p(magnitudes))
    fine = gaussian_filter1d(logs - gaussian_filter1d(logs, ENVELOPE_BINS, axis=1), 1.0, axis=0)
    power = magnitudes**2 @ spectral_loudness.weights(N_FFT)
    step = HOP_LENGTH // ONSET_HOP_LENGTH
    onset = maximum_filter1d(rises, step + 1)[::step][:n_frames]
    rank = _ranks(onset)
    is_onset = (rank > ONSET_RANK) & (onset >= maximum_filter1d(onset, 5))
    return Frames(np.maximum(fine, 0), _ranks(np.sqrt(power)), rank, is_onset, rises)


@jax.jit
def _analysed(sound: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Magnitudes, and the mean rise of the log magnitudes of short frames."""
    short = jnp.log1p(spectrogram.magnitude(spectrogram.stft(sound, ONSET_N_FFT, ONSET_HOP_LENGTH)))
    rises = jnp.maximum(0, jnp.diff(short, axis=0, prepend=short[:1])).mean(axis=1)
    return spectrogram.magnitude(spectrogram.stft(sound, N_FFT, HOP_LENGTH)), rises


def _on_log_axis(log_magnitudes: np.ndarray) -> np.ndarray:
    margin, n_bins = _margin_and_bins()
    hz = LOWEST_HZ * 2 ** (np.arange(-margin, n_bins + margin) / (12 * BINS_A_SEMITONE))
    below, part = np.divmod(hz * N_FFT / SAMPLE_RATE_HZ, 1)
    below, part = below.astype(int), part.astype(np.float32)
    return log_magnitudes[:, below] * (1 - part) + log_magnitudes[:, below + 1] * part


def _margin_and_bins() -> tuple[int, int]:
    return max(SEMITONES) * BINS_A_SEMITONE, int(np.log2(HIGHEST_HZ / LOWEST_HZ) * 12 * BINS_A_SEMITONE)


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0 to 1; what differs by less than is heard has one rank, or rounding would decide about a steady tone."""
    steps = np.round(values / max(float(values.max(initial=0.0)), 1e-12) * RANK_STEPS)
    return ((rankdata(steps) - 1) / max(1, len(values) - 1)).astype(np.float32)


def _compared(frames: Frames, semitones: int = 0) -> np.ndarray:
    """Fine structure as unit vectors `(n_frames, n_bins)`, as if transposed."""
    margin, n_bins = _margin_and_bins()
    begin = margin - BINS_A_SEMITONE * semitones
    fine = frames.fine[:, begin : begin + n_bins]
    return fine / np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-6)


def units(styles: Sequence[Frames]) -> Units:
    """List the units of styles: each frame, transposed by each of SEMITONES.

    Transposing is by resampling: a unit that is higher is left behind sooner.
    """
    parts = []
    for number, frames in enumerate(styles):
        for semitones in SEMITONES:
            ratio = 2 ** (semitones / 12)
            n_units = int((len(frames.fine) - 1) / ratio) + 1
            at = np.minimum(np.round(np.arange(n_units) * ratio).astype(int), len(frames.fine) - 1)
            parts.append(
                Units(
                    _compared(frames, semitones)[at],
                    frames.loudness[at],
                    frames.onset[at],
                    np.full(n_units, number),
                    np.arange(n_units) * ratio * HOP_LENGTH,
                    np.full(n_units, semitones),
                    np.arange(n_units) == 0,
                )
            )
    return Units(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def choose(content: Frames, units: Units, shares: Sequence[float], seed: int) -> list[Piece]:
    """Choose the pieces that follow a content, in order.

    Styles are heard as their `shares` say, as nearly as a few passes bring it about. A `seed` of 0 gives the cheapest
    path, another one a path that is nearly as cheap.
    """
    chance = np.random.default_rng(seed).uniform(0, VARIATION if seed else 0, len(units.style))
    costs = _Costs(content, units, chance + TRANSPOSING_COST / max(SEMITONES) * np.abs(units.semitones))
    jumps = np.where(content.is_onset, ONSET_JUMP_COST, JUMP_COST).astype(np.float32)
    best, fewest = None, np.inf
    for number in range(PASSES if len(shares) == 1 else PASSES_OF_SEVERAL):
        path, begins = _cheapest_path(costs.block, jumps, units.is_first)
        excess = np.bincount(units.style[path], minlength=len(shares)) / len(path) - np.asarray(shares)
        if np.abs(excess).max() <= fewest:
            best, fewest = (path, begins), np.abs(excess).max()
        if not costs.add_reuse(path, begins) and fewest < CLOSE_SHARE:
            break
        costs.own += (BALANCE / np.sqrt(1 + number) * excess[units.style]).astype(np.float32)
    assert best is not None
    path, begins = best
    return [
        Piece(int(t), int(units.style[u]), float(units.position[u]), int(units.semitones[u]))
        for t, u in ((t, path[t]) for t in begins)
    ]


class _Costs:
    """What each unit costs at each frame, made in blocks of frames."""

    def __init__(self, content: Frames, units: Units, own: np.ndarray) -> None:
        self.content, self.units, self.own = content, units, own.astype(np.float32)
        self.fine = _compared(content)
        self.reuse: list[tuple[int, int, np.ndarray]] = []

    def block(self, begin: int) -> np.ndarray:
        """`(BLOCK or less, n_units)`"""
        part = slice(begin, begin + BLOCK)
        content, units = self.content, self.units
        costs = self.own - self.fine[part] @ units.fine.T
        costs += LOUDNESS_COST * np.abs(content.loudness[part, None] - units.loudness)
        more = units.onset - content.onset[part, None]
        costs += np.where(
            content.is_onset[part, None], ONSET_COST * np.abs(more), FALSE_ONSET_COST * np.maximum(0, more)
        )
        for first, last, again in self.reuse:
            if first < begin + BLOCK and last > begin:
                costs[max(0, first - begin) : last - begin, again] += REUSE_COST
        return costs

    def add_reuse(self, path: np.ndarray, begins: np.ndarray) -> bool:
        """Makes what is played again within REUSE_S dearer the second time. Whether there was any."""
        units, found = self.units, False
        ends = np.append(begins[1:], len(path))
        lowest, highest = units.position[path[begins]], units.position[path[ends - 1]]
        style = units.style[path[begins]]
        for i in range(1, len(begins)):
            near = (begins[i] - ends[:i]) * HOP_LENGTH <= REUSE_S * SAMPLE_RATE_HZ
            meets = (style[:i] == style[i]) & (lowest[:i] <= highest[i]) & (highest[:i] >= lowest[i])
            for k in np.flatnonzero(near & meets)[:1]:
                again = (units.style == style[k]) & (
                    np.abs(units.position - (lowest[k] + highest[k]) / 2) <= ((highest[k] - lowest[k]) / 2 + HOP_LENGTH)
                )
                self.reuse.append((int(begins[i]), int(ends[i]), np.flatnonzero(again)))
                found = True
        return found


def _cheapest_path(
    costs: Callable[[int], np.ndarray], jumps: np.ndarray, is_first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The unit of each frame, and the frames that are jumped at: Viterbi's algorithm, where going on to the next unit
    is free and any jump costs the same, so that the best jump is from the cheapest unit. A run ends after
    LONGEST_RUN_S. `costs` gives those of a block of frames."""
    n_frames, n_units = len(jumps), len(is_first)
    longest = int(LONGEST_RUN_S * SAMPLE_RATE_HZ / HOP_LENGTH)
    goes_on, cheapest = np.zeros((n_frames, -(-n_units // 8)), np.uint8), np.zeros(n_frames, int)
    total = run = np.zeros(0)
    going, lengths = np.empty(n_units, np.float32), np.empty(n_units, np.int32)
    for begin in range(0, n_frames, BLOCK):
        for t, cost in enumerate(costs(begin), begin):
            if t == 0:
                total, run = cost, np.ones(n_units, np.int32)
                continue
            cheapest[t] = total.argmin()
            jumped = total[cheapest[t]] + jumps[t]
            going[1:], lengths[1:] = total[:-1], run[:-1]
            going[is_first] = np.inf
            going[lengths >= longest] = np.inf
            on = going <= jumped
            goes_on[t] = np.packbits(on)
            total, run = np.where(on, going, jumped) + cost, np.where(on, lengths + 1, 1)
            total -= total.min()
    path = np.zeros(n_frames, int)
    path[-1], begins = total.argmin(), [0]
    for t in range(n_frames - 1, 0, -1):
        unit = path[t]
        if goes_on[t, unit // 8] >> (7 - unit % 8) & 1:
            path[t - 1] = unit - 1
        else:
            path[t - 1] = cheapest[t]
            begins.append(t)
    return path, np.array(sorted(begins))
