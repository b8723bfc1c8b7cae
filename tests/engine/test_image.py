"""The stereo image: levels, phases and coherence of the content's channels, on a sound made of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import scipy.signal

from styletransfer.engine import image, recordings
from styletransfer.engine.finishing import finishing
from styletransfer.engine.style_target import style_target
from styletransfer.files import downmix
from styletransfer.settings import SAMPLE_RATE_HZ, preset

BANDS_HZ = ((150, 400), (400, 1000), (1000, 2500), (2500, 6000))

Recording = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def sounds(recording: Recording) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two sources of a content, and what is made of their mix."""
    guitar, piano, violin = (recording(name, 4.0) for name in ("guitar", "piano", "violin"))
    return guitar, piano, violin


def placed(sounds: tuple[np.ndarray, ...], kind: str) -> np.ndarray:
    guitar, piano, _ = sounds
    later = np.concatenate([np.zeros(9, np.float32), guitar[:-9]])
    pairs = {
        "panned": (guitar, 0.25 * guitar),
        "delayed": (guitar, later),
        "wide": (guitar + 0.2 * piano, piano + 0.2 * guitar),
        "opposed": (guitar, -0.9 * guitar),
    }
    return np.stack(pairs[kind], axis=1).astype(np.float32)


def between_channels(stereo: np.ndarray) -> list[tuple[float, float]]:
    """By band, the level of the left beside the right in dB, and the coherence, by scipy's own transform."""
    hz, _, left = scipy.signal.stft(stereo[:, 0], SAMPLE_RATE_HZ, nperseg=2048)
    _, _, right = scipy.signal.stft(stereo[:, 1], SAMPLE_RATE_HZ, nperseg=2048)
    found = []
    for low, high in BANDS_HZ:
        a, b = (each[(hz >= low) & (hz < high)] for each in (left, right))
        energies = [float(np.sum(np.abs(each) ** 2)) for each in (a, b)]
        coherence = abs(np.sum(a * np.conj(b))) / np.sqrt(energies[0] * energies[1])
        found.append((10 * np.log10(energies[0] / energies[1]), float(coherence)))
    return found


@pytest.mark.parametrize("kind", ["panned", "delayed", "opposed"])
def test_one_source_stands_where_it_stood(sounds, kind: str) -> None:
    content = placed(sounds, kind)
    mono, _ = downmix.to_mono(content)
    result = image.with_image_of(sounds[2], mono, content)
    for (level, coherence), (wanted_level, wanted_coherence) in zip(
        between_channels(result), between_channels(content), strict=True
    ):
        assert level == pytest.approx(wanted_level, abs=1.0)
        assert coherence == pytest.approx(wanted_coherence, abs=0.25 if kind == "delayed" else 0.02)


def test_a_wide_content_stays_wide(sounds) -> None:
    content = placed(sounds, "wide")
    mono, _ = downmix.to_mono(content)
    narrow = between_channels(np.stack([sounds[2]] * 2, axis=1))
    result = between_channels(image.with_image_of(sounds[2], mono, content))
    for (_, coherence), (_, wanted), (_, before) in zip(result, between_channels(content), narrow, strict=True):
        assert before == pytest.approx(1)
        assert coherence == pytest.approx(wanted, abs=0.25)


@pytest.mark.parametrize("kind", ["panned", "delayed", "wide"])
def test_the_mono_sum_is_the_sound_that_was_made(sounds, kind: str) -> None:
    content = placed(sounds, kind)
    mono, _ = downmix.to_mono(content)
    made = sounds[2]
    weights = np.linalg.lstsq(content, mono, rcond=None)[0]
    mixed = image.with_image_of(made, mono, content) @ weights
    assert np.corrcoef(mixed, made)[0, 1] > 0.98
    assert 20 * np.log10(np.std(mixed) / np.std(made)) == pytest.approx(0, abs=0.5)


def test_alike_channels_are_alike_to_the_last_bit(sounds) -> None:
    guitar, _, violin = sounds
    result = image.with_image_of(violin, guitar, np.stack([guitar, guitar], axis=1))
    np.testing.assert_array_equal(result, np.stack([violin, violin], axis=1))


@pytest.mark.parametrize("silent", [0, 1])
def test_a_silent_channel_stays_silent(sounds, silent: int) -> None:
    guitar, _, violin = sounds
    content = np.stack([guitar, guitar], axis=1)
    content[:, silent] = 0
    mono, _ = downmix.to_mono(content)
    result = image.with_image_of(violin, mono, content)
    assert np.abs(result[:, silent]).max() == 0
    np.testing.assert_allclose(result[:, 1 - silent], violin, atol=0.05 * np.abs(violin).max())


def test_silence_has_an_image_too() -> None:
    silence = np.zeros((SAMPLE_RATE_HZ, 2), np.float32)
    silence[100, 0] = 1e-9
    result = image.with_image_of(np.zeros(SAMPLE_RATE_HZ, np.float32), silence[:, 0], silence)
    assert np.abs(result).max() == 0


def test_the_image_of_a_loud_content_is_that_of_a_quiet_one(sounds) -> None:
    guitar, piano, violin = sounds
    stereo, settings = np.stack([guitar, piano], axis=1), preset("instant")
    style = style_target([recordings.prepare_clip(violin, settings.hop_length)], settings)
    mono, found = downmix.to_mono(stereo)[0], []
    for gain in (1e-3, 20.0):
        clip = recordings.prepare_clip(gain * mono, settings.hop_length)
        finish = finishing(clip, style, settings, (gain * stereo).astype(np.float32))
        found.append(dataclasses.replace(finish, beat=None).unmastered(violin))  # a beat is measured with its peaks
    np.testing.assert_allclose(found[0], found[1], atol=1e-4 * float(np.std(found[0])))
