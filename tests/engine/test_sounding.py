"""What of a recording counts: without offset and rumble, without its silence, repeated where it is short."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.engine import sounding
from styletransfer.settings import SAMPLE_RATE_HZ


def tone(seconds: float, frequency_hz: float, amplitude: float = 0.3) -> np.ndarray:
    times = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def room_tone(seconds: float, rng: np.random.Generator, level_db: float = -55) -> np.ndarray:
    return (10 ** (level_db / 20) * rng.standard_normal(round(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


def level_db(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20)


@pytest.mark.parametrize(("frequency_hz", "change_db"), [(5, -90), (10, -45), (30, -0.5), (41, -0.1), (1000, 0.0)])
def test_what_is_below_20_hz_goes_and_the_rest_stays(frequency_hz, change_db):
    sound = tone(3, frequency_hz)
    middle = slice(SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ)
    change = level_db(sounding.without_rumble(sound)[middle]) - level_db(sound[middle])
    if change_db < -1:
        assert change < change_db
    else:
        assert change == pytest.approx(change_db, abs=0.3)


def test_an_offset_goes_and_nothing_moves(recording):
    speech = recording("speech", 2.0)
    changed = sounding.without_rumble(speech + 0.25)
    assert abs(changed.mean()) < 1e-4
    high = scipy.signal.butter(4, 60, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    ours, theirs = (scipy.signal.sosfiltfilt(high, sound) for sound in (changed, speech))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9999


@pytest.mark.parametrize("name", ["piano", "violin", "guitar"])
def test_a_recording_that_is_cut_in_mid_sound_gets_no_thump(name, recording, rng):
    whole = recording(name, 9.0)
    filtered, edge = sounding.without_rumble(whole), round(0.05 * SAMPLE_RATE_HZ)
    errors_db = []
    for begin in rng.integers(SAMPLE_RATE_HZ, 6 * SAMPLE_RATE_HZ, 20):
        part = slice(begin, begin + 2 * SAMPLE_RATE_HZ)
        error = sounding.without_rumble(whole[part]) - filtered[part]
        errors_db += [level_db(each) - level_db(whole[part]) for each in (error[:edge], error[-edge:])]
    assert np.median(errors_db) < -25


def test_a_click_at_the_beginning_stays_as_it_is():
    click = np.zeros(SAMPLE_RATE_HZ, np.float32)
    click[0] = 0.5
    assert np.sum(np.square(sounding.without_rumble(click))) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize("n_samples", [1, 2, 100, 2_000])
def test_short_sounds_pass(n_samples, rng):
    sound = rng.standard_normal(n_samples).astype(np.float32)
    assert sounding.without_rumble(sound).shape == sound.shape
    assert sounding.spans(sound) == [slice(0, n_samples)]
    assert len(sounding.style_sound(sound)) == 4 * SAMPLE_RATE_HZ


def test_a_recording_without_silence_stays_as_it_is(recording):
    violin = recording("violin", 4.0)
    np.testing.assert_array_equal(sounding.style_sound(violin), violin)
    assert sounding.sounding_s(violin) == 4.0
    assert sounding.sounding_frames(violin, 512).all()


@pytest.mark.parametrize("where", ["before", "between", "after"])
@pytest.mark.parametrize("is_digital", [True, False])
def test_silence_and_room_tone_do_not_count(recording, rng, where, is_digital):
    piano = recording("piano", 4.0)
    gap = silence(3) if is_digital else room_tone(3, rng) * np.abs(piano).max()
    half = len(piano) // 2
    parts = {"before": [gap, piano], "between": [piano[:half], gap, piano[half:]], "after": [piano, gap]}[where]
    style = np.concatenate(parts)
    assert sounding.sounding_s(style) == pytest.approx(4.0, abs=0.3)
    counted = sounding.style_sound(style)
    assert len(counted) == pytest.approx(len(piano), abs=0.3 * SAMPLE_RATE_HZ)
    assert level_db(counted) == pytest.approx(level_db(piano), abs=0.3)
    frames = sounding.sounding_frames(style, 512)
    assert np.count_nonzero(~frames) == pytest.approx(3 * SAMPLE_RATE_HZ / 512, abs=0.3 * SAMPLE_RATE_HZ / 512)


def test_short_pauses_belong_to_the_playing():
    beat = np.concatenate([tone(0.1, 200), silence(0.3)] * 8)
    assert sounding.sounding_s(beat) > len(beat) / SAMPLE_RATE_HZ - 0.3


@pytest.mark.parametrize(("seconds", "repeated_s"), [(0.5, 4), (1.4, 4), (1.6, 2)])
def test_a_short_style_is_repeated_without_a_click(recording, seconds, repeated_s):
    style = recording("trumpet", seconds, start_s=1.0)
    repeated = sounding.style_sound(style)
    assert len(repeated) == repeated_s * SAMPLE_RATE_HZ
    assert level_db(repeated) == pytest.approx(level_db(style), abs=1)
    assert np.abs(np.diff(repeated)).max() <= 1.5 * np.abs(np.diff(style)).max()


@given(powers=st.lists(st.floats(0, 1), min_size=1, max_size=60), pause=st.integers(1, 8), gain=st.floats(1e-3, 1e3))
@settings(max_examples=60)
def test_silence_is_relative_and_lasts(powers, pause, gain):
    """The same at any level; between two sounding windows every silence is as long as asked for."""
    found = sounding.is_sounding(np.array(powers), pause)
    np.testing.assert_array_equal(found, sounding.is_sounding(np.array(powers) * gain, pause))
    if max(powers) > 0:
        assert found[int(np.argmax(powers))]
        inner = np.flatnonzero(found)
        assert (np.diff(inner) == 1).all() or np.diff(inner)[np.diff(inner) > 1].min() > pause


def test_a_style_is_repeated_until_it_is_long_enough(recording):
    sounding_part = recording("piano", 2.0)
    style = np.concatenate([sounding_part, np.zeros(3 * SAMPLE_RATE_HZ, np.float32)])
    longest = 5 * SAMPLE_RATE_HZ
    assert len(sounding.style_sound(style)) < 3 * SAMPLE_RATE_HZ
    assert len(sounding.style_sound(style, longest)) == longest
