"""Files that mean harm: each is read as far as it can be, or refused in a sentence, soon and in little memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
from support.hostile_files import Hostile, corpus

from styletransfer.errors import AudioError
from styletransfer.files import arrivals, audio, decoders, settings_tags
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.settings.blocks import shortest_samples

KIBIBYTE = 1024
MOST_S, MOST_BYTES = 5.0, 600 * 2**20
LONGEST_S = 60.0
"""Of a recording that arrives on the page."""
NAME = "This recording"
SHORTEST = shortest_samples(Settings())


class Said(NamedTuple):
    said: str
    took_s: float
    """of CPU, which other processes do not make longer"""
    lasted_s: float


@pytest.mark.parametrize("n_damaged", [12, pytest.param(540, marks=pytest.mark.thorough)])
def test_hostile_files_give_samples_or_a_sentence(
    recording: Callable[..., np.ndarray], tmp_path: Path, rng: np.random.Generator, n_damaged: int
) -> None:
    files = corpus(tmp_path, recording("guitar", 1.0), rng, n_damaged)
    if n_damaged < 100:  # some of each maker
        files = files[:: len(files) // 24]
    else:
        assert len(files) >= 675
    # A process of its own: what it takes is measured, and not what other tests took before.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        read, most_bytes = processes.submit(read_all, files).result()
    for each, file in zip(read, files, strict=True):
        assert each.said.startswith(NAME) or each.said.startswith("There is no file"), (file.what, each)
        assert each.said.endswith("."), (file.what, each)
        assert str(tmp_path) not in each.said, (file.what, each)
        assert "Traceback" not in each.said, (file.what, each)
        assert each.took_s < MOST_S, (file.what, each)
        assert each.lasted_s < decoders.SERVING.max_wall_s, (file.what, each)
    assert most_bytes < MOST_BYTES


def read_all(files: list[Hostile]) -> tuple[list[Said], int]:
    """What is said of each, as whoever serves reads them, and the most bytes that this process or a child took."""
    decoders.isolate()
    warnings.simplefilter("error")
    said = [read(file, number) for number, file in enumerate(files)]
    return said, KIBIBYTE * max(most_kibibytes(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def most_kibibytes() -> int:
    """The most that this process held. What Linux counts as its usage is also that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def read(file: Hostile, number: int) -> Said:
    """As the page does: the recording arrives, settings are looked for in it, and a stretch of it is read."""
    begun_s, before_s = time.monotonic(), sum(os.times()[:4])
    try:
        settings_tags.settings_in(file.path)
        if number % 2:
            arrival = arrivals.meet(file.path, seconds=LONGEST_S, shortest_samples=SHORTEST, name=NAME)
            said = arrival.fault or f"{NAME} has arrived."
        else:
            said = what_is_read(file.path, stereo=number % 4 > 0)
    except AudioError as error:
        said = str(error)
    return Said(said, sum(os.times()[:4]) - before_s, time.monotonic() - begun_s)


def what_is_read(path: Path, *, stereo: bool) -> str:
    samples = audio.read_recording(path, seconds=LONGEST_S, shortest_samples=SHORTEST, name=NAME, stereo=stereo).samples
    finite, short = np.isfinite(samples).all(), len(samples) <= LONGEST_S * SAMPLE_RATE_HZ
    return f"{NAME} is read." if finite and short else "samples that are not finite, or too many"


def test_a_chunk_beyond_the_end_of_any_file_is_not_looked_for(
    recording: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    """Chunks of W64 have lengths of 64 bits, more than a place in a file may have."""
    path = tmp_path / "recording.w64"
    soundfile.write(path, recording("guitar", 1.0), SAMPLE_RATE_HZ, format="W64", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    place = data.index(b"fmt \xf3\xac\xd3\x11") + 16
    data[place : place + 8] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(AudioError, match="holds no sound that can be decoded"):
        audio.read(path)
