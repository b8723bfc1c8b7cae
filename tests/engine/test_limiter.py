"""The limiter: peaks stay below the ceiling, loudness is what was asked for, the gain moves little and is soon back."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
import scipy.signal

from styletransfer.engine import limiter, loudness
from styletransfer.settings import SAMPLE_RATE_HZ


def true_peak_db(sound: np.ndarray) -> float:
    return 20 * np.log10(np.abs(scipy.signal.resample_poly(sound.astype(float), 4, 1)).max())


def lufs(sound: np.ndarray) -> float:
    return pyloudnorm.Meter(SAMPLE_RATE_HZ, filter_class="DeMan").integrated_loudness(sound.astype(float))


def test_the_true_peak_is_that_between_samples():
    """A sine at a quarter of the rate, of which the samples are 45 degrees beside the peaks."""
    sine = 0.5 * np.sin(np.pi / 2 * np.arange(4_000) + np.pi / 4)
    assert np.abs(sine).max() == pytest.approx(0.5 / np.sqrt(2))
    assert loudness.true_peak_dbtp(sine) == pytest.approx(20 * np.log10(0.5), abs=0.15)  # it begins at once
    assert loudness.true_peak_dbtp(np.zeros(10)) == -np.inf


@pytest.mark.parametrize("name", ["speech", "piano", "drums"])
def test_a_few_peaks_give_way_to_the_loudness_asked_for(recording, name):
    sound = recording(name, 4.0)
    room_db = -1 - true_peak_db(sound)  # what is left below the ceiling
    target = lufs(sound) + room_db + 2
    limited = limiter.at_loudness(sound, target)
    assert lufs(limited) == pytest.approx(target, abs=0.1)
    assert true_peak_db(limited) <= -1.0


def test_peaks_of_what_has_its_loudness_already_give_way_too(recording):
    sound = recording("drums", 3.0)
    sound = (sound * 10 ** ((1.0 - true_peak_db(sound)) / 20)).astype(np.float32)
    limited = limiter.at_loudness(sound, lufs(sound))
    assert lufs(limited) == pytest.approx(lufs(sound), abs=0.1)
    assert true_peak_db(limited) <= -1.0


def test_what_is_below_the_ceiling_is_brought_to_its_loudness_alone(recording):
    sound = recording("piano", 3.0)
    target = lufs(sound) - 3
    np.testing.assert_allclose(limiter.at_loudness(sound, target), loudness.at_loudness(sound, target), atol=1e-6)


def test_what_does_not_fit_is_quieter_and_not_pumped(recording):
    sound = recording("drums", 4.0)
    limited = limiter.at_loudness(sound, -3.0)
    assert true_peak_db(limited) <= -1.0
    assert lufs(limited) < -3.5
    heard = np.abs(sound) > 0.02
    gains = 20 * np.log10(np.abs(limited[heard]) / np.abs(sound[heard]))
    assert np.ptp(gains) <= limiter.MAX_REDUCTION_DB + 0.1


def test_the_gain_is_back_within_a_tenth_of_a_second():
    times = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sound = 0.5 * np.sin(2 * np.pi * 440 * times)
    sound[SAMPLE_RATE_HZ // 2 : SAMPLE_RATE_HZ // 2 + 200] *= 3
    limited = limiter.limit(sound)
    changed = np.flatnonzero(np.abs(limited - sound) > 1e-4)
    assert changed.size
    assert np.abs(changed - SAMPLE_RATE_HZ // 2).max() < 0.1 * SAMPLE_RATE_HZ


def test_silence_stays_silence():
    assert not limiter.at_loudness(np.zeros(1000), -20.0).any()


def test_the_loudness_of_a_result_is_its_contents_and_less_above_streaming_level():
    assert limiter.target_lufs(-30.0) == -30.0
    assert limiter.target_lufs(-18.0) == -18.0
    assert limiter.target_lufs(-14.0) > -15.0
    assert limiter.target_lufs(-7.0) == -9.5
    assert limiter.target_lufs(-3.0) == -5.5
