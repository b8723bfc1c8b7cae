"""What a recording looks like from afar: its length, its peaks, and for how long it sounds.

The recording is decoded forward, block by block at its own rate, and no more of it than a block is kept. After MAX_S of
sound or MAX_WORK_S of work what is known by then is told.
"""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from styletransfer.engine import sounding
from styletransfer.errors import AudioError
from styletransfer.files import audio, decoders, file_headers
from styletransfer.files.file_headers import Header

COLUMNS = 400
CHUNKS_HZ = 400
"""Peaks that are kept while a recording is decoded; COLUMNS are made of them."""
CHUNKS_IN_WINDOW = round(sounding.WINDOW_S * CHUNKS_HZ)
MAX_S = audio.MAX_EXCERPT_S
MAX_WORK_S = 10.0
KEPT = 128
"""Recordings that are remembered."""


class Waveform(NamedTuple):
    """A recording from afar."""

    seconds: float
    peaks: tuple[float, ...]
    """the largest magnitude in any channel of each of at most COLUMNS equal stretches"""
    sounding_s: float
    """for how long it is not silent"""
    is_whole: bool
    """whether all of it was looked at"""


def look(path: str | os.PathLike[str], *, name: str = "") -> Waveform:
    """Look at a recording, or remember what was seen when the same file was looked at before.

    `name` is what messages call it, its path if left out. Raises AudioError where nothing of it can be decoded.
    """
    label = name or str(os.fspath(path))
    header = file_headers.check_file(path, label)
    status = os.stat(path)
    try:
        return _look(str(os.fspath(path)), status.st_mtime_ns, status.st_size, header)
    except decoders.NoSoundError:
        raise AudioError(f"{label} holds no sound.") from None
    except decoders.DecodingError as error:
        raise AudioError(f"{label} holds no sound that can be decoded.") from error


@lru_cache(KEPT)
def _look(path: str, _modified_ns: int, _size: int, header: Header) -> Waveform:
    end_s = time.monotonic() + MAX_WORK_S
    with decoders.decoding(path, header) as stream:
        file_headers.check_shape(path, stream.rate_hz, stream.n_channels)
        return _seen(stream, end_s)


def _seen(stream: decoders.Stream, end_s: float) -> Waveform:
    size = max(1, round(stream.rate_hz / CHUNKS_HZ))
    longest = round(MAX_S * stream.rate_hz)
    left, parts, n_frames, is_whole = np.zeros((0, stream.n_channels), np.float32), [], 0, True
    for block in stream.blocks:
        n_frames += len(block)
        left = np.concatenate([left, block])
        whole = len(left) // size * size
        parts.append(_of_chunks(left[:whole].reshape(-1, size, stream.n_channels)))
        left = left[whole:]
        if n_frames > longest or time.monotonic() > end_s:
            is_whole = False
            break
    if len(left):
        parts.append(_of_chunks(left[None]))
    peaks, means, squares = np.nan_to_num(np.concatenate([np.zeros((3, 0)), *parts], axis=1), posinf=0.0)
    if not len(peaks):
        raise decoders.DecodingError
    sounding_s = _sounding_s(means, squares, size / stream.rate_hz)
    return Waveform(min(n_frames, longest) / stream.rate_hz, _columns(peaks), sounding_s, is_whole)


def _of_chunks(chunks: np.ndarray) -> np.ndarray:
    """Peak, mean and mean square of each chunk, `(3, n)` of `(n, size, n_channels)`."""
    both = (1, 2)
    means, squares = (values.mean(both, dtype=np.float64) for values in (chunks, np.square(chunks)))
    return np.stack([np.abs(chunks).max(both), means, squares])


def _columns(peaks: np.ndarray) -> tuple[float, ...]:
    count = min(COLUMNS, len(peaks))
    starts = np.arange(count) * len(peaks) // count
    return tuple(np.maximum.reduceat(peaks, starts).tolist())


def _sounding_s(means: np.ndarray, squares: np.ndarray, chunk_s: float) -> float:
    """Seconds that are not silent, as the engine has it: an offset is no sound."""
    n_windows = -(-len(means) // CHUNKS_IN_WINDOW)
    starts = np.arange(n_windows) * CHUNKS_IN_WINDOW
    lengths = np.minimum(len(means) - starts, CHUNKS_IN_WINDOW)
    mean, square = (np.add.reduceat(values, starts) / lengths for values in (means, squares))
    powers = np.maximum(square - np.square(mean), 0.0)
    if powers.max() <= 10 ** (audio.SILENCE_DBFS / 10):
        return 0.0
    heard = sounding.is_sounding(powers, round(sounding.PAUSE_S / sounding.WINDOW_S))
    return float(lengths[heard].sum()) * chunk_s
