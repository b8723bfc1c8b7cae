"""The gain inside the losses, against pyloudnorm on the sound itself."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pyloudnorm
import pytest

from styletransfer.engine import loudness, spectral_loudness, spectrogram
from styletransfer.settings import SAMPLE_RATE_HZ


def gain_db(sound: np.ndarray, n_fft: int, hop_length: int, n_padding: int = 0) -> float:
    magnitudes = np.abs(np.asarray(spectrogram.stft(jnp.asarray(sound), n_fft, hop_length)))
    inside = np.r_[np.ones(len(magnitudes)), np.zeros(n_padding)].astype(np.float32)
    padded = np.pad(magnitudes, ((0, n_padding), (0, 0)))
    meter = spectral_loudness.meter(n_fft, hop_length, spectral_loudness.loudest_power(magnitudes + 1e-3, n_fft))
    factor = spectral_loudness.gain(jnp.asarray(padded), meter, jnp.asarray(inside))
    return 20 * float(np.log10(factor))


@pytest.mark.parametrize("name", ["speech", "drumkit", "violin"])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(2048, 512), (512, 256)])
def test_it_is_what_brings_the_sound_to_the_reference(recording, name, n_fft, hop_length):
    sound = recording(name, 6)
    loudness = pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(np.asarray(sound, np.float64))
    assert gain_db(sound, n_fft, hop_length) == pytest.approx(spectral_loudness.REFERENCE_LUFS - loudness, abs=0.5)


def test_silence_between_counts_for_nothing(recording):
    sound = recording("piano", 4)
    spaced = np.concatenate([sound, np.zeros(16 * SAMPLE_RATE_HZ, np.float32)])
    loudness = pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(np.asarray(spaced, np.float64))
    assert gain_db(spaced, 2048, 512) == pytest.approx(spectral_loudness.REFERENCE_LUFS - loudness, abs=0.5)


def test_what_is_shorter_than_a_block_has_a_gain_too(recording):
    sound = recording("piano", 0.3)
    power = np.mean(sound.astype(float) ** 2)
    expected = spectral_loudness.REFERENCE_LUFS - loudness.LOUDNESS_OFFSET_DB - 10 * np.log10(power)
    assert gain_db(sound, 2048, 512, n_padding=6) == pytest.approx(expected, abs=3)  # K-weighting, and the ends
    assert gain_db(0.1 * sound, 2048, 512, n_padding=6) == pytest.approx(gain_db(sound, 2048, 512, 6) + 20, abs=0.1)


def test_padding_counts_for_nothing(recording):
    sound = recording("speech", 3)
    assert gain_db(sound, 2048, 512, n_padding=50) == pytest.approx(gain_db(sound, 2048, 512), abs=1e-3)


def test_silence_has_none():
    assert gain_db(np.zeros(44_100, np.float32), 2048, 512) == 0


def thumped(magnitudes: np.ndarray, factor: float) -> np.ndarray:
    """The same with one frame in the middle many times louder."""
    return magnitudes * np.where(np.arange(len(magnitudes)) == len(magnitudes) // 2, factor, 1)[:, None]


def test_a_thump_lowers_the_rest_and_costs(recording):
    magnitudes = at_reference(recording("piano", 4))
    meter = spectral_loudness.meter(2048, 512, spectral_loudness.loudest_power(magnitudes, 2048))
    inside = jnp.ones(len(magnitudes), jnp.float32)
    thump = thumped(magnitudes, 100).astype(np.float32)

    gain, excess = spectral_loudness.gain_and_excess(jnp.asarray(thump), meter, inside)
    assert 20 * np.log10(gain) < -8
    powers = (thump.astype(float) * float(gain)) ** 2 @ spectral_loudness.weights(2048)
    loudest = (magnitudes.astype(float) ** 2 @ spectral_loudness.weights(2048)).max()
    over = np.log(powers[powers > loudest] / loudest)
    assert len(over) == 1
    assert float(excess) == pytest.approx((over**2).sum() / len(magnitudes), rel=1e-3)


def test_recordings_are_not_too_loud_for_themselves(recording):
    magnitudes = at_reference(recording("drumkit", 4))
    meter = spectral_loudness.meter(2048, 512, spectral_loudness.loudest_power(magnitudes, 2048))
    inside = jnp.ones(len(magnitudes), jnp.float32)
    assert float(spectral_loudness.gain_and_excess(jnp.asarray(magnitudes), meter, inside)[1]) < 1e-4


def at_reference(sound: np.ndarray) -> np.ndarray:
    """Magnitudes of a sound at the reference loudness."""
    loudness = pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(np.asarray(sound, np.float64))
    magnitudes = np.abs(np.asarray(spectrogram.stft(jnp.asarray(sound), 2048, 512)))
    return magnitudes * np.float32(10 ** ((spectral_loudness.REFERENCE_LUFS - loudness) / 20))
