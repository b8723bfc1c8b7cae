"""The limiter's promises, on drawn sounds and a real one."""

from __future__ import annotations

import hypothesis
import numpy as np
from hypothesis import strategies

from styletransfer import audio, limiter
from styletransfer.settings import SAMPLE_RATE_HZ

CEILING = 10 ** (audio.PEAK_CEILING_DBFS / 20)


@hypothesis.given(
    strategies.integers(0, 1000), strategies.integers(1, 3000), strategies.floats(0.01, 10 ** (limiter.MOST_DB / 20))
)
def test_nothing_is_above_the_ceiling_and_what_is_far_from_a_peak_is_kept(seed, n_samples, level):
    samples = np.random.default_rng(seed).standard_t(3, n_samples)
    samples *= level * CEILING / np.abs(samples).max()
    limited = limiter.limit(samples)
    assert limited.dtype == np.float32
    assert np.abs(limited).max() <= CEILING
    assert (np.sign(limited) == np.sign(samples.astype(np.float32))).all()
    peaks = np.flatnonzero(np.abs(samples) > CEILING)
    distance = np.abs(np.arange(n_samples)[:, None] - peaks).min(axis=1, initial=n_samples)
    far = distance > 2 * limiter.REACH_S * SAMPLE_RATE_HZ + 2
    np.testing.assert_allclose(limited[far], samples[far], rtol=1e-5, atol=1e-7)


def test_drums_keep_their_loudness_and_the_gain_moves_smoothly(recording):
    drums = recording("drumkit", 6)
    drums = drums * (1.6 * CEILING / np.abs(drums).max())
    limited = limiter.limit(drums)
    assert abs(audio.loudness(limited) - audio.loudness(drums)) < 1
    assert audio.loudness(audio.limit_peak(drums)) < audio.loudness(drums) - 3
    heard = np.abs(drums) > 1e-3
    gains = np.interp(np.arange(len(drums)), np.flatnonzero(heard), (limited / np.where(heard, drums, 1))[heard])
    assert np.abs(np.diff(gains)).max() < 0.05


def test_what_is_far_too_loud_is_turned_down_as_a_whole_too(recording):
    drums = recording("drumkit", 2)
    drums = drums * (CEILING / np.abs(drums).max())
    limited = [limiter.limit(gain * drums) for gain in (2, 4, 40)]
    np.testing.assert_allclose(limited[1], limited[2], atol=1e-6)
    assert all(np.abs(each).max() <= CEILING for each in limited)
