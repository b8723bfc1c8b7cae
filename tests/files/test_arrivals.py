"""Recordings that arrive: seen and judged at one decoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from styletransfer.errors import AudioError
from styletransfer.files import arrivals, decoders, waveform
from styletransfer.files.arrivals import Arrival

RATE_HZ = 44_100


def meet(path: Path, **options: Any) -> Arrival:
    given: dict[str, Any] = {"seconds": 1.0, "shortest_samples": 1_000, "name": "This recording"} | options
    return arrivals.meet(path, **given)


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were decoded."""
    paths, decoding = [], decoders.decoding

    def counted(path: Any, header: Any) -> Any:
        paths.append(str(path))
        return decoding(path, header)

    monkeypatch.setattr(decoders, "decoding", counted)
    return paths


@pytest.mark.parametrize("ending", ["wav", "w64"])
def test_a_recording_is_decoded_once(tmp_path: Path, decodings: list[str], ending: str) -> None:
    """Whichever decoder it needs, and however often it is asked for."""
    sound = np.concatenate([np.zeros(RATE_HZ), np.full(RATE_HZ, 0.5) * np.cos(np.arange(RATE_HZ))])
    soundfile.write(path := tmp_path / f"a.{ending}", sound, RATE_HZ)
    arrival = meet(path, seconds=1.5)
    assert arrival == meet(path, seconds=1.5)
    assert arrival.waveform is not None
    assert (arrival.waveform.seconds, arrival.fault, arrival.notes) == (2.0, "", ())
    assert decodings == [str(path)]


def test_the_beginning_is_judged_and_the_rest_is_seen(tmp_path: Path, recording: Callable[..., np.ndarray]) -> None:
    sound = recording("guitar", 2.0)
    kinds = {
        "silent": (np.concatenate([np.zeros(RATE_HZ), sound]), "is silent in the part used", 3.0),
        "infinite": (np.concatenate([np.full(9, np.inf), sound]), "not finite numbers", 2.0),
        "short": (sound[:999], "lasts 0.022 s", 0.02),
        "late": (np.concatenate([sound, np.full(9, np.inf)]), "", 2.0),
    }
    for name, (samples, fault, seconds) in kinds.items():
        soundfile.write(path := tmp_path / f"{name}.wav", samples, RATE_HZ, "FLOAT")
        arrival = meet(path)
        assert fault in arrival.fault, name
        assert bool(fault) == bool(arrival.fault), name
        assert arrival.waveform is not None
        assert arrival.waveform.seconds == pytest.approx(seconds, abs=0.01), name


def test_what_is_seen_ends_before_what_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that is over does not make the recording short."""
    monkeypatch.setattr(waveform, "MAX_WORK_S", 0.0)
    soundfile.write(path := tmp_path / "a.wav", np.full(5 * RATE_HZ, 0.1), RATE_HZ)
    arrival = meet(path, seconds=4.0, shortest_samples=3 * RATE_HZ)
    assert not arrival.fault
    assert arrival.waveform is not None
    assert arrival.waveform.seconds < 1
    assert not arrival.waveform.is_whole


def test_a_recording_that_takes_too_long_is_told_as_far_as_it_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders, "MAX_DECODED", 2 * RATE_HZ)
    soundfile.write(path := tmp_path / "a.wav", np.full(5 * RATE_HZ, 0.1), RATE_HZ)
    arrival = meet(path)
    assert not arrival.fault
    assert arrival.waveform is not None
    assert 1.9 < arrival.waveform.seconds < 2.5
    assert not arrival.waveform.is_whole
    assert "takes too long to read" in meet(path, seconds=4.0).fault


def test_what_a_busy_machine_could_not_read_in_time_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(path := tmp_path / "a.wav", np.full(5 * RATE_HZ, 0.1), RATE_HZ)

    def late(_blocks: Any) -> Any:
        raise decoders.TooSlowError
        yield

    with monkeypatch.context() as busy:
        busy.setattr(decoders, "_bounded", late)
        assert "takes too long to read" in meet(path).fault
    assert not meet(path).fault


def test_what_is_no_sound_has_a_fault(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(9), RATE_HZ)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:44])
    assert meet(tmp_path / "cut.wav") == Arrival(
        fault="This recording holds no sound that can be decoded: it is damaged or cut off. Save or download it again."
    )
    (tmp_path / "text.wav").write_text("not a sound" * 99)
    for path in (tmp_path / "text.wav", tmp_path / "missing.wav"):
        with pytest.raises(AudioError):
            meet(path)
