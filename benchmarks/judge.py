"""Judges delivered sounds by filters that nobody has solved for, in plain NumPy: nothing of either contender's losses.

A sound is brought to the loudness of the recordings and analysed anew. Its losses are relative: content loss divided
by `sum F_content^2`, style loss by `sum G_style^2`, with the Gram matrices divided by their number of patches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks import recordings, textbook

SEED = 2**32 + 1
"""Beyond the seeds that any solve here or in the program can have."""
FILTERS, WIDTH = 1024, 11


class Losses(NamedTuple):
    """How far a sound is from content and style, each relative to the energy of what it is compared with."""

    content: float
    style: float


class Judge:
    """Judges sounds made from one content and one style, recordings `(n_samples,)`."""

    def __init__(self, content: np.ndarray, style: np.ndarray, filters: np.ndarray | None = None) -> None:
        n_freqs = textbook.N_FFT // 2 + 1
        self.filters = textbook.glorot_filters(SEED, WIDTH, n_freqs, FILTERS) if filters is None else filters
        self.content, self.style_gram = self._features(content), _gram(self._features(style))

    def losses(self, sound: np.ndarray) -> Losses:
        """The losses of a sound `(n_samples,)` beside content and style."""
        features = self._features(sound)
        style_loss = _energy(_gram(features) - self.style_gram) / _energy(self.style_gram)
        return Losses(_energy(features - self.content) / _energy(self.content), style_loss)

    def _features(self, sound: np.ndarray) -> np.ndarray:
        """`(n_patches, n_filters)`: a matrix product for each frame of the filters, then ReLU."""
        frames = textbook.log_magnitudes(recordings.at_reference(sound))
        n_patches = len(frames) - len(self.filters) + 1
        products = (frames[i : i + n_patches] @ taps for i, taps in enumerate(self.filters))
        return np.maximum(sum(products), 0).astype(np.float64)


def _gram(features: np.ndarray) -> np.ndarray:
    return features.T @ features / len(features)


def _energy(x: np.ndarray) -> float:
    return float(np.sum(x * x))
