"""The mel scale, on which equal steps sound alike (O'Shaughnessy, "Speech communication", 1987)."""

from __future__ import annotations

import numpy as np


def mel_of_hz(hz: float | np.ndarray) -> np.ndarray:
    """Convert frequencies in Hz, at least 0, to mel; of the same shape."""
    return np.asarray(2595 * np.log10(1 + np.asarray(hz) / 700))


def hz_of_mel(mel: float | np.ndarray) -> np.ndarray:
    """Convert mel, at least 0, to frequencies in Hz; of the same shape."""
    return np.asarray(700 * (10 ** (np.asarray(mel) / 2595) - 1))
