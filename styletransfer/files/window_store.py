"""Finished windows of a long transfer in a folder, so that a run that was killed goes on after them.

The folder belongs to one transfer: it holds a key, made of the recordings' samples, the settings and the version, and
the windows of any other transfer are removed from it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletransfer import __version__
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.run import Made
from styletransfer.engine.steps import Step
from styletransfer.files import atomic
from styletransfer.settings import Settings

KEY = "key"


class WindowStore:
    """Keeps the windows of one transfer.

    `folder` is made when the first window is kept. Windows that another transfer left there, or that cannot be read,
    count for nothing.
    """

    def __init__(self, folder: Path, recordings: Sequence[np.ndarray], settings: Settings) -> None:
        self.folder = folder
        self._key = _key(recordings, settings)

    def count(self) -> int:
        """Count the windows that are there."""
        return len(list(self.folder.glob("*.npz"))) if self._is_own() else 0

    def load(self, number: int) -> Made | None:
        """Read the window of a number, if it was kept."""
        if not self._is_own():
            return None
        try:
            with np.load(self._path(number), allow_pickle=False) as arrays:
                told = json.loads(str(arrays["told"]))
                return Made(
                    sound=arrays["sound"],
                    held=arrays["held"],
                    log_magnitudes=arrays["log_magnitudes"],
                    solved=Losses(**told["solved"]),
                    stop_reason=told["stop_reason"],
                    steps=tuple(Step(**step) for step in told["steps"]),
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            return None

    def save(self, number: int, made: Made) -> None:
        """Keep a window. Raises OSError."""
        if not self._is_own():
            self.remove()
            self.folder.mkdir(parents=True)
            atomic.write_bytes(self.folder / KEY, self._key.encode())
        told = {
            "solved": dataclasses.asdict(made.solved),
            "stop_reason": made.stop_reason,
            "steps": [_as_dict(step) for step in made.steps],
        }
        arrays = {name: getattr(made, name) for name in ("sound", "held", "log_magnitudes")}
        with atomic.replacing(self._path(number)) as file:
            np.savez(file, told=json.dumps(told), **arrays)

    def remove(self) -> None:
        """Remove the folder and all that is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_own(self) -> bool:
        try:
            return (self.folder / KEY).read_text() == self._key
        except (OSError, UnicodeDecodeError):
            return False

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:03d}.npz"


def _as_dict(step: Step) -> dict[str, object]:
    return {f.name: getattr(step, f.name) for f in dataclasses.fields(step) if f.name != "snapshot"}


def _key(recordings: Sequence[np.ndarray], settings: Settings) -> str:
    digest = hashlib.sha256(f"{__version__} {json.dumps(dataclasses.asdict(settings), sort_keys=True)}".encode())
    for recording in recordings:
        digest.update(str(recording.shape).encode())
        digest.update(np.ascontiguousarray(recording, np.float32).tobytes())
    return digest.hexdigest()
