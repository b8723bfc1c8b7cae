"""Sounds repeated to a length."""

from __future__ import annotations

import numpy as np

from styletransfer.settings import SAMPLE_RATE_HZ

SEAM_S = 0.01
"""Fade at each end of a sound that is repeated."""


def loop(sound: np.ndarray, n_samples: int) -> np.ndarray:
    """Cut a sound to a length, or repeat it to it with ends that fade, so that the seams do not click.

    `(n_samples,)`, or `(n_samples, 2)`, of any other number of samples before.
    """
    if len(sound) >= n_samples:
        return sound[:n_samples]
    fade = min(round(SEAM_S * SAMPLE_RATE_HZ), len(sound) // 2)
    envelope = np.ones(len(sound), np.float32)
    envelope[:fade] = np.linspace(0, 1, fade, endpoint=False)
    envelope[len(sound) - fade :] = envelope[:fade][::-1]
    if sound.ndim == 2:
        return np.resize(sound * envelope[:, None], (n_samples, 2))
    return np.resize(sound * envelope, n_samples)
