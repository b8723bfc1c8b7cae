"""Windows over a long content: each is made by itself and goes on from the one before, so that no seam is heard.

Sounds are `(n_samples,)`, or `(n_samples, 2)` where they are joined. docs/method.md tells what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from styletransfer.engine import spectrogram
from styletransfer.engine.shapes import MonoOrStereo, Part, Recording
from styletransfer.settings import SAMPLE_RATE_HZ

WHOLE_S = 30.0
"""Most that is made at once, as one window."""
WINDOW_S = 20.0
"""Most of each window of what is longer."""
OVERLAP_S = 2.0
"""That a window has in common with the one before."""
HELD_S = 1.5
"""Part of the overlap that a window takes over from the one before: the end of a window has not met what follows."""
JOIN_S, CROSSFADE_S = 0.75, 0.25
"""Middle of the cross-fade from one window to the next, from where the latter begins, and its length."""
MOST_STEP_DB = 6.0
GLIDE_S = 3.0
"""Most by which a window's level is brought to that of the one before where they meet, and the time in which it goes
back to its own."""
SILENT = 10 ** (-70 / 20)
"""Part of the greatest amplitude of a content up to which a window of it counts as silent."""
STRETCH_S = 32.0
"""Sounds that are longer are analysed in stretches of this length, so that memory does not grow with them."""


class Stretch(NamedTuple):
    """A part of a sound to analyse, and which rows of its frames belong to it alone."""

    samples: slice
    rows: slice


def spans(n_samples: int) -> list[slice]:
    """Divide a content into windows of equal length that overlap by OVERLAP_S.

    Returns stretches of its samples in order; one where it is no longer than WHOLE_S.
    """
    whole, longest, overlap = (round(seconds * SAMPLE_RATE_HZ) for seconds in (WHOLE_S, WINDOW_S, OVERLAP_S))
    if n_samples <= whole:
        return [slice(0, n_samples)]
    count = math.ceil((n_samples - overlap) / (longest - overlap))
    length = math.ceil((n_samples + (count - 1) * overlap) / count)
    begins = [i * (length - overlap) for i in range(count - 1)] + [n_samples - length]
    return [slice(begin, begin + length) for begin in begins]


def held(before: Recording, begin: int) -> Recording:
    """Cut from a window's sound what the next one, which begins at its sample `begin`, takes over.

    Returns `(n_held_samples,)`.
    """
    return before[begin : begin + round(HELD_S * SAMPLE_RATE_HZ)]


def is_silent(part: MonoOrStereo, peak: float) -> bool:
    """Tell whether a stretch of a content, whose greatest amplitude is `peak`, is silent: nothing is made of it."""
    return float(np.abs(part).max(initial=0.0)) <= SILENT * peak


def join(before: Part, after: Part, begin: int) -> Part:
    """Lead one window into the next.

    `before` is all that was made so far, `after` begins at its sample `begin`. The latter comes to the former's level
    where they meet, and the cross-fade keeps the power, whether they are alike there or not.
    """
    middle, half = (round(seconds * SAMPLE_RATE_HZ) for seconds in (JOIN_S, CROSSFADE_S / 2))
    common = slice(middle - half, middle + half)
    after = _glided(before[begin + common.start : begin + common.stop], after, common)
    left, right = before[begin + common.start : begin + common.stop], after[common]
    energies = [float(np.sum(np.square(each, dtype=np.float64))) for each in (left, right)]
    likeness = float(np.sum(left * right, dtype=np.float64)) / math.sqrt(max(math.prod(energies), 1e-30))
    rise = np.sin(np.linspace(0, np.pi / 2, len(left))) ** 2
    power = rise**2 + (1 - rise) ** 2 + 2 * rise * (1 - rise) * min(max(likeness, 0.0), 1.0)
    fade_in, fade_out = rise / np.sqrt(power), (1 - rise) / np.sqrt(power)
    if left.ndim == 2:
        fade_in, fade_out = fade_in[:, None], fade_out[:, None]
    between = (left * fade_out + right * fade_in).astype(np.float32)
    return np.concatenate([before[: begin + common.start], between, after[common.stop :]])


def _glided(before: Part, after: Part, common: slice) -> Part:
    """A window at the level of the one before up to `common`, and from there on its way back to its own."""
    levels = [float(np.sum(np.square(each, dtype=np.float64))) for each in (before, after[common])]
    if min(levels) <= 0:
        return after
    step_db = float(np.clip(10 * math.log10(levels[0] / levels[1]), -MOST_STEP_DB, MOST_STEP_DB))
    seconds = np.arange(len(after)) / SAMPLE_RATE_HZ - common.stop / SAMPLE_RATE_HZ
    gains = 10 ** (step_db / 20 * np.clip(1 - seconds / GLIDE_S, 0, 1))
    return (after * (gains if after.ndim == 1 else gains[:, None])).astype(np.float32)


def stretches(n_samples: int, n_fft: int, hop_length: int) -> Iterator[Stretch]:
    """Divide a sound of `n_samples` so that the frames of its parts, one after another, are those of the whole.

    Of each part's frames, those count that `rows` names. One part where the sound is no longer than STRETCH_S.
    """
    n_frames = spectrogram.frame_count(n_samples, hop_length)
    margin = -(-n_fft // (2 * hop_length))
    most = max(1, round(STRETCH_S * SAMPLE_RATE_HZ) // hop_length)
    for begin in range(0, n_frames, most):
        end = min(begin + most, n_frames)
        first = max(0, begin - margin)
        last = n_samples if end == n_frames else (end + margin) * hop_length
        yield Stretch(slice(first * hop_length, last), slice(begin - first, end - first))
