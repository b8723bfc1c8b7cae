"""Windows over a long content: where they lie, and how one leads into the next."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.engine import noise_gate, windows
from styletransfer.engine.spectrogram import frame_count
from styletransfer.settings import SAMPLE_RATE_HZ

OVERLAP = round(windows.OVERLAP_S * SAMPLE_RATE_HZ)
WHOLE, LONGEST = (round(seconds * SAMPLE_RATE_HZ) for seconds in (windows.WHOLE_S, windows.WINDOW_S))


@given(n_samples=st.integers(1, 900 * SAMPLE_RATE_HZ))
@settings(deadline=None)
def test_windows_cover_all_and_overlap(n_samples: int) -> None:
    spans = windows.spans(n_samples)
    assert spans[0].start == 0
    assert spans[-1].stop == n_samples
    lengths = {span.stop - span.start for span in spans}
    assert len(lengths) == 1, "equal windows share their compiled programs"
    assert (len(spans) == 1) == (n_samples <= WHOLE)
    assert max(lengths) <= (LONGEST if len(spans) > 1 else WHOLE)
    for before, after in itertools.pairwise(spans):
        assert before.start < after.start
        assert OVERLAP <= before.stop - after.start <= OVERLAP + len(spans)


def test_what_is_alike_where_windows_meet_goes_on_as_if_there_were_none(rng: np.random.Generator) -> None:
    whole = rng.standard_normal(10 * SAMPLE_RATE_HZ).astype(np.float32)
    begin = 6 * SAMPLE_RATE_HZ
    joined = windows.join(whole[: begin + OVERLAP], whole[begin:], begin)
    np.testing.assert_allclose(joined, whole, atol=1e-5)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_is_unlike_keeps_its_power(n_channels: int, rng: np.random.Generator) -> None:
    shape = (10 * SAMPLE_RATE_HZ, n_channels)[:n_channels]
    before, after = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    begin = len(before) - OVERLAP
    joined = windows.join(before, after, begin)
    assert joined.shape == (begin + len(after), *shape[1:])
    middle = begin + round(windows.JOIN_S * SAMPLE_RATE_HZ)
    half = round(windows.CROSSFADE_S / 2 * SAMPLE_RATE_HZ)
    assert np.std(joined[middle - half : middle + half]) == pytest.approx(1, rel=0.03)
    np.testing.assert_array_equal(joined[: middle - half], before[: middle - half])


def test_a_step_in_level_becomes_a_slope(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(20 * SAMPLE_RATE_HZ).astype(np.float32)
    begin = 8 * SAMPLE_RATE_HZ
    joined = windows.join(noise[: begin + OVERLAP], noise[begin:] / 2, begin)
    level = np.sqrt(np.mean(joined[: len(joined) // 4410 * 4410].reshape(-1, 4410) ** 2, axis=1))
    steps_db = np.abs(np.diff(20 * np.log10(level)))
    assert steps_db.max() < 0.8, "0.1 s apart; a step would have 6"
    assert 20 * np.log10(level[-20:].mean()) == pytest.approx(-6, abs=0.3), "it comes to its own level"


def test_silence_beside_sound_is_no_error() -> None:
    sound, silence = np.ones(4 * SAMPLE_RATE_HZ, np.float32), np.zeros(4 * SAMPLE_RATE_HZ, np.float32)
    for pair in ((sound, silence), (silence, sound), (silence, silence)):
        assert np.isfinite(windows.join(*pair, 2 * SAMPLE_RATE_HZ)).all()


def test_a_window_takes_over_what_it_has_in_common_but_the_end() -> None:
    content = np.arange(900.0 * SAMPLE_RATE_HZ + 13)
    spans = windows.spans(len(content))
    for before, after in itertools.pairwise(spans):
        held = windows.held(content[before], after.start - before.start)
        np.testing.assert_array_equal(held, content[after][: round(1.5 * SAMPLE_RATE_HZ)])


def test_what_is_silent_hangs_on_the_content_not_on_its_level() -> None:
    part = np.array([1e-4, -2e-4], np.float32)
    for gain in (1.0, 1e-3):
        assert windows.is_silent(gain * part, gain * 1.0)
        assert not windows.is_silent(gain * part, gain * 0.1)
    assert windows.is_silent(np.zeros(2), 0.0)


@pytest.mark.parametrize("n_samples", [1, 5000, 3 * 44_100 + 17, 70 * 44_100 + 5])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(1024, 256), (2048, 512), (100, 441)])
def test_stretches_have_the_frames_of_the_whole(
    n_samples: int, n_fft: int, hop_length: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "STRETCH_S", 7.0)
    sound = rng.standard_normal(n_samples)

    def centres(part: np.ndarray) -> np.ndarray:
        """What a frame holds: the sum of the samples that its block covers."""
        padded = np.pad(part, n_fft)
        sums = np.concatenate([[0.0], np.cumsum(padded)])
        at = n_fft + np.arange(frame_count(len(part), hop_length)) * hop_length - n_fft // 2
        return sums[at + n_fft] - sums[at]

    stretches = list(windows.stretches(n_samples, n_fft, hop_length))
    assert len(stretches) > 1 or n_samples <= 7 * SAMPLE_RATE_HZ
    found = np.concatenate([centres(sound[stretch.samples])[stretch.rows] for stretch in stretches])
    np.testing.assert_allclose(found, centres(sound), atol=1e-9)


def test_the_power_of_a_long_sound_is_that_of_the_whole(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = np.convolve(rng.standard_normal(9 * SAMPLE_RATE_HZ), 0.9 ** np.arange(40), "same").astype(np.float32)
    whole = noise_gate.power(sound)
    monkeypatch.setattr(windows, "STRETCH_S", 2.0)
    np.testing.assert_allclose(noise_gate.power(sound), whole, rtol=1e-4)
