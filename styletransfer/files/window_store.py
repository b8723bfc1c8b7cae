"""Finished windows of a long transfer in a folder, so that a run that was killed goes on after them.

The folder belongs to one transfer: it holds a key, made of the recordings' samples, the settings and the version, and
the windows of any other transfer are removed from it. A folder without such a key is somebody else's and left alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from styletransfer import __version__
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.run import Made
from styletransfer.engine.steps import Step
from styletransfer.files import atomic
from styletransfer.settings import Settings

KEY = "key"
_A_KEY = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(rf"{KEY}|\d{{3,}}\.npz|\.[0-9a-f]{{16}}\.part")
"""Names of files that are kept, and of what atomic.py leaves where a process is killed."""


class WindowStore:
    """Keeps the windows of one transfer, where there are several.

    `folder` is made when the first window is kept. Windows that another transfer left there, or that cannot be read,
    count for nothing. Once a window cannot be kept, `tell` gets a sentence on it, and no more are.
    """

    def __init__(
        self,
        folder: Path,
        recordings: Sequence[np.ndarray],
        settings: Settings,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.folder = folder
        self._key = _key(recordings, settings)
        self._tell = tell
        self._is_off = False

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
        """Keep a window, if it is not the only one and there is a place for it."""
        is_only = any(step.windows == 1 for step in made.steps)
        if is_only or self._is_off:
            return
        try:
            if not self._is_own():
                self._claim()
            self._write(number, made)
        except OSError as error:
            self._is_off = True
            self.remove()  # a disk that is full has more room for the result
            self._tell(
                f"Windows cannot be kept in {self.folder}: {error.strerror or error}. "
                "If this transfer is ended, it has to begin anew."
            )

    def remove(self) -> None:
        """Remove what this transfer has kept, and the folder if it holds nothing else."""
        if self._is_own():
            self._clear()

    def _claim(self) -> None:
        """Make the folder this transfer's. Raises OSError where that cannot be, or there is something else."""
        if _A_KEY.fullmatch(self._key_there()):
            self._clear()
        self.folder.mkdir()
        try:
            atomic.write_bytes(self.folder / KEY, self._key.encode())
        except OSError:
            self.folder.rmdir()
            raise

    def _write(self, number: int, made: Made) -> None:
        told = {
            "solved": dataclasses.asdict(made.solved),
            "stop_reason": made.stop_reason,
            "steps": [_as_dict(step) for step in made.steps],
        }
        arrays = {name: getattr(made, name) for name in ("sound", "held", "log_magnitudes")}
        with atomic.replacing(self._path(number)) as file:
            np.savez(file, told=json.dumps(told), **arrays)

    def _clear(self) -> None:
        with contextlib.suppress(OSError):  # what somebody else has put there stays, and so does the folder
            ours = [path for path in self.folder.iterdir() if _OURS.fullmatch(path.name)]
            for path in sorted(ours, key=lambda path: path.name == KEY):  # the key last: without it they are nobody's
                path.unlink()
            self.folder.rmdir()

    def _is_own(self) -> bool:
        return self._key_there() == self._key

    def _key_there(self) -> str:
        try:
            return (self.folder / KEY).read_text()
        except (OSError, UnicodeDecodeError):
            return ""

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
