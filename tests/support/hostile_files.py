"""Files that mean harm, made from a seed: damaged ones of every format, and those of hostile_kinds.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from support import hostile_kinds
from support.sound_files import BY_FFMPEG, BY_LIBSNDFILE, CODED_BY_LIBSNDFILE, write

RATE_HZ = 44_100
LENGTHS = [bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"]
"""Absurd ones, in either order of bytes: nothing, all, and the largest and smallest with a sign."""

Damage = Callable[[bytes, np.random.Generator], bytes]


class Hostile(NamedTuple):
    what: str
    path: Path


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


def whole_files(folder: Path, sound: np.ndarray) -> list[Path]:
    """One of each kind of a sound `(n_samples,)` at RATE_HZ."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for container, encoder, ending, rate_hz, _ in BY_FFMPEG:
        path = folder / f"{container}-{encoder}.{ending}"
        paths.append(write(path, container, encoder, soxr.resample(sound, RATE_HZ, rate_hz), rate_hz))
    for fmt, subtype, ending in BY_LIBSNDFILE + CODED_BY_LIBSNDFILE:
        paths.append(folder / f"{fmt}-{subtype}.{ending}")
        soundfile.write(paths[-1], sound, RATE_HZ, format=fmt, subtype=subtype)
    return paths


def damaged(wholes: list[Path], folder: Path, rng: np.random.Generator, count: int) -> list[Hostile]:
    """So many files, each kind in turn, each with the next damage."""
    made = []
    for number in range(count):
        rounds, kind = divmod(number, len(wholes))
        whole, damage = wholes[kind], DAMAGES[(kind + rounds) % len(DAMAGES)]
        path = folder / f"{number}{whole.suffix}"
        path.write_bytes(damage(whole.read_bytes(), rng))
        made.append(Hostile(f"{whole.name} {damage.__name__} {number}", path))
    return made


def corpus(folder: Path, sound: np.ndarray, rng: np.random.Generator, n_damaged: int) -> list[Hostile]:
    """All of it: so many damaged files, and one of each of the others."""
    wholes = whole_files(folder / "whole", sound)
    made = damaged(wholes, folder, rng, n_damaged)
    named = {path.name: path.read_bytes() for path in wholes}
    for number, (what, data) in enumerate(hostile_kinds.contents(named, rng)):
        path = folder / f"kind-{number}.{what.partition(' ')[0]}"
        path.write_bytes(data)
        made.append(Hostile(what, path))
    return made + [Hostile(*each) for each in hostile_kinds.places(folder / "places", named["WAV-PCM_16.wav"])]
