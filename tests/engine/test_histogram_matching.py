"""Histogram matching, against sorting by hand."""

from __future__ import annotations

import hypothesis
import numpy as np
from hypothesis import strategies

from styletransfer.engine import histogram_matching


@hypothesis.given(strategies.integers(0, 1000), strategies.integers(1, 40), strategies.integers(1, 40))
def test_order_is_the_contents_and_levels_the_styles(seed, n_frames, n_style_frames):
    rng = np.random.default_rng(seed)
    content, styles = (rng.random((n, 3)).astype(np.float32) for n in (n_frames, n_style_frames))
    found = histogram_matching.match_histogram(content, styles, np.ones(n_style_frames, np.float32))
    assert found.dtype == np.float32
    in_order = np.take_along_axis(found, np.argsort(content, axis=0), axis=0)
    assert (np.diff(in_order, axis=0) >= 0).all()
    assert (found >= styles.min(axis=0)).all()
    assert (found <= styles.max(axis=0)).all()
    if n_frames == n_style_frames:
        np.testing.assert_allclose(np.sort(found, axis=0), np.sort(styles, axis=0), rtol=1e-4)


def test_a_frame_that_counts_twice_is_there_twice():
    rng = np.random.default_rng(0)
    content, styles = rng.random((300, 2)).astype(np.float32), rng.random((50, 2)).astype(np.float32)
    weights = rng.integers(1, 4, 50)
    found = histogram_matching.match_histogram(content, styles, weights.astype(np.float32))
    repeated = histogram_matching.match_histogram(
        content, np.repeat(styles, weights, axis=0), np.ones(weights.sum(), np.float32)
    )
    # Between frames the one interpolates over a wider stretch than the other.
    np.testing.assert_allclose(found, repeated, atol=0.06)
    without = np.r_[weights[:-10], np.zeros(10)].astype(np.float32)
    np.testing.assert_allclose(
        histogram_matching.match_histogram(content, styles, without),
        histogram_matching.match_histogram(content, styles[:-10], without[:-10]),
        rtol=1e-5,
    )
