"""Which notes sound when, whatever plays them, and how much of the notes of one sound another has.

Sounds are mono `(n_samples,)` at SAMPLE_RATE_HZ, at the reference loudness. Nothing is trained: how strongly a pitch is
heard is a sum over its partials, in frames of N_FFT samples, HOP_LENGTH apart.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.ndimage

from styletransfer.engine import host_stft
from styletransfer.engine.shapes import HostSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 4096, 1024
MAGNITUDE_SCALE = 10.0
"""Where magnitudes turn from linear to logarithmic: at a tenth, so that timbre counts little."""
LOWEST_HZ, OCTAVES = 55.0, 6
"""Of spectrum and pitches: A1 up to G#7."""
BINS_PER_SEMITONE = 3
PEAK_BINS = 7.0
"""Standard deviation of the mean that a partial has to exceed: a little more than two semitones."""
PARTIALS, PARTIAL_DECAY = 5, 0.6
"""How many partials count for a pitch, and each for so much of the one below it."""
NO_SALIENCE = 1e-9
"""Norm below which nothing has a pitch."""


def salience(sound: HostSound) -> np.ndarray:
    """Measure how strongly each pitch of a sound is heard: `(n_frames, n_pitches)`, semitones from LOWEST_HZ up.

    Log magnitudes on an axis of logarithmic frequency, as far as they exceed their mean over neighbouring bins; of
    those the sum over the partials of each pitch, squared, so that the strongest count. (Harmonic summation: Salamon &
    Gomez, "Melody extraction from polyphonic music signals using pitch contour characteristics", 2012.)
    """
    spectrum = np.log1p(MAGNITUDE_SCALE * (host_stft.magnitudes(sound, N_FFT, HOP_LENGTH) @ _log_frequency()))
    peaks = np.maximum(0, spectrum - scipy.ndimage.gaussian_filter1d(spectrum, PEAK_BINS, axis=1, mode="nearest"))
    return (peaks @ _pitches()) ** 2


def likeness(sound: np.ndarray, content: np.ndarray) -> float:
    """Measure how much of the notes of a content a sound has, of their saliences `(n_frames, n_pitches)`.

    Pearson's correlation over all frames and pitches, each frame less its mean, and not below 0: 1 the same notes at
    the same time, about 0 unrelated or noise, and 0 for silence. Noise and unrelated recordings reach some 0.1.
    """
    a, b = (each - each.mean(axis=1, keepdims=True) for each in (sound, content))
    norms = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    return max(0.0, float(np.sum(a * b)) / (norms[0] * norms[1])) if min(norms) > NO_SALIENCE else 0.0


@cache
def _log_frequency() -> np.ndarray:
    """Weights `(n_freqs, n_bins)` of mean magnitudes: triangles as wide as two bins of the transform or, if that is
    more, as two of the logarithmic axis."""
    bins = np.arange(12 * BINS_PER_SEMITONE * OCTAVES) / (12 * BINS_PER_SEMITONE)
    places = LOWEST_HZ * 2**bins * N_FFT / SAMPLE_RATE_HZ
    widths = np.maximum(1, places * (2 ** (1 / (12 * BINS_PER_SEMITONE)) - 1))
    weights = np.maximum(0, 1 - np.abs(np.arange(N_FFT // 2 + 1)[:, None] - places) / widths)
    return (weights / weights.sum(axis=0)).astype(np.float32)


@cache
def _pitches() -> np.ndarray:
    """Weights `(n_bins, n_pitches)` of the bins around each partial of a pitch."""
    pitches = np.arange(12 * OCTAVES)
    weights = np.zeros((12 * BINS_PER_SEMITONE * OCTAVES, 12 * OCTAVES), np.float32)
    for partial in range(1, PARTIALS + 1):
        above = round(12 * BINS_PER_SEMITONE * np.log2(partial))
        for away in range(-(BINS_PER_SEMITONE // 2), BINS_PER_SEMITONE // 2 + 1):
            bins = BINS_PER_SEMITONE * pitches + above + away
            inside = (bins >= 0) & (bins < len(weights))
            weights[bins[inside], pitches[inside]] += PARTIAL_DECAY ** (partial - 1)
    return weights
