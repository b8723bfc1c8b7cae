"""Loudness of sounds after BS.1770-4, and gains that bring a sound to a loudness or below a peak.

Samples are `(n_samples,)`, full scale at 1. Levels are in LUFS or in dBFS of a sample.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyloudnorm
import scipy.signal

from styletransfer.settings import SAMPLE_RATE_HZ

PEAK_CEILING_DBFS = -1.0
PEAK_CEILING_DBTP = -1.1
"""Of results: -1 dBTP, less what meters differ by."""
OVERSAMPLING = 4
"""Of a true peak."""
LOUDNESS_BLOCK_S = 0.4
LOUDNESS_OFFSET_DB = -0.691
"""Added to the K-weighted mean square in dB (BS.1770-4)."""
K_FILTERS = {
    "high_shelf_DeMan": (3.99984385397, 0.7071752369554193, 1681.9744509555319),
    "high_pass_DeMan": (0.0, 0.5003270373253953, 38.13547087613982),
}
"""Gain (dB), quality and frequency (Hz) of the two filters of BS.1770, by the name that pyloudnorm has for their kind
(De Man, "Evaluation of implementations of the EBU R128 loudness measurement", 2018)."""


def integrated_loudness(samples: np.ndarray, sample_rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """Measure the integrated loudness of a sound `(n_samples,)` in LUFS (BS.1770-4).

    Silence has -inf. Where BS.1770 has no value (shorter than its block of 0.4 s, or every block gated) it is the mean
    square in dB, which is the same for a tone of 1 kHz, where the weighting is neutral. It follows the gain to the dB
    at any level: BS.1770 would drop blocks below -70 LUFS, so it measures the recording brought to full scale.
    """
    samples = np.asarray(samples, np.float64)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return -math.inf
    scaled = samples / peak
    level = -math.inf
    if len(samples) >= LOUDNESS_BLOCK_S * sample_rate_hz:
        level = float(_meter(sample_rate_hz).integrated_loudness(scaled))
    if not math.isfinite(level):
        level = 10 * math.log10(float(np.mean(np.square(scaled))))
    return level + 20 * math.log10(peak)


def k_weighting(n_freqs: int, sample_rate_hz: int = SAMPLE_RATE_HZ) -> np.ndarray:
    """Compute the power response of the filters of BS.1770.

    `(n_freqs,)` float64, at frequencies evenly spaced from 0 to half the rate, both ends included.
    """
    response = np.ones(n_freqs)
    for kind, (gain_db, quality, frequency_hz) in K_FILTERS.items():
        stage: Any = pyloudnorm.IIRfilter(gain_db, quality, frequency_hz, sample_rate_hz, kind)
        _, stage_response = scipy.signal.freqz(stage.b, stage.a, worN=n_freqs, include_nyquist=True)
        response *= np.abs(stage_response) ** 2
    return response


def _meter(sample_rate_hz: int) -> pyloudnorm.Meter:
    # Its "DeMan" filters are the standard's own at any rate; its default "K-weighting" is 0.04 dB off.
    return pyloudnorm.Meter(sample_rate_hz, filter_class="DeMan", block_size=LOUDNESS_BLOCK_S)


def at_loudness(samples: np.ndarray, target_lufs: float, sample_rate_hz: int = SAMPLE_RATE_HZ) -> np.ndarray:
    """Bring a sound to a loudness.

    Takes and returns `(n_samples,)`, the latter float32; `target_lufs` is the integrated loudness in LUFS. Silence
    stays silence. Peaks may end above full scale.
    """
    level = integrated_loudness(samples, sample_rate_hz)
    gain = 10 ** ((target_lufs - level) / 20) if math.isfinite(level) else 1.0
    return (np.asarray(samples, np.float64) * gain).astype(np.float32)


def true_peaks(samples: np.ndarray) -> np.ndarray:
    """Measure the peak of the curve through each sample of a sound and its neighbourhood up to the next.

    `(n_samples,)` float64, of a sound `(n_samples,)` at OVERSAMPLING times its rate (BS.1770-4, annex 2).
    """
    samples = np.asarray(samples, np.float64)
    between = np.abs(scipy.signal.resample_poly(samples, OVERSAMPLING, 1)).reshape(len(samples), OVERSAMPLING)
    return np.maximum(between.max(axis=1), np.abs(samples))


def true_peak_dbtp(samples: np.ndarray) -> float:
    """Measure the true peak of a sound `(n_samples,)` in dBTP.

    Silence has -inf.
    """
    peak = float(true_peaks(samples).max(initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def limit_true_peak(samples: np.ndarray) -> np.ndarray:
    """Keep the true peak of a sound at the ceiling or below.

    A sound `(n_samples,)` whose true peak is above PEAK_CEILING_DBTP is attenuated as a whole, float32; nothing is
    clipped.
    """
    above_db = max(0.0, true_peak_dbtp(samples) - PEAK_CEILING_DBTP)
    return (np.asarray(samples, np.float64) * 10 ** (-above_db / 20)).astype(np.float32)


def limit_peak(samples: np.ndarray, ceiling_dbfs: float = PEAK_CEILING_DBFS) -> np.ndarray:
    """Keep the peak of a sound below a ceiling.

    A sound `(n_samples,)` whose peak is above `ceiling_dbfs` is attenuated as a whole, float32; nothing is clipped.
    """
    samples = np.asarray(samples, np.float64)
    peak = float(np.abs(samples).max(initial=0.0))
    ceiling = 10 ** (ceiling_dbfs / 20) * (1 - 2**-22)  # less what rounding to float32 can add
    return (samples * min(1.0, ceiling / peak) if peak > ceiling else samples).astype(np.float32)
