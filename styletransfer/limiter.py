"""A look-ahead limiter: turns the few loudest moments down, and leaves everything else as it is.

A result whose attacks are sharper than its content's would pass full scale at the content's loudness. Turned down as a
whole it would be several dB too quiet to be compared; clipped, it would be distorted.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import convolve1d, minimum_filter1d
from scipy.signal import windows

from styletransfer import audio
from styletransfer.settings import SAMPLE_RATE_HZ

REACH_S = 0.0025
"""The gain falls this long before a peak and rises this long after it."""
MOST_DB = 6.0
"""Most that a peak is turned down against the rest; what is still too loud then is turned down as a whole."""


def limit(samples: np.ndarray, ceiling_dbfs: float = audio.PEAK_CEILING_DBFS) -> np.ndarray:
    """The samples `(n_samples,)`, float32, none above the ceiling. Where no peak is more than MOST_DB above it, those
    that are twice REACH_S away from any peak are unchanged."""
    samples = np.asarray(samples, np.float64)
    peak = float(np.abs(samples).max(initial=0.0))
    ceiling = max(10 ** (ceiling_dbfs / 20), peak * 10 ** (-MOST_DB / 20))
    allowed = np.minimum(1.0, ceiling / np.maximum(np.abs(samples), ceiling))
    reach = round(REACH_S * SAMPLE_RATE_HZ)
    # A mean over values none of which is above what the middle allows is not above it either.
    smooth = windows.hann(2 * reach + 3)[1:-1]
    gains = convolve1d(minimum_filter1d(allowed, 2 * reach + 1), smooth / smooth.sum(), mode="nearest")
    return audio.limit_peak(samples * gains, ceiling_dbfs)
