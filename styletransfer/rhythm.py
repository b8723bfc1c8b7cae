"""The beat: moves the loudness curves of the style's bands onto the content.

A Gram matrix of short patches holds timbre but no beat, so the content target itself is changed before the solve: in
mel bands, few where notes are and many above, the log energy of each frame less its slow mean is the band's envelope,
and the content's magnitudes are multiplied by `exp(amount * (style's envelope - content's envelope))`.

Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, float32.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

LOWEST_HZ, SPLIT_HZ = 60.0, 1_000.0
LOW_BANDS, HIGH_BANDS = 3, 60
"""Below the split a band is wider than a scale, so that the style's notes do not come along with its beat. Above it
many narrow ones follow styles without drums, whose onsets are a matter of overtones."""
SLOW_S = 1.4
"""Standard deviation, in seconds, of the Gaussian whose mean is taken off: slower changes stay the content's."""
LOW_GAIN_RANGE, HIGH_GAIN_RANGE = (-1.5, 1.5), (-5.0, 3.0)
"""Natural logarithms of the least and the greatest factor of a magnitude, on either side of the split: below it deeper
gaps would take the content's notes along."""
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
    gains = np.clip(amount * (wanted - _envelopes(content, weights, slow_frames)), *_gain_range())
    spread = weights / weights.sum(axis=0)
    return np.log1p(np.expm1(content) * np.exp(gains @ spread)).astype(np.float32)


def _envelopes(log_magnitudes: np.ndarray, weights: np.ndarray, slow_frames: float) -> np.ndarray:
    """`(n_frames, n_bands)`: log energy of each band less its slow mean; half of it, that is, of the magnitude."""
    energy = np.expm1(log_magnitudes) ** 2 @ weights.T
    log_energy = 0.5 * np.log(energy + QUIET * energy.mean(axis=0) + 1e-12)
    return log_energy - gaussian_filter1d(log_energy, slow_frames, axis=0, mode="nearest")


def _bands(n_freqs: int, sample_rate_hz: int) -> np.ndarray:
    """Triangles `(n_bands, n_freqs)`, on either side of the split evenly spaced in mel (O'Shaughnessy 1987); beyond the
    outer two, those stay at 1, so that the bands cover every frequency."""
    highest = sample_rate_hz / 2
    low = np.linspace(_mel(LOWEST_HZ), _mel(SPLIT_HZ), LOW_BANDS, endpoint=False)
    centres = np.concatenate([low, np.linspace(_mel(SPLIT_HZ), _mel(highest), HIGH_BANDS)])
    position = np.interp(_mel(np.linspace(0, highest, n_freqs)), centres, np.arange(len(centres)))
    return np.maximum(0, 1 - np.abs(position - np.arange(len(centres))[:, None]))


def _mel(hz: float | np.ndarray) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def _gain_range() -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest log gain of each band `(n_bands,)`."""
    low, high = (np.repeat(ends, (LOW_BANDS, HIGH_BANDS)) for ends in zip(LOW_GAIN_RANGE, HIGH_GAIN_RANGE, strict=True))
    return low, high
