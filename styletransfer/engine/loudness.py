"""Loudness of sounds after BS.1770-4, and gains that bring a sound to a loudness or below a peak.

Samples are `(n_samples,)` or, of several channels, `(n_samples, n_channels)`, full scale at 1. Levels are in LUFS or in
dBFS of a sample.
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
STRETCH, STRETCH_MARGIN = 2**20, 64
"""Samples of which true peaks are measured at once, and that are looked at beyond them: the filter is shorter."""
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
    """Measure the integrated loudness of a sound in LUFS (BS.1770-4).

    Silence has -inf. Where BS.1770 has no value (shorter than its block of 0.4 s, or every block gated) it is the mean
    square in dB, which is the same for a tone of 1 kHz, where the weighting is neutral. It follows the gain to the dB
    at any level: BS.1770 would drop blocks below -70 LUFS, so it measures the recording brought to full scale.
    """
    peak = _peak(samples)
    if peak == 0:
        return -math.inf
    scaled = np.divide(samples, peak, dtype=np.float64)
    level = -math.inf
    if len(samples) >= LOUDNESS_BLOCK_S * sample_rate_hz:
        level = float(_meter(sample_rate_hz).integrated_loudness(scaled))
    if not math.isfinite(level):
        level = 10 * math.log10(float(np.sum(np.mean(np.square(scaled), axis=0))))
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

    Returns float32 of the same shape; `target_lufs` is the integrated loudness in LUFS. Silence stays silence. Peaks
    may end above full scale.
    """
    level = integrated_loudness(samples, sample_rate_hz)
    gain = 10 ** ((target_lufs - level) / 20) if math.isfinite(level) else 1.0
    return (np.asarray(samples, np.float64) * gain).astype(np.float32)


def true_peaks(samples: np.ndarray) -> np.ndarray:
    """Measure the peak of the curve through each sample of a sound and its neighbourhood up to the next.

    `(n_samples,)` float64, the highest of all channels, of a sound at OVERSAMPLING times its rate (BS.1770-4, annex 2).
    """
    if samples.ndim == 2:
        return np.max([true_peaks(channel) for channel in samples.T], axis=0)
    if len(samples) <= STRETCH:
        return _peaks(samples)
    parts = []
    for begin in range(0, len(samples), STRETCH):
        first = max(0, begin - STRETCH_MARGIN)
        part = _peaks(samples[first : begin + STRETCH + STRETCH_MARGIN])
        parts.append(part[begin - first :][:STRETCH])
    return np.concatenate(parts)


def _peaks(samples: np.ndarray) -> np.ndarray:
    samples = np.asarray(samples, np.float64)
    between = np.abs(scipy.signal.resample_poly(samples, OVERSAMPLING, 1)).reshape(len(samples), OVERSAMPLING)
    return np.maximum(between.max(axis=1), np.abs(samples))


def true_peak_dbtp(samples: np.ndarray) -> float:
    """Measure the true peak of a sound in dBTP.

    Silence has -inf.
    """
    peak = float(true_peaks(samples).max(initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def limit_true_peak(samples: np.ndarray) -> np.ndarray:
    """Keep the true peak of a sound at the ceiling or below.

    A sound whose true peak is above PEAK_CEILING_DBTP is attenuated as a whole, float32; nothing is
    clipped.
    """
    above_db = max(0.0, true_peak_dbtp(samples) - PEAK_CEILING_DBTP)
    return (np.asarray(samples, np.float64) * 10 ** (-above_db / 20)).astype(np.float32)


def limit_peak(samples: np.ndarray, ceiling_dbfs: float = PEAK_CEILING_DBFS) -> np.ndarray:
    """Keep the peak of a sound below a ceiling.

    A sound whose peak is above `ceiling_dbfs` is attenuated as a whole, float32; nothing is clipped.
    """
    samples = np.asarray(samples, np.float64)
    return (samples * peak_gain(samples, ceiling_dbfs)).astype(np.float32)


def peak_gain(samples: np.ndarray, ceiling_dbfs: float = PEAK_CEILING_DBFS) -> float:
    """Find what a sound is to be multiplied by so that its peak stays below a ceiling, at most 1."""
    peak = _peak(samples)
    ceiling = 10 ** (ceiling_dbfs / 20) * (1 - 2**-22)  # less what rounding to float32 can add
    return ceiling / peak if peak > ceiling else 1.0


def _peak(samples: np.ndarray) -> float:
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
