"""What can be seen and heard of a transfer while it runs, for the page: the newest spectrogram, and sounds as files."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.workers.protocol import Look

PICTURE_S, PREVIEW_S = 0.5, 2.0
KEPT, KEPT_S = 2, 4.0
"""Previews that stay on the disk, and seconds for which each does: a browser may still be fetching it, and what a
worker made while nobody listened comes all at once."""


class LivePreview:
    """The latest picture and preview of one transfer."""

    def __init__(self, files: PrivateFiles) -> None:
        self.picture: np.ndarray | None = None
        """`(n_frames, n_freqs)` log magnitudes"""
        self.previews: tuple[Path, ...] = ()
        """WAV files, the newest last"""
        self._made_s: dict[Path, float] = {}
        self._files = files

    def take(self, look: Look) -> None:
        """Show what is new."""
        if look.spectrogram is not None:
            self.picture = look.spectrogram
        if look.sound is not None:
            self._write(look.sound)

    def close(self) -> None:
        """Remove the previews."""
        previews, self.previews, self.picture = self.previews, (), None
        for path in previews:
            _remove(path)

    def _write(self, sound: np.ndarray) -> None:
        try:
            path = self._files.new_file("preview.wav")
            audio.write(path, sound, SAMPLE_RATE_HZ)
        except (AudioError, OSError):  # a full disk: the transfer itself may still find room
            return
        now_s = self._made_s[path] = time.monotonic()
        made = (*self.previews, path)
        old = {each for each in made[:-KEPT] if now_s - self._made_s[each] >= KEPT_S}
        self.previews = tuple(each for each in made if each not in old)
        for each in old:
            del self._made_s[each]
            _remove(each)


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)
