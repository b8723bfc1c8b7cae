"""What a recording looks like from afar, against what the samples are known to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletransfer.files import arrivals, waveform
from styletransfer.files.waveform import Waveform

RATE_HZ = 44_100


def look(path: Path) -> Waveform:
    seen = arrivals.meet(path, seconds=1.0, shortest_samples=1, name="This recording").waveform
    assert seen is not None
    return seen


def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, "FLOAT")
    return path


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 96_000])
def test_peaks_are_where_the_samples_have_them(rate_hz: int, tmp_path: Path) -> None:
    """A click in the second channel, in each place of a quiet recording, is seen in its column and nowhere else."""
    for place in (0.0, 0.31, 0.5, 0.999):
        samples = np.full((8 * rate_hz, 2), 0.01)
        samples[int(place * len(samples)), 1] = -0.5
        seen = look(write(tmp_path / f"{place}.wav", samples, rate_hz))
        assert seen.seconds == pytest.approx(8)
        assert len(seen.peaks) == waveform.COLUMNS
        assert np.argmax(seen.peaks) == pytest.approx(place * waveform.COLUMNS, abs=1)
        assert max(seen.peaks) == 0.5
        assert sorted(seen.peaks)[-2] == pytest.approx(0.01)


@pytest.mark.parametrize("n_samples", [1, 110, 300, 13_230])
def test_short_recordings_have_fewer_columns_and_no_sample_is_left_out(n_samples: int, tmp_path: Path) -> None:
    samples = np.linspace(0.1, 0.9, n_samples)
    seen = look(write(tmp_path / "short.wav", samples))
    assert seen.seconds == pytest.approx(n_samples / RATE_HZ)
    assert 1 <= len(seen.peaks) <= waveform.COLUMNS
    assert max(seen.peaks) == pytest.approx(samples.max())
    assert list(seen.peaks) == sorted(seen.peaks)


def test_silence_and_an_offset_do_not_sound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = np.concatenate([rng.uniform(-0.3, 0.3, 4 * RATE_HZ), np.zeros(12 * RATE_HZ)]) + 0.1
    assert look(write(tmp_path / "a.wav", samples)).sounding_s == pytest.approx(4, abs=0.1)
    assert look(write(tmp_path / "b.wav", np.full(RATE_HZ, 0.1))).sounding_s == pytest.approx(0, abs=0.1)


def test_what_is_long_is_looked_at_as_far_as_the_limits_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "long.wav", np.full(5 * RATE_HZ, 0.1))
    monkeypatch.setattr(waveform, "MAX_S", 2.0)
    seen = look(path)
    assert (seen.seconds, seen.is_whole) == (2.0, False)
    monkeypatch.setattr(waveform, "MAX_WORK_S", 0.0)
    seen = look(write(tmp_path / "slow.wav", np.full(5 * RATE_HZ, 0.1)))
    assert 0 < seen.seconds < 2
    assert not seen.is_whole


def test_a_file_is_looked_at_once_until_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.full(RATE_HZ, 0.1))
    assert look(path) is look(path)
    assert look(write(path, np.full(2 * RATE_HZ, 0.1))).seconds == 2
