"""What can be seen and heard of a transfer while it runs: its spectrogram twice a second, a preview every two seconds.

`LivePreview.take` is called in the engine's thread, within the callback, and copies what is due. Where that takes long,
it is done less often, so that looking never takes more than a tenth of the work's time.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np

from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.transfer import Result, Step
from styletransfer.web.server.private_files import PrivateFiles

PICTURE_S, PREVIEW_S = 0.5, 2.0
MAX_SHARE = 0.1
KEPT = 2
"""Previews that stay on the disk: a browser may still be fetching the last but one."""


class Throttle:
    """When something is due that is done every `every_s` seconds, or as seldom as its cost demands."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self.due_s = 0.0
        self.done_before = False

    def is_due(self, now_s: float) -> bool:
        """Whether it is time."""
        return now_s >= self.due_s

    def done(self, start_s: float, end_s: float) -> None:
        """Take down when it was done."""
        # The first time includes compilation, which the transfer needs anyway.
        cost_s = end_s - start_s if self.done_before else 0.0
        self.done_before = True
        self.due_s = end_s + max(self.every_s, cost_s / MAX_SHARE)


class LivePreview:
    """The latest picture and preview of one transfer."""

    def __init__(self, files: PrivateFiles, *, picture_s: float = PICTURE_S, preview_s: float = PREVIEW_S) -> None:
        self.picture: np.ndarray | None = None
        """`(n_frames, n_freqs)` log magnitudes"""
        self.previews: tuple[Path, ...] = ()
        """WAV files, the newest last"""
        self._files = files
        self._pictures, self._sounds = Throttle(picture_s), Throttle(preview_s)

    def offer(self, sketch: Result) -> None:
        """Show a sketch, until there is something of the result itself."""
        self.picture = sketch.spectrogram
        self._write(sketch.sound)

    def take(self, step: Step) -> None:
        """Take from a step, within its callback, what is due."""
        if step.snapshot is None:
            return
        start_s = time.monotonic()
        if self._pictures.is_due(start_s):
            self.picture = step.spectrogram()
            self._pictures.done(start_s, time.monotonic())
        start_s = time.monotonic()
        if self._sounds.is_due(start_s):
            self._write(step.preview())
            self._sounds.done(start_s, time.monotonic())

    def close(self) -> None:
        """Remove the previews."""
        previews, self.previews, self.picture = self.previews, (), None
        for path in previews:
            _remove(path)

    def _write(self, sound: np.ndarray) -> None:
        path = self._files.new_file("preview.wav")
        audio.write(path, sound, SAMPLE_RATE_HZ)
        made = (*self.previews, path)
        self.previews = made[-KEPT:]
        for old in made[:-KEPT]:
            _remove(old)


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)
