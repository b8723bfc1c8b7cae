"""Damaged files of every format: each is read to finite sound or refused in a sentence, soon and in little memory."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from support.sound_files import BY_FFMPEG, BY_LIBSNDFILE, CODED_BY_LIBSNDFILE, write

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ, Settings

KIBIBYTE = 1024
MOST_S, MOST_BYTES = 20.0, 2**29
"""For one file, and for all beside what a process of its own takes before the first."""
LONGEST_S = 60.0
"""Of a recording that arrives on the page."""
LENGTHS = [bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"]
"""Absurd ones, in either order of bytes: nothing, all, and the largest and smallest with a sign."""

Damage = Callable[[bytes, np.random.Generator], bytes]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: rng.integers(1, len(data))]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bits, half of the times near the beginning."""
    damaged = bytearray(data)
    for place in rng.integers(0, rng.choice([min(128, len(data)), len(data)]), rng.integers(1, 40)):
        damaged[place] ^= 1 << rng.integers(8)
    return bytes(damaged)


def lie(data: bytes, rng: np.random.Generator) -> bytes:
    """An absurd length, or two, somewhere in the header."""
    damaged = bytearray(data)
    for place in rng.integers(0, min(rng.choice([128, 4096]), len(data)) - 4, rng.integers(1, 3)):
        damaged[place : place + 4] = LENGTHS[rng.integers(len(LENGTHS))]
    return bytes(damaged)


def repeat(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch of the file once more, in another place of it."""
    begin, end = np.sort(rng.integers(0, len(data), 2))
    place = rng.integers(0, len(data))
    return data[:place] + data[begin:end] + data[place:]


def all_of_it(data: bytes, rng: np.random.Generator) -> bytes:
    return cut(lie(flip(data, rng), rng), rng)


DAMAGES: list[Damage] = [cut, flip, lie, repeat, all_of_it]


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory, recording: Callable[..., np.ndarray]) -> list[Path]:
    """One of each kind."""
    folder, sound, paths = tmp_path_factory.mktemp("whole"), recording("guitar", 1.0), []
    for container, encoder, ending, rate_hz, _ in BY_FFMPEG:
        path = folder / f"{container}-{encoder}.{ending}"
        paths.append(write(path, container, encoder, soxr.resample(sound, SAMPLE_RATE_HZ, rate_hz), rate_hz))
    for fmt, subtype, ending in BY_LIBSNDFILE + CODED_BY_LIBSNDFILE:
        paths.append(folder / f"{fmt}-{subtype}.{ending}")
        soundfile.write(paths[-1], sound, SAMPLE_RATE_HZ, format=fmt, subtype=subtype)
    return paths


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.thorough)])
def test_damaged_files_give_samples_or_a_sentence(
    whole_files: list[Path], tmp_path: Path, rng: np.random.Generator, count: int
):
    paths, whats = [], []
    for number in range(count):
        rounds, kind = divmod(number, len(whole_files))
        whole, damage = whole_files[kind], DAMAGES[(kind + rounds) % len(DAMAGES)]
        paths.append(tmp_path / f"{number}{whole.suffix}")
        paths[-1].write_bytes(damage(whole.read_bytes(), rng))
        whats.append(f"{whole.name} {damage.__name__} {number}")
    # A process of its own: what it takes is measured, and not what other tests took before.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        read, peak_bytes = processes.submit(read_all, paths).result()
    for (said, took_s), what in zip(read, whats, strict=True):
        assert said.startswith("This recording"), what
        assert said.endswith("."), what
        assert took_s < MOST_S, what
    assert peak_bytes < MOST_BYTES


def read_all(paths: list[Path]) -> tuple[list[tuple[str, float]], int]:
    """What is said of each file, how long it took, and the bytes that this process and its children took in all."""
    read, before = [], peak_bytes()
    for number, path in enumerate(paths):
        begun = time.monotonic()
        read.append((what_is_said(path, stereo=bool(number % 2)), time.monotonic() - begun))
    return read, peak_bytes() - before


def what_is_said(path: Path, *, stereo: bool) -> str:
    shortest = Settings().shortest_samples
    try:
        read = audio.read_recording(
            path, seconds=LONGEST_S, shortest_samples=shortest, name="This recording", stereo=stereo
        )
    except AudioError as error:
        return str(error)
    finite, short = np.isfinite(read.samples).all(), len(read.samples) <= LONGEST_S * SAMPLE_RATE_HZ
    return "This recording is read." if finite and short else "samples that are not finite, or too many"


def peak_bytes() -> int:
    """Of this process and of its children, as far back as it lives."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return KIBIBYTE * sum(usage.ru_maxrss for usage in usages)


def test_a_chunk_beyond_the_end_of_any_file_is_not_looked_for(recording: Callable[..., np.ndarray], tmp_path: Path):
    """Chunks of W64 have lengths of 64 bits, more than a place in a file may have."""
    path = tmp_path / "recording.w64"
    soundfile.write(path, recording("guitar", 1.0), SAMPLE_RATE_HZ, format="W64", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    place = data.index(b"fmt \xf3\xac\xd3\x11") + 16
    data[place : place + 8] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(AudioError, match="holds no sound that can be decoded"):
        audio.read(path)
