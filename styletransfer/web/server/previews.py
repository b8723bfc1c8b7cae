"""What can be seen and heard of a transfer while it runs, for the page: the newest spectrogram, and sounds as files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.workers.protocol import Look

PICTURE_S, PREVIEW_S = 0.5, 2.0
KEPT = 2
"""Previews that stay on the disk: a browser may still be fetching the last but one."""


class LivePreview:
    """The latest picture and preview of one transfer."""

    def __init__(self, files: PrivateFiles) -> None:
        self.picture: np.ndarray | None = None
        """`(n_frames, n_freqs)` log magnitudes"""
        self.previews: tuple[Path, ...] = ()
        """WAV files, the newest last"""
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
        made = (*self.previews, path)
        self.previews = made[-KEPT:]
        for old in made[:-KEPT]:
            _remove(old)


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)
