"""Whole transfers of what people really bring: loud masters, untrimmed takes, one-shots, offset, pauses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyloudnorm
import pytest
import scipy.signal

from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.transfer import Result, stylize

pytestmark = pytest.mark.slow
MORE = partial(pytest.param, marks=pytest.mark.thorough)

SETTINGS = preset(
    "quick", n_fft=1024, hop_length=512, strength=86, melody=0, iterations=15, griffin_lim_iterations=8
)  # fmt: skip
CONTENT_S, STYLE_S = 3.0, 2.0
"""The same everywhere, so that little is compiled: 2 s is also what a shorter style is repeated to."""
Recorded = Callable[..., np.ndarray]


def lufs(sound: np.ndarray) -> float:
    return pyloudnorm.Meter(SAMPLE_RATE_HZ, filter_class="DeMan").integrated_loudness(sound.astype(float))


def level_db(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12)


def levels_db(sound: np.ndarray) -> np.ndarray:
    """Of windows of 50 ms."""
    window = SAMPLE_RATE_HZ // 20
    return np.array([level_db(part) for part in sound[: len(sound) // window * window].reshape(-1, window)])


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def mastered(sound: np.ndarray, target_lufs: float) -> np.ndarray:
    """As loud as released music: driven into a soft ceiling until it has this loudness."""
    gain, made = 1.0, sound
    for _ in range(40):
        made = 0.9 * np.tanh(gain * sound)
        gain *= 10 ** ((target_lufs - lufs(made)) / 40)
    return made.astype(np.float32)


def transfer(content: np.ndarray, style: np.ndarray) -> Result:
    return stylize(content, [style], SETTINGS)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["drums", MORE("violin")])
def test_a_loud_master_comes_back_loud(recording: Recorded, name: str):
    content, style = recording("piano", CONTENT_S), recording(name, STYLE_S, start_s=1.0)
    quiet = transfer(content, style)
    for level, most_missing_db in ((-14.0, 1.5), (-7.5, 3.0)):
        loud = mastered(content, level)
        assert lufs(loud) == pytest.approx(level, abs=0.3)
        result = transfer(loud, style)
        missing_db = lufs(loud) - lufs(result.sound)
        assert -0.1 < missing_db < most_missing_db
        true_peak = np.abs(scipy.signal.resample_poly(result.sound.astype(float), 4, 1)).max()
        assert true_peak <= 10 ** (-1 / 20)
        assert result.delivered.style < 1.5 * quiet.delivered.style
        told = [note for note in result.notes if "quieter than the content" in note]
        assert len(told) == (missing_db >= 0.5)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["speech", MORE("guitar")])
def test_silence_in_a_style_changes_nothing(recording: Recorded, rng: np.random.Generator, name: str):
    content, style = recording(name, CONTENT_S), recording("drums", STYLE_S, start_s=1.0)
    room = (1e-4 * rng.standard_normal(3 * SAMPLE_RATE_HZ)).astype(np.float32)
    padded = {
        "after": np.concatenate([style, silence(10)]),
        "before": np.concatenate([room, style]),
        "between": np.concatenate([style[: len(style) // 2], room, style[len(style) // 2 :]]),
    }

    def quiet_share(result: Result) -> float:
        return 100 * float(np.mean(levels_db(result.sound) < levels_db(content) - 12))

    trimmed = transfer(content, style)
    assert trimmed.notes == ()
    for sound in padded.values():
        result = transfer(content, sound)
        assert quiet_share(result) == pytest.approx(quiet_share(trimmed), abs=3.4)  # two windows
        assert result.delivered.style == pytest.approx(trimmed.delivered.style, rel=0.25)
        (note,) = result.notes
        assert note.startswith("The style sounds for 2.")
        assert note.endswith("its silence does not count.")


def test_a_long_lead_in_of_the_content_stays_silent(recording: Recorded):
    content, style = recording("guitar", CONTENT_S), recording("violin", STYLE_S, start_s=1.0)
    lead = silence(1)
    late = content[: -len(lead)]
    alone, result = transfer(content, style), transfer(np.concatenate([lead, late]), style)
    assert level_db(result.sound[: len(lead) - 2205]) < level_db(late) - 40
    gained_db = level_db(alone.sound) - level_db(content)
    assert level_db(result.sound[len(lead) :]) - level_db(late) == pytest.approx(gained_db, abs=0.5)
    assert result.delivered.style < 1.5 * alone.delivered.style


@pytest.mark.parametrize("seconds", [0.25, MORE(0.2), MORE(0.5), MORE(1.4)])
def test_a_one_shot_makes_no_burst_at_either_end(recording: Recorded, seconds: float):
    content, whole = recording("guitar", CONTENT_S), recording("violin", STYLE_S, start_s=1.0)
    fifth = SAMPLE_RATE_HZ // 5
    expected, result = (
        transfer(content, whole).sound,
        transfer(content, recording("violin", seconds, start_s=1.0)).sound,
    )
    for end in (slice(0, fifth), slice(-fifth, None)):
        assert level_db(result[end]) == pytest.approx(level_db(expected[end]), abs=3)


def test_offset_and_rumble_are_not_heard(recording: Recorded):
    content, style = recording("speech", CONTENT_S, start_s=1.0), recording("violin", STYLE_S, start_s=1.0)
    times = np.arange(len(style)) / SAMPLE_RATE_HZ
    rumbling = (style + 0.1 + 0.1 * np.sin(2 * np.pi * 7 * times)).astype(np.float32)
    low = scipy.signal.butter(4, 15, "lowpass", fs=SAMPLE_RATE_HZ, output="sos")
    result = transfer(content + np.float32(0.05), rumbling).sound
    assert level_db(scipy.signal.sosfiltfilt(low, result)) < -50
    assert level_db(result) == pytest.approx(level_db(transfer(content, style).sound), abs=1)


@pytest.mark.parametrize("name", ["drums", MORE("violin"), MORE("piano")])
def test_nothing_is_heard_before_an_onset_after_silence(recording: Recorded, name: str):
    note, half = recording("guitar", 0.5, start_s=1.0), SAMPLE_RATE_HZ // 2
    result = transfer(np.concatenate([silence(0.5), note] * 3), recording(name, STYLE_S, start_s=1.0)).sound
    for onset in (half, 3 * half, 5 * half):
        heard = level_db(result[onset : onset + SAMPLE_RATE_HZ // 20])
        before = level_db(result[onset - SAMPLE_RATE_HZ * 6 // 100 : onset - SAMPLE_RATE_HZ * 4 // 100])
        assert before <= heard - 35


@pytest.mark.thorough
@pytest.mark.parametrize("pause_s", [1.0, MORE(0.3)])
def test_pauses_of_the_content_stay_beside_a_style_of_slow_hits(recording: Recorded, pause_s: float):
    """The style's own pauses do not count: its hits give what the same hits in quick succession give."""
    drums = recording("drums", 4.0)
    begin = max(0, int(np.argmax(np.abs(drums))) - 500)
    hit = drums[begin : begin + SAMPLE_RATE_HZ // 4]
    note, pause = recording("guitar", 0.8, start_s=1.0), silence(pause_s)
    content = np.concatenate([note, pause] * 3)
    slow, quick = np.concatenate([hit, silence(1.75)] * 4), np.tile(hit, 16)
    rests = [
        slice(end + SAMPLE_RATE_HZ // 10, end + len(pause) - SAMPLE_RATE_HZ // 10)
        for end in (i * (len(note) + len(pause)) + len(note) for i in range(3))
    ]
    results = [transfer(content, style) for style in (slow, quick)]
    for result in results:
        assert all(level_db(result.sound[rest]) < level_db(result.sound) - 40 for rest in rests)
    notes_db = [
        [level_db(result.sound[rest.start - SAMPLE_RATE_HZ // 2 :][: SAMPLE_RATE_HZ // 4]) for rest in rests]
        for result in results
    ]
    np.testing.assert_allclose(notes_db[0], notes_db[1], atol=3)
