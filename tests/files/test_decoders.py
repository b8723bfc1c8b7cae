"""Decoding in children, within limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support import hostile_kinds

from styletransfer.errors import AudioError
from styletransfer.files import audio, decode_child, decoders, file_headers
from styletransfer.files.decoders import LOCAL, SERVING, Limits

RATE_HZ = 44_100
FOREVER = "tell(44_100, 1, [])\nwhile True: sys.stdout.buffer.write(bytes(2**16))"
Isolate = Callable[[Limits], None]


@pytest.fixture
def isolate() -> Iterator[Isolate]:
    yield decoders.isolate
    decoders.isolate(LOCAL)


@pytest.fixture
def path(tmp_path: Path, recording: Callable[..., np.ndarray]) -> Path:
    path = tmp_path / "guitar.flac"
    soundfile.write(path, recording("guitar", 3.0), RATE_HZ, subtype="PCM_24")
    return path


def stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Has a child run other code than the decoder's, of which `limit` is left."""
    script = Path(decode_child.__file__).read_text(encoding="utf-8").partition("if __name__")[0]
    (tmp_path / "child.py").write_text(f"{script}\nlimits = json.loads(sys.argv[1])\n{code}\n", encoding="utf-8")
    monkeypatch.setattr(decode_child, "__file__", str(tmp_path / "child.py"))


