"""From several channels to one: what counts, with what weight, at what level, and what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.files import downmix


def noise(seed: int, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(20_000)).astype(np.float32)


def rms_db(sound: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def stack(*channels: np.ndarray) -> np.ndarray:
    return np.stack(channels, axis=1)


VOICE, SILENCE = noise(0), np.zeros(20_000, np.float32)


@pytest.mark.parametrize("n_channels", range(1, 9))
def test_equal_channels_are_that_channel(n_channels):
    mono, notes = downmix.to_mono(np.tile(VOICE[:, None], n_channels))
    np.testing.assert_array_equal(mono, VOICE)
    assert notes == ()


@given(n_channels=st.integers(2, 8), data=st.data(), residue_db=st.sampled_from([-200.0, -60.0, -45.0]))
@settings(deadline=None, max_examples=30)
def test_one_channel_that_sounds_alone_is_itself(n_channels, data, residue_db):
    places = [i for i, position in enumerate(downmix.POSITIONS[n_channels]) if position != "LFE"]
    place = data.draw(st.sampled_from(places))
    channels = 10 ** (residue_db / 20) * stack(*(noise(9 + i) for i in range(n_channels)))
    channels[:, place] = VOICE
    mono, notes = downmix.to_mono(channels.astype(np.float32))
    assert rms_db(mono) == pytest.approx(rms_db(VOICE), abs=0.05)
    assert np.corrcoef(mono, VOICE)[0, 1] > 0.999
    assert notes == ()


@given(gain=st.floats(1e-3, 10), seeds=st.lists(st.integers(0, 99), min_size=2, max_size=8))
@settings(deadline=None, max_examples=30)
def test_the_level_follows_the_recordings(gain, seeds):
    channels = stack(*map(noise, seeds))
    quiet, _ = downmix.to_mono(channels)
    loud, _ = downmix.to_mono((gain * channels).astype(np.float32))
    np.testing.assert_allclose(loud, gain * quiet, atol=1e-5 * gain)
    assert rms_db(quiet) == pytest.approx(rms_db(VOICE), abs=0.3)


def test_a_mix_for_cinemas_has_the_standards_weights():
    """Tones that can be told apart: the low-frequency channel is left out, the sides are 6 dB below the centre."""
    times = np.arange(44_100) / 44_100
    tones = [np.sin(2 * np.pi * f * times).astype(np.float32) for f in (300, 400, 500, 50, 700, 800)]
    mono, _ = downmix.to_mono(stack(*tones))
    found = np.abs(np.fft.rfft(mono))[[300, 400, 500, 50, 700, 800]]
    np.testing.assert_allclose(found / found[2], [np.sqrt(0.5), np.sqrt(0.5), 1, 0, 0.5, 0.5], atol=1e-3)


def test_the_low_frequency_channel_counts_where_there_is_nothing_else():
    channels = stack(SILENCE, SILENCE, SILENCE, VOICE, SILENCE, SILENCE)
    np.testing.assert_allclose(downmix.to_mono(channels)[0], VOICE, atol=1e-6)
    channels[:, 2] = 1e-3 * noise(3)  # a voice far below it
    np.testing.assert_allclose(downmix.to_mono(channels)[0], 1e-3 * noise(3), atol=1e-8)


def test_positions_of_the_file_count():
    channels = stack(VOICE, noise(1))
    mono, _ = downmix.to_mono(channels, ("FC", "LFE"))
    np.testing.assert_allclose(mono, VOICE, atol=1e-6)


@pytest.mark.parametrize("room", [0.0, 0.1])
def test_opposite_channels_are_not_summed(room):
    both = room * noise(5)
    mono, notes = downmix.to_mono(stack(0.9 * VOICE + both, both - VOICE))
    np.testing.assert_array_equal(mono, both - VOICE)
    assert notes == (
        "its two channels are nearly opposite and would cancel each other: only the louder one is used, right.",
    )


def test_an_offset_makes_no_channels_alike():
    mono, notes = downmix.to_mono(stack(VOICE + 0.5, 0.5 - VOICE))
    assert len(notes) == 1
    assert np.corrcoef(mono, VOICE)[0, 1] ** 2 == pytest.approx(1)


def test_silence_stays_silence():
    assert not downmix.to_mono(stack(SILENCE, SILENCE))[0].any()


def test_two_channels_stay_as_they_are():
    pair = stack(VOICE, noise(1))
    assert downmix.to_stereo(pair) is pair


@pytest.mark.parametrize(
    ("place", "left", "right"),
    [(0, 1, 0), (1, 0, 1), (2, 0.7071, 0.7071), (3, 0, 0), (4, 0.7071, 0), (5, 0, 0.7071)],
)
def test_more_channels_are_mixed_to_two_as_the_standard_says(place, left, right):
    """FL, FR, FC, LFE, BL, BR of ITU-R BS.775-4, table 2."""
    channels = np.zeros((len(VOICE), 6), np.float32)
    channels[:, place] = VOICE
    np.testing.assert_allclose(downmix.to_stereo(channels), stack(left * VOICE, right * VOICE), atol=1e-5)


def test_the_low_frequency_channel_is_heard_in_the_middle_where_nothing_else_has_sounded():
    """Block by block; silence is nothing else."""
    mixer, low = downmix.StereoMixer(), np.zeros((len(VOICE), 6), np.float32)
    low[:, 3] = VOICE
    middle = stack(VOICE, VOICE) / np.sqrt(2)
    for block in (low, np.zeros_like(low), low):
        np.testing.assert_allclose(mixer.mix(block), middle if block is low else 0, atol=1e-6)
    left = low.copy()
    left[-1, 0] = 0.5
    for block in (left, low):
        np.testing.assert_array_equal(mixer.mix(block), downmix.to_stereo(block))


def test_channels_are_mixed_by_blocks_as_at_once():
    channels = stack(*map(noise, range(6)))
    mixer = downmix.StereoMixer(("FC", "FL", "FR", "LFE", "SL", "SR"))
    mixed = np.concatenate([mixer.mix(channels[:7_000]), mixer.mix(channels[7_000:])])
    np.testing.assert_array_equal(mixed, downmix.to_stereo(channels, ("FC", "FL", "FR", "LFE", "SL", "SR")))


def test_one_channel_of_two():
    assert downmix.mono(VOICE) is VOICE
    np.testing.assert_array_equal(downmix.mono(stack(VOICE, VOICE)), VOICE)
