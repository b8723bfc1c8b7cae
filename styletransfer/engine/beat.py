"""The beat of a finished sound: how like the content's and the style's it is, and as much of either as is missing.

Sounds are `(n_samples,)`, analysed in frames of N_FFT samples, HOP_LENGTH apart; mel bands are `(n_frames, MEL_BANDS)`.
docs/method.md tells how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from styletransfer.engine import host_stft, rhythm
from styletransfer.engine.mel import slaney_bands
from styletransfer.engine.shapes import HostSound, Recording
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 2048, 512
MEL_BANDS = 128
DYNAMIC_RANGE_DB = 80.0
BEAT_LAGS_S = (0.1, 2.0)
MIN_LAGS = 8
NONE_OF_IT, ALL_OF_IT = 0.05, 0.95
"""Likeness to the style's beat from which, above what the content itself has, and to which the rhythm goes evenly."""
CLOSE, CLOSE_TO_NONE = 0.03, 0.15
"""Likeness that is let be beside the one wanted; more of it where none of the style's beat is asked for."""
SHARES = np.linspace(0, 1, 33)[1:]
"""Of the way to a beat, of which the least that does is gone."""
MOST_DB = 12.0
"""By which any moment becomes louder or quieter at most: a beat that this does not bring is left as it is."""
PASSES = 3
"""Most of bringing the beat nearer to what it is to be, each measured on the sound that results."""


@dataclass(frozen=True)
class Goal:
    """The beat that a sound is to have: as much of the style's as its rhythm says, with the content's for the rest."""

    content_onsets: np.ndarray
    """`(n_frames,)`, as rhythm.py has them"""
    style_onsets: np.ndarray
    """likewise, repeated or cut to the content's length"""
    style: np.ndarray
    """those of the whole style, that a sound is compared with: as `onsets`"""
    least: float
    """likeness to the style's beat"""
    most: float

    def brought_to(self, sound: HostSound, finish: Callable[[HostSound], HostSound]) -> HostSound:
        """Give a sound the beat that it lacks.

        `finish` makes the result of a sound `(n_samples,)`, and what is heard of that is measured. Onsets move towards
        the style's, or back to the content's, by as little as is needed. Returns the sound, not finished, whose result
        comes nearest.
        """
        gains_db, found = np.zeros(1), []
        for _ in range(PASSES + 1):
            at = np.arange(len(gains_db)) * HOP_LENGTH
            factors = 10 ** (np.interp(np.arange(len(sound)), at, gains_db) / 20)
            moved = (sound * factors).astype(np.float32) if found else sound
            levels_db = sound_bands_db(finish(moved))
            heard = likeness(onsets(levels_db), self.style)
            found.append((max(self.least - heard, heard - self.most, 0.0), moved))
            if found[-1][0] == 0:
                break
            gains_db = np.clip(gains_db + self._missing_db(levels_db, heard), -MOST_DB, MOST_DB)
        return min(found, key=lambda pair: pair[0])[1]

    def _missing_db(self, levels_db: np.ndarray, heard: float) -> np.ndarray:
        """Gains `(n_frames,)` for a sound of these bands, whose beat is as like the style's as `heard` says."""
        sign, wanted, goal = (
            (1, self.style_onsets, self.least + CLOSE)
            if heard < self.least
            else (-1, self.content_onsets, self.most - CLOSE)
        )
        gains = rhythm.gains_for_onsets(levels_db, wanted, SAMPLE_RATE_HZ / HOP_LENGTH)
        gains_db = np.clip(rhythm.DB_PER_NEPER * gains, -MOST_DB, MOST_DB)
        likely = np.array([likeness(onsets(levels_db + share * gains_db[:, None]), self.style) for share in SHARES])
        reached = sign * likely >= min(sign * goal, np.max(sign * likely))
        return SHARES[int(np.argmax(reached))] * gains_db


def goal(content: Recording, style: Recording, amount: float, begin: int = 0) -> Goal | None:
    """Make the goal of a sound that is made of a content and a style.

    `amount` is 0, the content's beat, to 1, the style's; `begin` is the sample of the repeated style at which the
    content begins. None where one of them is too short to have a beat, or has none.
    """
    own_db, style_db = sound_bands_db(content), sound_bands_db(style)
    own, theirs = onsets(own_db), onsets(style_db)
    if not likeness(own, own) or not likeness(theirs, theirs):
        return None
    start = min(max(likeness(own, theirs), 0.0) + NONE_OF_IT, ALL_OF_IT)
    middle = start + (ALL_OF_IT - start) * amount
    repeated = np.resize(np.roll(style_db, -(begin // HOP_LENGTH), axis=0), own_db.shape)
    return Goal(
        content_onsets=rhythm.onsets(own_db),
        style_onsets=rhythm.emphasised(rhythm.onsets(repeated)),
        style=theirs,
        least=middle - CLOSE if amount > 0 else -1.0,
        most=1.0 if amount == 1 else middle + (CLOSE if amount > 0 else CLOSE_TO_NONE),
    )


def sound_bands_db(sound: Recording) -> np.ndarray:
    """Measure the level of the mel bands of a sound, `(n_frames, MEL_BANDS)`."""
    return bands_db(host_stft.magnitudes(sound, N_FFT, HOP_LENGTH) ** 2 @ _bands())


@cache
def _bands() -> np.ndarray:
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, N_FFT // 2 + 1)
    return slaney_bands(hz, MEL_BANDS).astype(np.float32)


def bands_db(power: np.ndarray) -> np.ndarray:
    """Express the power of mel bands in dB, none further below the loudest than DYNAMIC_RANGE_DB."""
    levels_db = 10 * np.log10(np.maximum(power, 1e-10))
    return np.maximum(levels_db, levels_db.max() - DYNAMIC_RANGE_DB)


def onsets(bands_db: np.ndarray) -> np.ndarray:
    """Compute the mean rise of bands in dB from frame to frame, `(n_frames - 1,)`: spectral flux."""
    return np.maximum(0, np.diff(bands_db, axis=0)).mean(axis=1)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Measure how alike the beats of two sounds are, of their onsets `(n_onsets,)`.

    Pearson's correlation of their autocorrelations, over lags that a beat can have, as far as half the shorter one
    reaches: 1 the same beat, 0 unrelated, or where there are too few lags.
    """
    first, last = (round(lag * SAMPLE_RATE_HZ / HOP_LENGTH) for lag in BEAT_LAGS_S)
    lags = np.arange(first, min(last, len(a) // 2, len(b) // 2) + 1)
    if len(lags) < MIN_LAGS:
        return 0.0
    x, y = (_autocorrelation(each, lags) for each in (a, b))
    norm = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norm if norm > 1e-12 else 0.0


def _autocorrelation(envelope: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The mean product at each lag, less its mean over lags."""
    n, centred = len(envelope), envelope - envelope.mean()
    products = np.correlate(centred, centred, "full")[n - 1 + lags] / (n - lags)
    return products - products.mean()
