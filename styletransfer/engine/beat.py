"""How alike the beats of two sounds are: their onsets, and how these repeat.

Sounds are analysed in frames of N_FFT samples, HOP_LENGTH apart; mel bands are `(n_frames, MEL_BANDS)`.
"""

from __future__ import annotations

import numpy as np

from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 2048, 512
MEL_BANDS = 128
DYNAMIC_RANGE_DB = 80.0
BEAT_LAGS_S = (0.1, 2.0)
MIN_LAGS = 8


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
