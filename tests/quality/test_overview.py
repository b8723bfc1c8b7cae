"""Spectrograms to look at: those of the whole sound, in no more frames than are shown."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from styletransfer.engine import windows
from styletransfer.quality import overview
from styletransfer.settings import SAMPLE_RATE_HZ


def logs(sound: np.ndarray) -> np.ndarray:
    return np.log1p(np.abs(librosa.stft(sound, n_fft=2048, hop_length=512, pad_mode="constant"))).T


def test_a_short_sound_is_shown_frame_by_frame(rng: np.random.Generator) -> None:
    sound = rng.standard_normal(50_000).astype(np.float32)
    assert overview.every(len(sound), 512) == 1
    np.testing.assert_allclose(overview.log_magnitudes(sound, 2048, 512), logs(sound), atol=1e-3)


@pytest.mark.parametrize("stretch_s", [32.0, 0.5])
def test_of_a_long_one_the_loudest_of_each_few_frames(
    stretch_s: float, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "STRETCH_S", stretch_s)
    sound = rng.standard_normal(100_003).astype(np.float32)
    shown = overview.log_magnitudes(np.stack([sound, sound], axis=1), 2048, 512, 7)
    whole = logs(sound)
    expected = np.array([whole[i : i + 7].max(axis=0) for i in range(0, len(whole), 7)])
    np.testing.assert_allclose(shown, expected, atol=1e-3)


def test_fifteen_minutes_fit() -> None:
    n_samples = 900 * SAMPLE_RATE_HZ
    every = overview.every(n_samples, 512)
    assert n_samples / 512 / every < overview.MAX_FRAMES
