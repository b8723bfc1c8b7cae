"""The mel scale, on which equal steps sound alike (O'Shaughnessy, "Speech communication", 1987), and bands of it."""

from __future__ import annotations

import numpy as np


def mel_of_hz(hz: float | np.ndarray) -> np.ndarray:
    """Convert frequencies in Hz, at least 0, to mel; of the same shape."""
    return np.asarray(2595 * np.log10(1 + np.asarray(hz) / 700))


def hz_of_mel(mel: float | np.ndarray) -> np.ndarray:
    """Convert mel, at least 0, to frequencies in Hz; of the same shape."""
    return np.asarray(700 * (10 ** (np.asarray(mel) / 2595) - 1))


def slaney_bands(hz: np.ndarray, n_bands: int) -> np.ndarray:
    """Compute triangles of equal area that are evenly spaced in mel, `(n_freqs, n_bands)`.

    `hz` are the frequencies of a spectrum, `(n_freqs,)`. (Slaney 1998, "Auditory Toolbox"; librosa's.)
    """
    step = np.log(6.4) / 27  # linear to 1 kHz, which is mel 15, logarithmic above
    highest = 15 + np.log(hz[-1] / 1000) / step
    mel = np.linspace(0, highest, n_bands + 2)
    edges = np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(step * (mel - 15)))
    rising = (hz[:, None] - edges[:-2]) / np.diff(edges[:-1])
    falling = (edges[2:] - hz[:, None]) / np.diff(edges[1:])
    return np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
