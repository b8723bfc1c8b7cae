"""A private folder for the recordings and results of visitors: readable by this process's user alone, random names.

Each server has its own, made at its start and removed at its end. What a killed process left behind is removed at the
next start: a folder whose lock nobody holds belongs to nobody.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "styletransfer-page-"
LOCK_NAME = ".lock"
GRACE_S = 60.0
"""A folder without a lock may have been made a moment ago by a process that is about to lock it."""
MADE, KEPT = "made", "kept"
AGING_INTERVAL_S = 3600.0


class PrivateFiles:
    """The folder of one server.

    Made, mode 0700, in `parent` (the system's folder for temporary files if left out), from where abandoned ones are
    removed first."""

    def __init__(self, parent: Path | None = None) -> None:
        parent = Path(tempfile.gettempdir()) if parent is None else parent
        parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
        self._lock = FileLock(self.folder / LOCK_NAME)
        self._lock.acquire(blocking=False)
        self._removed = threading.Event()

    def new_file(self, name: str, *, ages: bool = True) -> Path:
        """A path that nobody can guess and nothing exists at; `name` is what a download is called. To be aged out, it
        lies in a folder of its own, among others of the kind; what is not to age is removed at the server's end."""
        folder = self.folder / (MADE if ages else KEPT) / secrets.token_urlsafe(16)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        return folder / name

    def copy_of(self, path: Path, *, ages: bool = True) -> Path:
        """Another name for what is in a file, which stays when the first is removed."""
        copy = self.new_file(path.name, ages=ages)
        try:
            os.link(path, copy)
        except OSError:  # a file system without hard links
            shutil.copyfile(path, copy)
        return copy

    def age_out(self, older_than_s: float) -> None:
        """Remove what `new_file` gave a place to so long ago. Uploads, and what Gradio copies, it ages out itself."""
        for folder in (self.folder / MADE).glob("*"):
            with contextlib.suppress(FileNotFoundError):  # removed by whoever made it
                if time.time() - folder.stat().st_mtime > older_than_s:
                    shutil.rmtree(folder, ignore_errors=True)

    def age_out_every_hour(self, older_than_s: float) -> threading.Thread:
        """`age_out` in the background, until the folder is removed."""

        def run() -> None:
            while not self._removed.wait(AGING_INTERVAL_S):
                self.age_out(older_than_s)

        thread = threading.Thread(target=run, name="age-out", daemon=True)
        thread.start()
        return thread

    def remove(self) -> None:
        """Remove the folder and all that is in it; to be called at the server's end."""
        self._removed.set()
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders in `parent` that ended processes of this user have left."""
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or not os.access(folder, os.W_OK):
            continue
        if not (folder / LOCK_NAME).exists() and time.time() - folder.stat().st_mtime < GRACE_S:
            continue
        try:
            with FileLock(folder / LOCK_NAME, blocking=False):
                shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError):
            continue  # in use, or not ours
