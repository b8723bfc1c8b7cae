"""A recording that has just arrived, met at one decoding: what it looks like, and whether it can be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files import audio, decoders, file_headers
from styletransfer.files.header import Header
from styletransfer.files.waveform import Look, Waveform

KEPT = 128
"""Recordings that are remembered."""


class Arrival(NamedTuple):
    """A recording that has arrived."""

    waveform: Waveform | None = None
    """None where nothing of it can be decoded"""
    notes: tuple[str, ...] = ()
    """what a person should know about how its beginning was read, a sentence each"""
    fault: str = ""
    """why its beginning cannot be used, a sentence"""


def meet(path: str | os.PathLike[str], *, seconds: float, shortest_samples: int, name: str) -> Arrival:
    """Look at a recording and try to read its first `seconds`, or remember what was found in the same file before.

    `shortest_samples` are needed, at SAMPLE_RATE_HZ; `name` is what sentences call it. What could not be read in time
    is not remembered: a machine that is busy now may be quick later. Raises AudioError where its header is refused, and
    decoders.BusyError.
    """
    header = file_headers.check_file(path, name)
    status = os.stat(path)
    try:
        return _meet(str(os.fspath(path)), status.st_mtime_ns, status.st_size, header, seconds, shortest_samples, name)
    except _TooLateError as error:
        return error.arrival


class _TooLateError(Exception):
    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival


@lru_cache(KEPT)
def _meet(
    path: str, _modified_ns: int, _size: int, header: Header, seconds: float, shortest_samples: int, name: str
) -> Arrival:
    look, notes, fault, is_judged, is_late = None, (), "", False, False
    try:
        with audio.decoding(path, header, name) as stream:
            look = Look(stream)
            blocks = stream.blocks = _watched(stream.blocks, look)
            try:
                notes = audio.excerpt(stream, name, 0.0, seconds, shortest_samples=shortest_samples).notes
            except AudioError as error:
                fault = str(error)
            is_judged = True
            while look.is_open and next(blocks, None) is not None:
                pass
    except decoders.BusyError:
        raise
    except AudioError as error:  # what cannot be decoded to the end is told as far as it was seen
        fault = fault if is_judged else str(error)
        is_late = isinstance(error, audio.SlowReadingError)
    arrival = Arrival(look and look.seen(), notes, fault)
    if is_late:
        raise _TooLateError(arrival)
    return arrival


def _watched(blocks: Iterator[np.ndarray], look: Look) -> Iterator[np.ndarray]:
    """The blocks, each of them seen."""
    try:
        for block in blocks:
            look.add(block)
            yield block
    except decoders.TooLongError:
        look.stop()
        raise
