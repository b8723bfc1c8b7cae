"""Recordings as blocks of samples: from libsndfile in this process, or from FFmpeg in a child.

Blocks are `(n_frames, n_channels)` float32 at the recording's own rate. Declared lengths are never used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import soundfile

from styletransfer.files import decode_child, file_headers, formats
from styletransfer.files.file_headers import Header

BLOCK_FRAMES = 16_384
MAX_CHILD_S = 120.0
"""For what a child decodes until it is ended."""
MAX_LINE_BYTES = 65_536
_PCM = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32"})
_SUBTYPES = {
    "WAV": _PCM | {"FLOAT", "DOUBLE", "ULAW", "ALAW"},
    "WAVEX": _PCM | {"FLOAT", "DOUBLE", "ULAW", "ALAW"},
    "FLAC": _PCM,
}


class DecodingError(Exception):
    """Nothing of a recording can be decoded."""


class NoSoundError(Exception):
    """A film, or another file that may hold sound, has none."""


@dataclass
class Stream:
    """A recording that is being decoded."""

    rate_hz: int
    n_channels: int
    positions: tuple[str, ...]
    blocks: Iterator[np.ndarray]
    is_broken: bool = False
    """whether the decoder has given up, or left something out"""


@contextmanager
def decoding(path: str | os.PathLike[str], header: Header) -> Iterator[Stream]:
    """Open a recording to be decoded.

    Raises DecodingError where its header says more than it holds, NoSoundError where it holds no sound.
    """
    opened = _with_soundfile if header.format.decoder == formats.SOUNDFILE else _with_ffmpeg
    with opened(os.path.abspath(path), header) as stream:  # a bare "-" would be standard input
        yield stream


class _ForwardFile(soundfile.SoundFile):
    """A sound file that is only read forward.

    soundfile otherwise seeks after every block; libsndfile fails there at the end of a FLAC stream of undeclared
    length (its last block is lost) and has been seen to hang on truncated ones.
    """

    def seekable(self) -> bool:
        return False


@contextmanager
def _with_soundfile(path: str, header: Header) -> Iterator[Stream]:
    try:
        # As bytes where names are bytes: not all of them are text.
        name: Any = path if sys.platform == "win32" else os.fsencode(path)
        file = _ForwardFile(name)
    except soundfile.LibsndfileError as error:
        raise DecodingError from error
    with file:
        if file.subtype not in _SUBTYPES.get(file.format, ()):
            raise DecodingError
        stream = Stream(file.samplerate, file.channels, header.positions, iter(()))
        stream.blocks = _soundfile_blocks(file, stream)
        yield stream


def _soundfile_blocks(file: soundfile.SoundFile, stream: Stream) -> Iterator[np.ndarray]:
    buffer = np.empty((BLOCK_FRAMES, file.channels), np.float32)
    position, count = 0, 1
    while count > 0 and not stream.is_broken:
        try:
            count = file.buffer_read_into(buffer, "float32")
        except soundfile.LibsndfileError:  # damaged from here on; what was decoded before lies in the buffer
            stream.is_broken, count = True, _decoded_before_error(file, position)
        yield buffer[:count].copy()
        position += count


def _decoded_before_error(file: soundfile.SoundFile, position: int) -> int:
    try:
        return min(max(file.tell() - position, 0), BLOCK_FRAMES)
    except soundfile.LibsndfileError:
        return 0


@contextmanager
def _with_ffmpeg(path: str, header: Header) -> Iterator[Stream]:
    script = Path(decode_child.__file__)
    line = [sys.executable, "-I", str(script), path, header.format.decoder, str(header.offset)]
    if header.overlay:
        line += [str(header.overlay.position), header.overlay.data.hex()]
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout
        watchdog = threading.Timer(MAX_CHILD_S, child.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            told = child.stdout.readline(MAX_LINE_BYTES)
            if not told.endswith(b"\n"):
                raise NoSoundError if child.wait() == decode_child.NO_SOUND else DecodingError
            shape = json.loads(told)
            positions = tuple(header.positions or _known(shape["channels"]))
            stream = Stream(shape["rate_hz"], len(shape["channels"]), positions, iter(()))
            if 1 <= stream.n_channels <= file_headers.MAX_CHANNELS:
                stream.blocks = _child_blocks(child.stdout, child, stream)
            yield stream
        finally:
            watchdog.cancel()
            child.kill()


def _known(names: list[str]) -> list[str]:
    """Positions as FFmpeg tells them; none where it does not know them."""
    return [] if "NONE" in names or "UNSD" in names else names


def _child_blocks(pipe: IO[bytes], child: subprocess.Popen[bytes], stream: Stream) -> Iterator[np.ndarray]:
    frame_bytes = 4 * stream.n_channels
    while data := pipe.read(BLOCK_FRAMES * frame_bytes):
        whole = len(data) // frame_bytes
        yield np.frombuffer(data, np.float32, whole * stream.n_channels).reshape(whole, stream.n_channels)
    stream.is_broken = child.wait() != 0
