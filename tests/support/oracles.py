"""The method written out plainly in NumPy and float64: what the tests compare the program with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def features(frames: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """ReLU of the VALID convolution of `(n_frames, n_freqs)` with `(width, n_freqs, n_filters)`, tap by tap."""
    width, _, n_filters = filters.shape
    n_patches = len(frames) - width + 1
    out = np.zeros((n_patches, n_filters))
    for patch in range(n_patches):
        for tap in range(width):
            out[patch] += frames[patch + tap].astype(np.float64) @ filters[tap].astype(np.float64)
    return np.maximum(out, 0.0)


def gram(frames: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """`(n_filters, n_filters)`: products of filter responses, summed over patches and divided by their number."""
    responses = features(frames, filters)
    total = np.zeros((filters.shape[2], filters.shape[2]))
    for response in responses:
        total += np.outer(response, response)
    return total / len(responses)


def content_loss(frames: np.ndarray, content: np.ndarray, filters: np.ndarray) -> float:
    return float(np.sum((features(frames, filters) - features(content, filters)) ** 2))


def style_loss(
    frames: np.ndarray, styles: Sequence[np.ndarray], filters: np.ndarray, weights: Sequence[float] = ()
) -> float:
    shares = np.asarray(weights or [1.0] * len(styles))
    target = np.zeros((filters.shape[2], filters.shape[2]))
    for style, share in zip(styles, shares / shares.sum(), strict=True):
        target += share * gram(style, filters)
    return float(np.sum((gram(frames, filters) - target) ** 2))
