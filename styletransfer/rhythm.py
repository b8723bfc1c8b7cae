"""The beat: moves the loudness curves of the style's bands onto the content.

A Gram matrix of short patches holds timbre but no beat, so the content target itself is changed before the solve: in
BANDS mel bands, the log energy of each frame less its slow mean is the band's envelope, and the content's magnitudes
are multiplied by `exp(amount * (style's envelope - content's envelope))`.

Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, float32.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

BANDS = 12
LOWEST_HZ = 60.0
SLOW_S = 1.4
"""Standard deviation, in seconds, of the Gaussian whose mean is taken off: slower changes stay the content's."""
GAIN_RANGE = (-5.0, 3.0)
"""Natural logarithms of the least and the greatest factor of a magnitude."""
QUIET = 1e-3
"""Energy of a band relative to its mean below which it counts as silent, so that silence has no envelope of noise."""


def with_rhythm_of(
    content: np.ndarray, style: np.ndarray, amount: float, sample_rate_hz: int, hop_length: int
) -> np.ndarray:
    """The content `(n_frames, n_freqs)` with the beat of the style `(n_style_frames, n_freqs)`: amount 0 leaves it
    as it is, 1 replaces its envelopes. A style shorter than the content is repeated, a longer one cut."""
    if amount == 0:
        return content
    weights = _bands(content.shape[1], sample_rate_hz)
    slow_frames = SLOW_S * sample_rate_hz / hop_length
    repeats = -(-len(content) // len(style))
    wanted = np.tile(_envelopes(style, weights, slow_frames), (repeats, 1))[: len(content)]
    gains = np.clip(amount * (wanted - _envelopes(content, weights, slow_frames)), *GAIN_RANGE)
    spread = weights / weights.sum(axis=0)
    return np.log1p(np.expm1(content) * np.exp(gains @ spread)).astype(np.float32)


def _envelopes(log_magnitudes: np.ndarray, weights: np.ndarray, slow_frames: float) -> np.ndarray:
    """`(n_frames, BANDS)`: log energy of each band less its slow mean; half of it, that is, of the magnitude."""
    energy = np.expm1(log_magnitudes) ** 2 @ weights.T
    log_energy = 0.5 * np.log(energy + QUIET * energy.mean(axis=0) + 1e-12)
    return log_energy - gaussian_filter1d(log_energy, slow_frames, axis=0, mode="nearest")


def _bands(n_freqs: int, sample_rate_hz: int) -> np.ndarray:
    """Triangles `(BANDS, n_freqs)`, evenly spaced in mel (O'Shaughnessy 1987); beyond the outer two, those stay at 1,
    so that the bands cover every frequency."""
    mel = 2595 * np.log10(1 + np.linspace(0, sample_rate_hz / 2, n_freqs) / 700)
    centres = np.linspace(2595 * np.log10(1 + LOWEST_HZ / 700), mel[-1], BANDS)
    position = np.clip((mel - centres[0]) / (centres[1] - centres[0]), 0, BANDS - 1)
    return np.maximum(0, 1 - np.abs(position - np.arange(BANDS)[:, None]))
