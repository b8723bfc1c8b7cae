"""Clicks and seams of a sound: moments that stand out above what is just before and just after them.

Sounds are mono `(n_samples,)` at SAMPLE_RATE_HZ, at the reference loudness. A click, and a cut where the waveform
jumps, fill all frequencies for less time than anything that is played, so that frames are short: N_FFT samples,
HOP_LENGTH apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.ndimage
import scipy.signal

from styletransfer.engine import host_stft, rhythm
from styletransfer.engine.shapes import HostSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 512, 128
REACH = 3
"""Frames from a moment to those just before and after it, which hold little of it."""
MIN_MAGNITUDE = 1e-2
"""What is weaker counts as that strong: an impulse at -40 dBFS, where the sound itself is at the reference loudness."""
ATTACK_S = 0.12
"""How far from a moment of the content its attacks excuse those of a sound."""
COUNTED_DB, APART_S = 1.0, 0.03
"""By how much a click exceeds what the recordings have to be counted, and how far it is from the next one."""


def outstanding_db(sound: HostSound) -> np.ndarray:
    """Measure how far each moment of a sound stands out above those just before and after it.

    The level above the higher of both, in dB and not below 0, as a mean over all frequencies: `(n_frames,)`.
    """
    levels_db = rhythm.DB_PER_NEPER * np.log(MIN_MAGNITUDE + host_stft.magnitudes(sound, N_FFT, HOP_LENGTH)[:, 1:])
    padded = np.pad(levels_db, ((REACH, REACH), (0, 0)), mode="edge")
    return np.maximum(0, levels_db - np.maximum(padded[: -2 * REACH], padded[2 * REACH :])).mean(axis=1)


def excess_db(sound: np.ndarray, content: np.ndarray, styles: Sequence[np.ndarray]) -> np.ndarray:
    """Measure how far each moment of a sound exceeds what its recordings have, `(n_frames,)`.

    All are `(n_frames,)` of `outstanding_db`; sound and content have one length. Anywhere the most outstanding moment
    of the styles is allowed, and near an attack of the content that attack. In dB: 0 where it does not exceed them.
    """
    frames = round(ATTACK_S * SAMPLE_RATE_HZ / HOP_LENGTH)
    allowed = scipy.ndimage.maximum_filter1d(content, 2 * frames + 1)
    of_styles = max((float(style.max(initial=0.0)) for style in styles), default=0.0)
    return np.maximum(0.0, sound - np.maximum(allowed, of_styles))


def count_in_10_s(excess_db: np.ndarray) -> float:
    """Count the clicks and cuts in 10 s of a sound: moments of `excess_db` `(n_frames,)` that stand out apart."""
    apart = round(APART_S * SAMPLE_RATE_HZ / HOP_LENGTH)
    peaks, _ = scipy.signal.find_peaks(np.pad(excess_db, 1), height=COUNTED_DB, distance=apart)
    return len(peaks) * 10 * SAMPLE_RATE_HZ / (HOP_LENGTH * max(1, len(excess_db)))
