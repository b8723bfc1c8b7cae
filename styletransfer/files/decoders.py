"""Recordings as blocks of samples: from libsndfile in this process, or from a child (decode_child.py).

Blocks are `(n_frames, n_channels)` float32 at the recording's own rate. Declared lengths are never used. FFmpeg always
decodes in a child; whoever reads what strangers send calls `isolate`, and libsndfile does too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files import decode_child, formats
from styletransfer.files.header import Header

MAX_DECODED = 2**29
"""Samples of all channels together that are decoded of one recording, those before the start of an excerpt too."""
MAX_LINE_BYTES = 65_536
PIPE_BYTES = 2**20
BUSY = "The server is busy reading other recordings; try again in a moment."


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What decoding may take in this process and its children."""

    all_apart: bool
    """whether nothing at all is decoded in this process"""
    max_bytes: int
    """of address space of a child"""
    max_cpu_s: int
    """of a child"""
    max_wall_s: float
    """from the start of a child to its end, however slowly its sound is taken"""
    max_silent_s: float
    """without a block from a child that has time to make one"""
    max_start_s: float
    """until a child has begun and tells what it decodes"""
    at_once: int | None = None
    """children; any number if left out"""
    max_wait_s: float = 0.0
    """that a recording waits for its turn"""
    max_waiting: int = 0
    """recordings"""


LOCAL = Limits(all_apart=False, max_bytes=2**31, max_cpu_s=120, max_wall_s=120.0, max_silent_s=120.0, max_start_s=120.0)
SERVING = Limits(
    all_apart=True,
    max_bytes=600 * 2**20,
    max_cpu_s=15,
    max_wall_s=30.0,
    max_silent_s=5.0,
    max_start_s=20.0,
    at_once=2,
    max_wait_s=10.0,
    max_waiting=24,
)
"""A quarter of an hour in stereo takes up to 5 s of CPU and 90 MB (docs/formats.md)."""


class _Policy:
    """Limits, and who decodes now."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.turns = None if limits.at_once is None else threading.BoundedSemaphore(limits.at_once)
        self.waiting = threading.BoundedSemaphore(limits.max_waiting) if limits.max_waiting else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Take one of the turns. Raises BusyError where none is free for too long, or too many wait for one."""
        if self.turns is None:
            yield
            return
        if not self.turns.acquire(blocking=False):
            self._wait(self.turns)
        try:
            yield
        finally:
            self.turns.release()

    def _wait(self, turns: threading.Semaphore) -> None:
        """Wait for a turn: whoever waits keeps a thread of the server's."""
        if self.waiting is None or not self.waiting.acquire(blocking=False):
            raise BusyError(BUSY)
        try:
            if not turns.acquire(timeout=self.limits.max_wait_s):
                raise BusyError(BUSY)
        finally:
            self.waiting.release()


_policy = _Policy(LOCAL)


def isolate(limits: Limits = SERVING) -> None:
    """Have this process read whatever strangers send, from now on.

    All decoding, that by libsndfile too, is then done in children within `limits`: of memory, of time, and of how many
    there are at once. A recording that waits too long for its turn is refused with a sentence (BusyError), one that
    takes too long likewise. To be called once, by whoever serves, before the first recording is read; the limits are
    those of the process, not of a thread. `isolate(LOCAL)` undoes it.
    """
    global _policy
    _policy = _Policy(limits)


class BusyError(AudioError):
    """Other recordings are being decoded; the message says so."""


class DecodingError(Exception):
    """Nothing of a recording can be decoded."""


class NoSoundError(Exception):
    """A film, or another file that may hold sound, has none."""


class TooLongError(Exception):
    """A recording takes too long to decode, or has too many samples."""


class TooSlowError(TooLongError):
    """It was too slow by the clock, which on a busy machine says nothing of the recording."""


@dataclass
class Stream:
    """A recording that is being decoded. Its rate and channels are as the decoder says: to be checked first."""

    rate_hz: int
    n_channels: int
    positions: tuple[str, ...]
    blocks: Iterator[np.ndarray]
    """raises TooLongError"""
    is_broken: bool = False
    """whether the decoder has given up, or left something out, or the file ends before it says"""


@contextmanager
def decoding(path: str | os.PathLike[str], header: Header) -> Iterator[Stream]:
    """Open a recording to be decoded.

    Raises DecodingError where its header says more than it holds, NoSoundError where it holds no sound, TooLongError
    where neither is known in time, and BusyError where its turn does not come.
    """
    policy = _policy
    here = header.format.decoder == formats.SOUNDFILE and not policy.limits.all_apart
    absolute = os.path.abspath(path)  # a bare "-" would be standard input
    with (
        nullcontext() if here else policy.turn(),
        _here(absolute, header) if here else _in_child(absolute, header, policy.limits) as stream,
    ):
        stream.blocks = _bounded(stream.blocks)
        yield stream


