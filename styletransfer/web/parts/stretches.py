"""WAVs of stretches, for browsers that cannot play a recording's format: few of them, and none made twice."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

from styletransfer.files import audio
from styletransfer.web.server.private_files import PrivateFiles

MAX_BYTES = 2**29
"""Of all WAVs together. The newest is always kept."""


class _Asked(NamedTuple):
    path: str
    source: tuple[int, int] | None
    start_s: float
    length_s: float


class _Made(NamedTuple):
    wav: Path
    n_bytes: int


class Stretches:
    """The WAVs of one page, the oldest of which go where there are too many. Visitors who have the same recording share
    what is made of it."""

    def __init__(self, files: PrivateFiles) -> None:
        self._files = files
        self._made: dict[_Asked, _Made] = {}  # those that were asked for longest ago first
        self._lock = threading.Lock()

    def wav(self, path: str, start_s: float, length_s: float) -> Path:
        """A WAV of a stretch of a recording: that which was made before, or a new one.

        Raises AudioError where it cannot be read or written.
        """
        asked = _Asked(path, _source(path), start_s, length_s)
        with self._lock:
            made = self._made.pop(asked, None)
            if made and made.wav.exists():
                self._made[asked] = made
                os.utime(made.wav.parent)  # as young as a new one
                return made.wav
        sound = audio.read(path, start_s=start_s, seconds=length_s, stereo=True)
        wav = self._files.new_file("stretch.wav")
        audio.write(wav, sound)
        with self._lock:
            self._remove(asked)  # somebody else's, of a moment ago
            self._made[asked] = _Made(wav, wav.stat().st_size)
            while len(self._made) > 1 and sum(made.n_bytes for made in self._made.values()) > MAX_BYTES:
                self._remove(next(iter(self._made)))
        return wav

    def _remove(self, asked: _Asked) -> None:
        if made := self._made.pop(asked, None):
            shutil.rmtree(made.wav.parent, ignore_errors=True)


def _source(path: str) -> tuple[int, int] | None:
    """Size and time of change of a recording."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
