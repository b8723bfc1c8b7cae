"""Loudness, levels and writing, and what a failed write leaves behind.

The oracles are the standard's own filter coefficients, NumPy, and the standard library's `wave`.
"""

import math
import os
import stat
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import signal
from scipy.io import wavfile

from styletransfer.engine import loudness
from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ

IN_TMP = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEVELS = st.floats(-1, 1, width=32)


def tone(seconds=0.5, rate_hz=SAMPLE_RATE_HZ, frequency_hz=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def test_loudness_of_the_standards_tone():
    """BS.1770: a full-scale tone of 997 Hz in one channel reads -3.01 LUFS."""
    assert loudness.integrated_loudness(tone(5.0, frequency_hz=997, level=1.0)) == pytest.approx(-3.01, abs=0.005)


def bs1770(samples):
    """The standard by the letter, for one channel at 48 kHz: its own coefficients, and its two gates."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621]
    weighted = np.asarray(signal.lfilter(*high_pass, signal.lfilter(*shelf, samples)))
    block, step = 19_200, 4_800
    powers = np.array([np.mean(weighted[i : i + block] ** 2) for i in range(0, len(samples) - block + 1, step)])
    powers = powers[-0.691 + 10 * np.log10(powers) > -70]
    powers = powers[powers > 0.1 * powers.mean()]
    return -0.691 + 10 * np.log10(powers.mean())


def test_loudness_is_the_standards():
    rng = np.random.default_rng(0)
    envelope = np.repeat(rng.uniform(0.001, 1.0, 20), 12_000)
    samples = envelope * np.cumsum(rng.standard_normal(len(envelope))) / 200
    assert loudness.integrated_loudness(samples, 48_000) == pytest.approx(bs1770(samples), abs=0.01)


def test_short_tone_continues_the_long_one():
    levels = [loudness.integrated_loudness(tone(seconds, frequency_hz=1000)) for seconds in (0.05, 0.399, 0.4, 1.0)]
    assert np.ptp(levels) < 0.1


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_loudness_at_other_rates(rate_hz):
    assert loudness.integrated_loudness(tone(1.0, rate_hz, 1000), rate_hz) == pytest.approx(
        loudness.integrated_loudness(tone(1.0, frequency_hz=1000)), abs=0.05
    )


def test_silence_has_no_loudness():
    assert loudness.integrated_loudness(np.zeros(50_000)) == -math.inf
    assert loudness.integrated_loudness(np.zeros(0)) == -math.inf
    np.testing.assert_array_equal(loudness.at_loudness(np.zeros(9), -20.0), np.zeros(9))


def test_loudness_of_what_the_gate_drops():
    click = np.zeros(20 * SAMPLE_RATE_HZ)
    click[100] = 1e-4
    assert math.isfinite(loudness.integrated_loudness(click))
    assert math.isfinite(loudness.integrated_loudness(np.full(SAMPLE_RATE_HZ, 0.5)))


@given(gain_db=st.floats(-90, 60), seconds=st.sampled_from([0.1, 1.5]))
@settings(deadline=None, max_examples=30)
def test_loudness_follows_the_gain(gain_db, seconds):
    """At any level: 1.5 s with quiet and loud halves, where absolute gating would count the quiet one or not."""
    samples = tone(seconds, frequency_hz=300).astype(np.float64)
    samples[: len(samples) // 2] *= 10 ** (-8 / 20)
    expected = loudness.integrated_loudness(samples) + gain_db
    assert loudness.integrated_loudness(samples * 10 ** (gain_db / 20)) == pytest.approx(expected, abs=1e-6)


@given(samples=hnp.arrays(np.float32, st.integers(1, 30_000), elements=LEVELS, fill=LEVELS), target=st.floats(-60, 0))
@settings(deadline=None, max_examples=30)
def test_at_loudness_reaches_its_target(samples, target):
    result = loudness.at_loudness(samples, target)
    assert result.dtype == np.float32
    if np.abs(samples).max() > 1e-6:
        assert loudness.integrated_loudness(result) == pytest.approx(target, abs=1e-3)


@given(samples=hnp.arrays(np.float32, 50, elements=st.floats(-4, 4, width=32)), ceiling=st.floats(-30, 0))
def test_limit_peak_only_attenuates_as_a_whole(samples, ceiling):
    result = loudness.limit_peak(samples, ceiling)
    limit, peak = 10 ** (ceiling / 20), np.abs(samples).max()
    assert np.abs(result).max() <= limit
    if peak < limit * 0.999:
        np.testing.assert_array_equal(result, samples)
    else:
        np.testing.assert_allclose(result, samples * (limit / max(peak, limit)), atol=1e-6)


# Writing


def leftovers(folder: Path):
    return [path.name for path in folder.iterdir() if path.suffix != ".wav"]


@given(values=hnp.arrays(np.int16, st.integers(1, 3_000), elements=st.integers(-29_204, 29_204)))
@settings(IN_TMP, max_examples=50)
def test_written_sixteen_bits_come_back(tmp_path, values):
    path = tmp_path / "out.wav"
    audio.write(path, values / 2.0**15)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, SAMPLE_RATE_HZ, len(values))
        np.testing.assert_array_equal(np.frombuffer(file.readframes(len(values)), "<i2"), values)
    assert not leftovers(tmp_path)


@given(samples=hnp.arrays(np.float32, st.integers(1, 500), elements=st.floats(-100, 100, width=32)))
@settings(IN_TMP, max_examples=50)
def test_written_peak_is_never_above_the_ceiling(tmp_path, samples):
    path = tmp_path / "out.wav"
    audio.write(path, samples)
    _, pcm = wavfile.read(path)
    assert len(pcm) == len(samples)
    assert np.abs(pcm.astype(float)).max() / 2**15 <= 10 ** (-1 / 20)
    scale = min(1.0, 10 ** (-1 / 20) / max(np.abs(samples).max(), 1e-9))
    np.testing.assert_allclose(pcm / 2**15, samples * scale, atol=1.01 / 2**15)  # a step, and float32


def test_written_files_read_back_and_have_ordinary_permissions(tmp_path):
    path = tmp_path / "out.wav"
    audio.write(path, tone(), 48_000)
    assert soundfile.info(path).samplerate == 48_000
    (tmp_path / "plain.wav").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain.wav").stat().st_mode)


def test_writing_the_same_twice_gives_the_same_bytes(tmp_path):
    for name in ("a.wav", "b.wav"):
        audio.write(tmp_path / name, tone())
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_writing_follows_a_link(tmp_path):
    (tmp_path / "real.wav").touch()
    (tmp_path / "link.wav").symlink_to("real.wav")
    audio.write(tmp_path / "link.wav", tone())
    assert (tmp_path / "link.wav").is_symlink()
    assert len(audio.read(tmp_path / "real.wav")) == len(tone())


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
@pytest.mark.parametrize("stage", ["encoders.encode", "os.fsync", "os.replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failure, stage):
    path = tmp_path / "out.wav"
    audio.write(path, tone())
    before = path.read_bytes()

    def fail(*_args):
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(f"styletransfer.files.audio.{stage}", fail)
        with pytest.raises(AudioError if isinstance(failure, OSError) else type(failure)):
            audio.write(path, 0.5 * tone())
    assert path.read_bytes() == before
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_to_write_samples_that_are_not_finite(tmp_path, bad):
    with pytest.raises(AudioError, match="not finite"):
        audio.write(tmp_path / "out.wav", np.array([0.1, bad]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros((3, 3)), np.zeros((3, 2, 1))])
def test_refuses_to_write_what_is_not_one_row_or_two(tmp_path, samples):
    with pytest.raises(AudioError, match="not one row or two"):
        audio.write(tmp_path / "out.wav", samples)


def test_refuses_places_that_cannot_be_written(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.wav")
    cases = [(tmp_path, "is a folder"), (tmp_path / "missing" / "out.wav", "no folder")]
    cases += [(tmp_path / "pipe.wav", "not an ordinary file"), (tmp_path / ("x" * 300), "too long")]
    for path, words in cases:
        with pytest.raises(AudioError, match=words):
            audio.write(path, tone())
    monkeypatch.setattr(os, "access", lambda *_args: False)
    with pytest.raises(AudioError, match="no permission"):
        audio.write(tmp_path / "out.wav", tone())


def test_a_file_that_is_protected_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "out.wav"
    audio.write(path, tone())
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda asked, _mode: Path(asked) != path)
    with pytest.raises(AudioError, match=r"out\.wav cannot be written: Permission denied\. Write elsewhere\."):
        audio.write(path, 0.5 * tone())
    assert path.read_bytes() == before
    assert not leftovers(tmp_path)


def test_writes_two_channels(tmp_path):
    pair = np.stack([np.linspace(-0.5, 0.5, 1000), np.zeros(1000)], axis=1)
    audio.write(tmp_path / "pair.wav", pair)
    rate_hz, written = wavfile.read(tmp_path / "pair.wav")
    assert rate_hz == SAMPLE_RATE_HZ
    np.testing.assert_allclose(written / 2**15, pair, atol=1e-4)