def _bounded(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    left = MAX_DECODED
    for block in blocks:
        yield block
        left -= block.size
        if left <= 0:
            raise TooLongError


@contextmanager
def _here(path: str, header: Header) -> Iterator[Stream]:
    """By libsndfile, in this process."""
    try:
        file = decode_child.open_by_libsndfile(path)
    except decode_child.CodingError as error:
        raise DecodingError from error
    with file:
        stream = Stream(file.samplerate, file.channels, header.positions, iter(()))
        stream.blocks = _blocks_here(file, stream, is_cut=header.is_cut)
        yield stream


def _blocks_here(file: object, stream: Stream, *, is_cut: bool) -> Iterator[np.ndarray]:
    errors: list[Exception] = []
    for data in decode_child.blocks_by_libsndfile(file, errors):
        yield _frames(data, stream.n_channels)
    stream.is_broken = is_cut or bool(errors)


@contextmanager
def _in_child(path: str, header: Header, limits: Limits) -> Iterator[Stream]:
    """By either, in a child that ends with the context."""
    request = {"path": path, "decoder": header.format.decoder, "offset": header.offset}
    request |= {"most_bytes": limits.max_bytes, "most_cpu_s": limits.max_cpu_s}
    if header.n_samples is not None:
        request |= {"length": header.n_samples}
    if header.overlay:
        request |= {"position": header.overlay.position, "data": header.overlay.data.hex()}
    line = [sys.executable, "-I", str(Path(decode_child.__file__)), json.dumps(request)]
    nothing = subprocess.DEVNULL
    with subprocess.Popen(line, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, pipesize=PIPE_BYTES) as child:
        assert child.stdout
        watch = _Watch(child, limits)
        try:
            with watch.waiting(limits.max_start_s):
                told = child.stdout.readline(MAX_LINE_BYTES)
            if not told.endswith(b"\n"):
                watch.check()
                raise NoSoundError if child.returncode == decode_child.NO_SOUND else DecodingError
            shape = json.loads(told)
            positions = tuple(header.positions or _known(shape["channels"]))
            stream = Stream(shape["rate_hz"], shape["n_channels"], positions, iter(()))
            stream.blocks = _child_blocks(child.stdout, watch, stream, is_cut=header.is_cut)
            yield stream
        finally:
            watch.end()


class _Watch:
    """Ends a child that takes too long, and knows that it did."""

    INTERVAL_S = 0.1

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits) -> None:
        self.child, self.limits, self.is_over = child, limits, False
        self.end_s = time.monotonic() + limits.max_wall_s
        self.next_s: float | None = None
        """when what is waited for is to be there"""
        self.ended = threading.Event()
        threading.Thread(target=self._run, name="decoding-watch", daemon=True).start()

    def _run(self) -> None:
        while not self.ended.wait(self.INTERVAL_S):
            now_s, next_s = time.monotonic(), self.next_s
            if now_s > self.end_s or (next_s is not None and now_s > next_s):
                self.is_over = True
                self.child.kill()
                return

    @contextmanager
    def waiting(self, max_s: float | None = None) -> Iterator[None]:
        """While the child is waited for, so long at most; `limits.max_silent_s` if left out."""
        self.next_s = time.monotonic() + (self.limits.max_silent_s if max_s is None else max_s)
        try:
            yield
        finally:
            self.next_s = None

    def check(self) -> int:
        """Wait for the child, and return its exit status. Raises TooLongError where a limit of time has ended it."""
        with self.waiting():
            status = self.child.wait()
        if self.is_over:
            raise TooSlowError
        if status == -getattr(signal, "SIGXCPU", 0):
            raise TooLongError
        return status

    def end(self) -> None:
        """End the child, if it is not over."""
        self.ended.set()
        self.child.kill()


def _known(names: list[str]) -> list[str]:
    """Positions as FFmpeg tells them; none where it does not know them."""
    return [] if "NONE" in names or "UNSD" in names else names


def _child_blocks(pipe: IO[bytes], watch: _Watch, stream: Stream, *, is_cut: bool) -> Iterator[np.ndarray]:
    n_bytes = decode_child.BLOCK_FRAMES * 4 * stream.n_channels
    while True:
        with watch.waiting():
            data = pipe.read(n_bytes)
        if not data:
            break
        yield _frames(data, stream.n_channels)
    stream.is_broken = watch.check() != 0 or is_cut


def _frames(data: bytes, n_channels: int) -> np.ndarray:
    whole = len(data) // (4 * n_channels)
    return np.frombuffer(data, np.float32, whole * n_channels).reshape(whole, n_channels)
