"""Whole recordings there and back: to the last sample, whatever is done in between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from styletransfer.engine import host_stft, image, mosaic, partials, spectral_envelope
from styletransfer.settings import SAMPLE_RATE_HZ, preset

LENGTHS = (2 * SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ + 341, 2 * SAMPLE_RATE_HZ + 700, 2 * SAMPLE_RATE_HZ + 1023)
END = round(0.02 * SAMPLE_RATE_HZ)


def chord(n_samples: int) -> np.ndarray:
    """A steady sound of eleven partials, to the last sample."""
    seconds = np.arange(n_samples) / SAMPLE_RATE_HZ
    return np.sum([np.sin(2 * np.pi * 220 * k * seconds) / k for k in range(1, 12)], axis=0).astype(np.float32) / 10


def tone(n_samples: int) -> np.ndarray:
    return 0.2 * np.sin(2 * np.pi * 440 * np.arange(n_samples) / SAMPLE_RATE_HZ).astype(np.float32)


def level_db(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)))


def sung(sound: np.ndarray) -> np.ndarray:
    return partials.with_partials(sound, chord(len(sound)), 1.0)


def darker(sound: np.ndarray) -> np.ndarray:
    power = spectral_envelope.mean_power(sound)
    return spectral_envelope.equalised(sound, power / np.linspace(1, 30, len(power)))


def to_the_left(sound: np.ndarray) -> np.ndarray:
    content = np.stack([sound, 0.3 * sound], axis=1)
    return image.with_image_of(sound, content.mean(axis=1), content)[:, 0]


def following(sound: np.ndarray) -> np.ndarray:
    """As a mosaic whose bands follow a content's."""
    hum = np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    content = tone(len(sound)) + 2e-4 * hum
    return mosaic._follow(sound + 2e-4 * hum[::-1], content, chord(SAMPLE_RATE_HZ), preset("instant", strength=70), 0)


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize(("n_fft", "hop_length"), [(2048, 512), (4096, 1024)])
def test_a_sound_comes_back_to_the_last_sample(rng, n_samples: int, n_fft: int, hop_length: int) -> None:
    sound = rng.standard_normal(n_samples).astype(np.float32)
    back = host_stft.sound_of(host_stft.spectrum(sound, n_fft, hop_length), n_samples, hop_length)
    np.testing.assert_allclose(back, sound, atol=1e-5)


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize("change", [sung, darker, to_the_left, following])
@pytest.mark.parametrize("made", [tone, chord])
def test_a_steady_sound_is_as_loud_at_both_ends(
    made: Callable[[int], np.ndarray], change: Callable[[np.ndarray], np.ndarray], n_samples: int
) -> None:
    changed = change(made(n_samples))
    middle = level_db(changed[SAMPLE_RATE_HZ // 2 : -SAMPLE_RATE_HZ // 2])
    assert level_db(changed[-END:]) == pytest.approx(middle, abs=0.5)
    assert level_db(changed[:END]) == pytest.approx(middle, abs=0.5)


def test_what_is_continued_goes_on_as_it_was(rng) -> None:
    sound = chord(SAMPLE_RATE_HZ)
    longer = host_stft.continued(sound, 4096)
    wanted = chord(SAMPLE_RATE_HZ + 4096)
    np.testing.assert_array_equal(longer[4096:-4096], sound)
    assert np.corrcoef(longer[-4096:], wanted[-4096:])[0, 1] > 0.99
    assert np.corrcoef(longer[:4096], -wanted[4096:0:-1])[0, 1] > 0.99  # sines are odd
    short = rng.standard_normal(3000).astype(np.float32)
    np.testing.assert_array_equal(host_stft.continued(short, 4096), np.pad(short, 4096))
