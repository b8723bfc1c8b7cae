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


class _Stretch(NamedTuple):
    source: tuple[int, int]
    """size and time of change of the recording"""
    start_s: float
    length_s: float


class Stretches:
    """The WAVs of one page: the last of each recording, the oldest of which go where there are too many."""

    def __init__(self, files: PrivateFiles) -> None:
        self._files = files
        self._made: dict[str, tuple[_Stretch, Path, int]] = {}  # by recording, the oldest first
        self._lock = threading.Lock()

    def wav(self, path: str, start_s: float, length_s: float) -> Path:
        """A WAV of a stretch of a recording: that which was made before, or a new one in place of the recording's last.

        Raises AudioError where it cannot be read or written.
        """
        with self._lock:
            stretch = _stretch(path, start_s, length_s)
            made = self._made.get(path)
            if made and made[0] == stretch and made[1].exists():
                os.utime(made[1].parent)  # as young as a new one
                return made[1]
        sound = audio.read(path, start_s=start_s, seconds=length_s, stereo=True)
        wav = self._files.new_file("stretch.wav")
        audio.write(wav, sound)
        with self._lock:
            self._remove(path)
            self._made[path] = stretch, wav, wav.stat().st_size
            while len(self._made) > 1 and sum(n_bytes for *_, n_bytes in self._made.values()) > MAX_BYTES:
                self._remove(next(iter(self._made)))
        return wav

    def _remove(self, path: str) -> None:
        if made := self._made.pop(path, None):
            shutil.rmtree(made[1].parent, ignore_errors=True)


def _stretch(path: str, start_s: float, length_s: float) -> _Stretch | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _Stretch((status.st_size, status.st_mtime_ns), start_s, length_s)
