"""WAVs of stretches: few, and none made twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletransfer.errors import AudioError
from styletransfer.web.parts import stretches
from styletransfer.web.parts.stretches import Stretches
from styletransfer.web.server.private_files import PrivateFiles

RATE_HZ = 44_100


def recorded(path: Path, seconds: float = 2.0) -> str:
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * RATE_HZ)), RATE_HZ)
    return str(path)


def written(files: PrivateFiles) -> set[Path]:
    return set(files.folder.rglob("stretch.wav"))


def test_a_stretch_is_written_once_and_stays_when_another_is_asked_for(files: PrivateFiles, tmp_path: Path) -> None:
    """Whoever has the same recording may be listening to it."""
    made, path = Stretches(files), recorded(tmp_path / "a.wav")
    first = made.wav(path, 0.5, 1.0)
    assert made.wav(path, 0.5, 1.0) == first
    second = made.wav(path, 0.75, 1.0)
    assert written(files) == {first, second}
    assert made.wav(recorded(tmp_path / "b.wav"), 0.5, 1.0) not in (first, second)
    assert len(written(files)) == 3
    recorded(tmp_path / "a.wav", 1.9)
    assert made.wav(path, 0.75, 1.0) != second


def test_what_was_asked_for_again_stays_longer(
    files: PrivateFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "MAX_BYTES", 2.5 * RATE_HZ * 2)
    made, path = Stretches(files), recorded(tmp_path / "a.wav")
    first, _ = (made.wav(path, start_s, 1.0) for start_s in (0.0, 0.5))
    assert made.wav(path, 0.0, 1.0) == first
    third = made.wav(path, 1.0, 1.0)
    assert written(files) == {first, third}


def test_what_was_aged_out_is_written_anew(files: PrivateFiles, tmp_path: Path) -> None:
    made, path = Stretches(files), recorded(tmp_path / "a.wav")
    first = made.wav(path, 0.0, 1.0)
    files.age_out(-1.0)
    assert not written(files)
    assert made.wav(path, 0.0, 1.0) != first
    assert len(written(files)) == 1


def test_the_oldest_go_where_there_are_too_many(
    files: PrivateFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "MAX_BYTES", 2.5 * RATE_HZ * 2)
    made, paths = Stretches(files), [recorded(tmp_path / f"{name}.wav") for name in "abc"]
    wavs = [made.wav(path, 0.0, 1.0) for path in paths]
    assert written(files) == set(wavs[1:])
    longest = made.wav(recorded(tmp_path / "d.wav", 4.0), 0.0, 4.0)
    assert written(files) == {longest}


def test_what_cannot_be_read_is_refused_and_leaves_the_last(files: PrivateFiles, tmp_path: Path) -> None:
    made, path = Stretches(files), recorded(tmp_path / "a.wav")
    first = made.wav(path, 0.0, 1.0)
    for start_s in (99.0, -1.0, float("nan")):
        with pytest.raises(AudioError):
            made.wav(path, start_s, 1.0)
    with pytest.raises(AudioError):
        made.wav(str(tmp_path / "missing.wav"), 0.0, 1.0)
    assert written(files) == {first}
