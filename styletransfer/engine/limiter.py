"""A look-ahead limiter: turns down the few moments that stand out, so that the rest need not be.

Sounds are `(n_samples,)` or `(n_samples, 2)` float32, full scale at 1. docs/method.md tells how the gain is made.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.signal
from scipy.ndimage import minimum_filter1d

from styletransfer.engine import loudness
from styletransfer.engine.shapes import MonoOrStereo, Part
from styletransfer.settings import SAMPLE_RATE_HZ

MAX_REDUCTION_DB = 6.0
"""Most by which a moment is turned down: more is heard as pumping."""
LOOK_AHEAD_S = 0.01
"""Time in which the gain goes down before a peak, and back after it."""
LOUD_LUFS, LOUDEST_LUFS = -18.0, -7.0
"""Contents above the first come back a little quieter; music is hardly mastered louder than the second."""
MOST_MISSING_DB = 2.5
"""By how much a result is quieter than a content at LOUDEST_LUFS."""
PEAK_MARGIN_DB = 0.5
"""By how much samples are to stay below the ceiling: more is between them."""
PASSES = 6
"""In which loudness and limit are brought together: turning peaks down takes loudness away."""
CLOSE_DB = 0.05


def target_lufs(content_lufs: float) -> float:
    """Compute the loudness of a result in LUFS, of that of its content.

    The content's own, but for contents above LOUD_LUFS: these are mastered louder than what is made of them can be
    without harm.
    """
    above = min(max(content_lufs - LOUD_LUFS, 0.0), LOUDEST_LUFS - LOUD_LUFS)
    return content_lufs - MOST_MISSING_DB * above / (LOUDEST_LUFS - LOUD_LUFS)


def sample_ceiling(content_lufs: float, level_lufs: float) -> float:
    """Compute the amplitude that the samples of a sound may have at a loudness, for the result to fit.

    The sound is at `level_lufs`, and is to become the result of a content of `content_lufs`.
    """
    above_db = loudness.PEAK_CEILING_DBTP - PEAK_MARGIN_DB - target_lufs(content_lufs)
    return 10 ** ((level_lufs + above_db) / 20)


def at_loudness(sound: MonoOrStereo, target_lufs: float) -> MonoOrStereo:
    """Bring a sound to a loudness with a true peak of at most `loudness.PEAK_CEILING_DBTP`.

    Peaks are turned down by MAX_REDUCTION_DB at most; where that does not do, the whole sound is quieter than
    `target_lufs`. Returns float32 of the same shape; silence stays silence.
    """
    level = loudness.integrated_loudness(sound)
    if not math.isfinite(level):
        return np.asarray(sound, np.float32)
    most_db = loudness.PEAK_CEILING_DBTP + MAX_REDUCTION_DB - loudness.true_peak_dbtp(sound)
    limited, gain_db, missing_db = sound, 0.0, target_lufs - level
    for _ in range(PASSES):
        gain_db = min(gain_db + missing_db, most_db)
        limited = limit(sound, 10 ** (gain_db / 20))
        missing_db = target_lufs - loudness.integrated_loudness(limited)
        if abs(missing_db) < CLOSE_DB or gain_db >= most_db:
            break
    return loudness.limit_true_peak(limited)


def limit(sound: MonoOrStereo, gain: float = 1.0) -> MonoOrStereo:
    """Turn down the moments of a sound whose true peaks are above the ceiling, by MAX_REDUCTION_DB at most.

    The sound is taken times `gain`. Returns float32 of the same shape.
    """
    margin = 2 * round(LOOK_AHEAD_S * SAMPLE_RATE_HZ) + loudness.STRETCH_MARGIN
    parts = []
    for begin in range(0, len(sound), loudness.STRETCH):
        first = max(0, begin - margin)
        part = np.asarray(sound[first : begin + loudness.STRETCH + margin], np.float64) * gain
        parts.append(_limit(part)[begin - first :][: loudness.STRETCH])
    return np.concatenate(parts)


def _limit(sound: Part) -> Part:
    ceiling = 10 ** (loudness.PEAK_CEILING_DBTP / 20)
    peaks = loudness.true_peaks(sound)
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, ceiling))
    wanted = np.maximum(wanted, 10 ** (-MAX_REDUCTION_DB / 20))
    if wanted.min() == 1:
        return np.asarray(sound, np.float32)
    # The least gain of a stretch, smoothed over a window of the same length, is at its peak at most what it is to be.
    size = 2 * round(LOOK_AHEAD_S * SAMPLE_RATE_HZ) + 1
    least = minimum_filter1d(wanted, size)
    window = np.hanning(size + 2)[1:-1]
    curve = scipy.signal.fftconvolve(np.pad(least, size // 2, mode="edge"), window / window.sum(), "valid")
    curve = np.minimum(curve, 1.0)
    return (sound * (curve if sound.ndim == 1 else curve[:, None])).astype(np.float32)
