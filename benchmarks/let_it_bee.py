"""The mosaic of Driedger, Praetzlich & Mueller, "Let it Bee: Towards NMF-inspired audio mosaicing" (ISMIR 2015).

The magnitudes of a content are approximated by those of a style, whose frames are the templates: only the activations
are found, by updates that lower the Kullback-Leibler divergence, and are led towards longer stretches of the style, few
at a time, that are not repeated at once. NumPy, as it comes.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from styletransfer.engine import host_stft

N_FFT, HOP_LENGTH = 4096, 2048
"""93 and 46 ms, which the paper has as 2048 and 1024 samples at 22.05 kHz."""
ITERATIONS = 20
REPETITION = 3
"""Frames before and after a use of a template in which it is not used again."""
POLYPHONY = 10
"""Templates used in one frame."""
CONTINUITY = 3
"""Frames before and after one, whose templates lead to the template of that frame."""
TINY = 1e-9


def mosaic(content: np.ndarray, style: np.ndarray, seed: int = 0) -> np.ndarray:
    """The content `(n_samples,)` out of frames of the style: the activations, applied to the style's own spectrum."""
    wanted = host_stft.magnitudes(content, N_FFT, HOP_LENGTH).T
    spectrum = host_stft.spectrum(style, N_FFT, HOP_LENGTH).T
    found = spectrum @ activations(wanted, np.abs(spectrum), seed)
    return host_stft.sound_of(found.T, len(content), HOP_LENGTH)


def activations(wanted: np.ndarray, templates: np.ndarray, seed: int = 0, iterations: int = ITERATIONS) -> np.ndarray:
    """How much each template `(n_freqs, n_templates)` is in each frame of `(n_freqs, n_frames)`.

    `(n_templates, n_frames)`, from random ones on.
    """
    found = np.random.default_rng(seed).uniform(size=(templates.shape[1], wanted.shape[1]))
    for i in range(iterations):
        found = led(found, kept=1 - (i + 1) / iterations)
        found *= templates.T @ (wanted / np.maximum(TINY, templates @ found))
        found /= np.maximum(TINY, templates.sum(axis=0))[:, None]
    return found


def led(found: np.ndarray, kept: float) -> np.ndarray:
    """Activations after the paper's three steps; `kept` is what is left of those that a step is against, 1 to 0."""
    found = restricted(found, found < maximum_filter1d(found, 2 * REPETITION + 1, axis=1), kept)
    n_kept = min(POLYPHONY, len(found))
    found = restricted(found, found < np.partition(found, -n_kept, axis=0)[-n_kept], kept)
    padded = np.pad(found, CONTINUITY)
    rows, columns = found.shape
    return np.sum([padded[i : i + rows, i : i + columns] for i in range(2 * CONTINUITY + 1)], axis=0)


def restricted(found: np.ndarray, against: np.ndarray, kept: float) -> np.ndarray:
    """Activations of which some are weakened."""
    return np.where(against, kept * found, found)
