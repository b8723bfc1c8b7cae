"""Peaks become lower, and all that magnitudes say of a sound stays."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from styletransfer.engine import loudness, peak_spreading
from styletransfer.settings import SAMPLE_RATE_HZ


def magnitudes(sound: np.ndarray) -> np.ndarray:
    return np.abs(scipy.signal.stft(sound.astype(float), nperseg=2048)[2])


def energy_above(sound: np.ndarray, ceiling: float) -> float:
    return float(np.sum(np.maximum(np.abs(sound.astype(float)) - ceiling, 0) ** 2))


@pytest.mark.parametrize("name", ["drums", "piano", "trumpet"])
def test_peaks_become_lower_and_magnitudes_stay(recording, name):
    sound = recording(name, 3.0, start_s=1.0)
    ceiling = 0.6 * float(np.abs(sound).max())
    spread = peak_spreading.spread(sound, ceiling)
    assert energy_above(spread, ceiling) < 0.5 * energy_above(sound, ceiling)
    before, after = magnitudes(sound), magnitudes(spread)
    assert np.linalg.norm(after - before) < 0.1 * np.linalg.norm(before)
    assert loudness.integrated_loudness(spread) == pytest.approx(loudness.integrated_loudness(sound), abs=0.1)


def test_what_is_below_the_ceiling_stays_as_it_is(recording):
    sound = recording("piano", 1.0)
    np.testing.assert_array_equal(peak_spreading.spread(sound, 1.01 * float(np.abs(sound).max())), sound)
    assert not peak_spreading.spread(np.zeros(1000, np.float32), 0.0).any()


def test_a_peak_changes_its_neighbourhood_alone(recording):
    sound = recording("guitar", 1.0).copy()
    peak = SAMPLE_RATE_HZ // 2
    sound[peak] = 3.0
    changed = np.flatnonzero(peak_spreading.spread(sound, 1.0) != sound)
    assert changed.size
    assert np.abs(changed - peak).max() < peak_spreading.N_FFT


def test_stretches_leave_no_trace(recording, monkeypatch):
    sound = recording("drums", 2.0)
    ceiling = 0.5 * float(np.abs(sound).max())
    whole = peak_spreading.spread(sound, ceiling)
    monkeypatch.setattr(loudness, "STRETCH", 64 * peak_spreading.HOP_LENGTH)
    np.testing.assert_allclose(peak_spreading.spread(sound, ceiling), whole, atol=1e-6)


def test_channels_keep_what_they_have_between_them(recording):
    sound = recording("drums", 2.0)
    pair = np.stack([sound, -0.5 * sound], axis=1)
    ceiling = 0.5 * float(np.abs(sound).max())
    spread = peak_spreading.spread(pair, ceiling)
    np.testing.assert_allclose(spread[:, 1], -0.5 * spread[:, 0], atol=1e-6)
    assert np.abs(spread).max() < 0.9 * np.abs(pair).max()
