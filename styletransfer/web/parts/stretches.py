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


class _Made(NamedTuple):
    source: tuple[int, int] | None
    start_s: float
    length_s: float
    wav: Path
    n_bytes: int


class Stretches:
    """The WAVs of one page: the last of each recording, the oldest of which go where there are too many."""

    def __init__(self, files: PrivateFiles) -> None:
        self._files = files
        self._made: dict[str, _Made] = {}  # by recording, the oldest first
        self._lock = threading.Lock()

    def wav(self, path: str, start_s: float, length_s: float) -> Path:
        """A WAV of a stretch of a recording: that which was made before, or a new one in place of the recording's last.

        Raises AudioError where it cannot be read or written.
        """
        source = _source(path)
        with self._lock:
            made = self._made.get(path)
            if made and made[:3] == (source, start_s, length_s) and made.wav.exists():
                os.utime(made.wav.parent)  # as young as a new one
                return made.wav
        sound = audio.read(path, start_s=start_s, seconds=length_s, stereo=True)
        wav = self._files.new_file("stretch.wav")
        audio.write(wav, sound)
        with self._lock:
            self._remove(path)
            self._made[path] = _Made(source, start_s, length_s, wav, wav.stat().st_size)
            while len(self._made) > 1 and sum(made.n_bytes for made in self._made.values()) > MAX_BYTES:
                self._remove(next(iter(self._made)))
        return wav

    def _remove(self, path: str) -> None:
        if made := self._made.pop(path, None):
            shutil.rmtree(made.wav.parent, ignore_errors=True)


def _source(path: str) -> tuple[int, int] | None:
    """Size and time of change of a recording."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
