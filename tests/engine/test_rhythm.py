"""The rhythm control: whose beat the content target has."""

from __future__ import annotations

import numpy as np
import pytest

from styletransfer.engine import rhythm
from styletransfer.engine.spectrogram import log_magnitude_spectrogram
from styletransfer.settings import SAMPLE_RATE_HZ

HOP = 512


def pulses(period: int, n_frames: int, seed: int) -> np.ndarray:
    """Log magnitudes `(n_frames, 257)` of noise that swells every `period` frames."""
    swell = np.exp(-0.5 * ((np.arange(n_frames) % period) / 2) ** 2)
    noise = np.random.default_rng(seed).rayleigh(size=(n_frames, 257))
    return np.log1p(noise * (0.05 + swell[:, None])).astype(np.float32)


def beat_at(log_magnitudes: np.ndarray, period: int) -> float:
    """How much of the level's change from frame to frame repeats with `period`: its autocorrelation there."""
    level = np.log(np.expm1(log_magnitudes).mean(axis=1))
    level -= level.mean()
    return float(level[period:] @ level[:-period] / (level @ level))


def test_none_changes_nothing():
    content = pulses(30, 300, 0)
    assert rhythm.with_rhythm_of(content, pulses(41, 500, 1), 0.0, SAMPLE_RATE_HZ, HOP) is content


@pytest.mark.parametrize("n_style_frames", [123, 500])  # repeated, and cut
def test_all_of_it_has_the_beat_of_the_style(n_style_frames):
    content, style = pulses(30, 300, 0), pulses(41, n_style_frames, 1)
    moved = rhythm.with_rhythm_of(content, style, 1.0, SAMPLE_RATE_HZ, HOP)
    assert moved.shape == content.shape
    assert beat_at(content, 30) > 0.5 > beat_at(content, 41)
    assert beat_at(moved, 41) > 0.5 > beat_at(moved, 30)


def test_half_of_it_is_between():
    content, style = pulses(30, 300, 0), pulses(41, 500, 1)
    beats = [beat_at(rhythm.with_rhythm_of(content, style, r, SAMPLE_RATE_HZ, HOP), 41) for r in (0, 0.5, 1)]
    assert beats == sorted(beats)


def test_silence_stays_silent_and_finite():
    silence, style = np.zeros((100, 257), np.float32), pulses(20, 100, 1)
    assert not rhythm.with_rhythm_of(silence, style, 1.0, SAMPLE_RATE_HZ, HOP).any()
    assert np.isfinite(rhythm.with_rhythm_of(style, silence, 1.0, SAMPLE_RATE_HZ, HOP)).all()


def test_on_real_samples_the_onsets_follow_the_style(recording):
    content, style = recording("piano", 6), recording("drumkit", 6)
    logs = [np.asarray(log_magnitude_spectrogram(sound, 2048, HOP)) for sound in (content, style)]
    moved = rhythm.with_rhythm_of(logs[0], logs[1], 1.0, SAMPLE_RATE_HZ, HOP)
    onsets = [np.maximum(0, np.diff(each, axis=0)).mean(axis=1) for each in (logs[0], moved, logs[1])]
    before, after = (np.corrcoef(each, onsets[2])[0, 1] for each in onsets[:2])
    assert after > max(0.6, before + 0.3)


def test_loudness_moves_as_far_as_its_range_and_no_further():
    """A content without a beat under a style of short strokes."""
    content, style = np.full((400, 1025), 2.0, np.float32), np.full((400, 1025), 1e-4, np.float32)
    style[::40] = 4.0
    moved = rhythm.with_rhythm_of(content, style, 1.0, SAMPLE_RATE_HZ, HOP)
    gains = np.log(np.expm1(moved) / np.expm1(content))
    least, most = rhythm.GAIN_RANGE
    assert most - 0.01 < gains.max() <= 2 * most + 0.01  # bands by themselves, and all alike
    assert gains.min() >= 2 * least - 0.01


def test_notes_keep_their_place_under_the_beat_of_strokes():
    """A chord under pulses: in every frame its partials stand out of what is between them as before."""
    content, style = np.full((400, 1025), 0.5, np.float32), np.full((400, 1025), 1e-3, np.float32)
    partials = [20, 25, 30, 40]
    content[:, partials] = 3.0
    style[::40] = 4.0
    moved = rhythm.with_rhythm_of(content, style, 1.0, SAMPLE_RATE_HZ, HOP)
    gains = np.log(np.expm1(moved) / np.expm1(content))
    assert np.ptp(gains.mean(axis=1)) > 1
    assert np.ptp(gains[:, 18:42], axis=1).max() < 0.3


@pytest.mark.parametrize("louder", [1.0, 20.0])
def test_half_way_neither_beat_drowns_the_other(louder):
    """However much stronger the onsets of the one are."""
    rng = np.random.default_rng(0)
    own, style = rng.standard_normal(2000), louder * rng.standard_normal(2000)
    np.testing.assert_allclose(rhythm._between(own, style, 0.0), own, rtol=1e-6)
    np.testing.assert_allclose(rhythm._between(own, style, 1.0), style, rtol=1e-6)
    likeness = [np.corrcoef(rhythm._between(own, style, 0.5), each)[0, 1] for each in (own, style)]
    assert min(likeness) > 0.5