@pytest.mark.parametrize(("ending", "subtype"), [("wav", "PCM_16"), ("wav", "FLOAT"), ("flac", "PCM_24")])
def test_a_child_decodes_what_this_process_does(
    isolate: Isolate, tmp_path: Path, recording: Callable[..., np.ndarray], ending: str, subtype: str
) -> None:
    sound = np.stack([recording("guitar", 2.0), recording("piano", 2.0)], axis=1)
    path = tmp_path / f"\udcff ü.{ending}"
    with path.open("wb") as file:
        soundfile.write(file, sound, RATE_HZ, format=ending.upper(), subtype=subtype)
    here = audio.read_recording(path, start_s=0.5, stereo=True)
    isolate(SERVING)
    there = audio.read_recording(path, start_s=0.5, stereo=True)
    np.testing.assert_array_equal(here.samples, there.samples)
    np.testing.assert_allclose(there.samples, sound[RATE_HZ // 2 :], atol=1e-4)


def test_nothing_is_decoded_in_a_process_that_serves(
    isolate: Isolate, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode_child, "open_by_libsndfile", None)
    isolate(SERVING)
    assert len(audio.read(path)) == 3 * RATE_HZ
    isolate(LOCAL)
    with pytest.raises(TypeError):
        audio.read(path)


def test_a_damaged_file_is_read_as_far_there_as_here(isolate: Isolate, path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    here = audio.read_recording(path, name="It")
    isolate(SERVING)
    there = audio.read_recording(path, name="It")
    np.testing.assert_array_equal(here.samples, there.samples)
    assert here.notes == there.notes
    assert "it is damaged" in there.notes[0]


def test_a_child_takes_no_more_memory_than_it_may(
    isolate: Isolate, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn(tmp_path, monkeypatch, "limit(limits['most_bytes'], 9)\ntell(44_100, 1, [])\nbytearray(2**30)")
    isolate(SERVING)
    with pytest.raises(AudioError, match="holds no sound that can be decoded"):
        audio.read(path)


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("limit(2**30, limits['most_cpu_s'])\nwhile True: pass", {"max_cpu_s": 1}),
        ("import time\ntime.sleep(99)", {"max_start_s": 0.5}),
        ("tell(44_100, 1, [])\nsys.stdout.buffer.flush()\nimport time\ntime.sleep(99)", {"max_silent_s": 0.5}),
        (f"import time\n{FOREVER}, time.sleep(0.1)", {"max_wall_s": 1.0}),
        (FOREVER, {}),
    ],
)
@pytest.mark.parametrize("seconds", [None, 3.0])
def test_a_child_that_takes_too_long_is_ended(
    isolate: Isolate,
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    limits: dict[str, float],
    seconds: float | None,
) -> None:
    """By CPU, in silence before and after its first line, by the clock, or by how much it makes."""
    if not limits:
        monkeypatch.setattr(decoders, "MAX_DECODED", 2**20)
    stubborn(tmp_path, monkeypatch, code)
    isolate(replace(SERVING, **limits))
    before = threading.active_count()
    with pytest.raises(AudioError, match="takes too long to read"):
        audio.read(path, start_s=3_000.0, seconds=seconds)
    time.sleep(0.3)
    assert threading.active_count() <= before


def test_so_many_are_read_at_once_and_the_others_wait_or_are_told(
    isolate: Isolate, path: Path, recording: Callable[..., np.ndarray]
) -> None:
    isolate(replace(SERVING, at_once=1, max_wait_s=0.2))
    header = file_headers.check_file(path, "It")
    with decoders.decoding(path, header), pytest.raises(AudioError) as refused:
        audio.read(path)
    assert str(refused.value) == decoders.BUSY
    isolate(replace(SERVING, at_once=1, max_wait_s=60.0))
    lengths: list[int] = []
    readers = [threading.Thread(target=lambda: lengths.append(len(audio.read(path)))) for _ in range(4)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    assert lengths == [3 * RATE_HZ] * 4


def test_more_than_may_wait_are_told_at_once(isolate: Isolate, path: Path) -> None:
    isolate(replace(SERVING, at_once=1, max_wait_s=60.0, max_waiting=1))
    header, read = file_headers.check_file(path, "It"), []
    waiting = threading.Thread(target=lambda: read.append(len(audio.read(path))))
    with decoders.decoding(path, header):
        waiting.start()
        while decoders._policy.waiting.acquire(blocking=False):  # pyright: ignore[reportOptionalMemberAccess]
            decoders._policy.waiting.release()  # pyright: ignore[reportOptionalMemberAccess]
            time.sleep(0.01)
        begun_s = time.monotonic()
        with pytest.raises(AudioError, match="busy"):
            audio.read(path)
        assert time.monotonic() - begun_s < 30.0
    waiting.join()
    assert read == [3 * RATE_HZ]


def test_a_turn_is_given_back_whatever_happens(isolate: Isolate, path: Path, tmp_path: Path) -> None:
    isolate(replace(SERVING, at_once=1, max_wait_s=0.0))
    (tmp_path / "bad.flac").write_bytes(path.read_bytes()[:90])
    for _ in range(3):
        with pytest.raises(AudioError, match="damaged"):
            audio.read(tmp_path / "bad.flac")
        assert len(audio.read(path, seconds=0.1)) == RATE_HZ // 10


def test_what_comes_before_a_start_is_bounded(isolate: Isolate, tmp_path: Path) -> None:
    """Of an hour of silence in 8 channels at 192 kHz, which fits into megabytes."""
    (tmp_path / "hour.flac").write_bytes(hostile_kinds.silent_flac(hostile_kinds.HOUR_S))
    assert (tmp_path / "hour.flac").stat().st_size < 2**20
    isolate(SERVING)
    with pytest.raises(AudioError, match=r"takes too long to read\. Start earlier"):
        audio.read(tmp_path / "hour.flac", start_s=3_600.0)
    (tmp_path / "short.flac").write_bytes(hostile_kinds.silent_flac(3.0))
    with soundfile.SoundFile(tmp_path / "short.flac") as file:
        assert (file.samplerate, file.channels, file.read(RATE_HZ).any()) == (192_000, 8, False)


def test_the_child_imports_little(path: Path) -> None:
    """It is started for each recording: neither the package nor JAX, and FFmpeg or libsndfile alone."""
    request = {"path": str(path), "decoder": "soundfile", "most_bytes": 2**30, "most_cpu_s": 9}
    code = (
        "import runpy, sys\ntry: runpy.run_path(sys.argv.pop(1), run_name='__main__')\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    line = [sys.executable, "-I", "-c", code, decode_child.__file__, json.dumps(request)]
    ran = subprocess.run(line, capture_output=True, check=True, env={**os.environ})
    names = {name.partition(".")[0] for name in ran.stderr.decode().split()}
    assert {"soundfile"} <= names
    assert not names & {"styletransfer", "jax", "scipy", "av", "soxr"}
