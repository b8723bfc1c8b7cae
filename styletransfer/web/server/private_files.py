"""A private folder for the recordings and results of visitors: readable by this process's user alone, random names.

Each process has its own, made at start and removed at exit. What a killed process left behind is removed at the next
start: a folder whose lock nobody holds belongs to nobody.
"""

from __future__ import annotations

import atexit
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

# Gradio's own name for it. A value that was set by hand says where to make the folder.
VARIABLE = "GRADIO_TEMP_DIR"

# A folder without a lock may have been made a moment ago by a process that is about to lock it.
GRACE_S = 60.0

MADE = "made"
HOUR_S = 3600.0

_held: dict[Path, FileLock] = {}


def claim() -> Path:
    """Makes this process's folder, mode 0700, and points Gradio at it; a second call returns the same folder."""
    if _held:
        return next(iter(_held))
    parent = Path(os.environ.get(VARIABLE) or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
    lock = FileLock(folder / LOCK_NAME)
    lock.acquire(blocking=False)
    _held[folder] = lock
    os.environ[VARIABLE] = str(folder)
    atexit.register(remove_own)
    return folder


def remove_own() -> None:
    """Removes this process's folder; to be called at its end."""
    for folder in _held:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Removes the folders in `parent` that ended processes of this user have left."""
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


def new_file(name: str) -> Path:
    """A path that nobody can guess and nothing exists at, in this process's folder; `name` is what a download is
    called. To be aged out, it lies in a folder of its own, among others of the kind."""
    folder = claim() / MADE / secrets.token_urlsafe(16)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    return folder / name


def age_out(older_than_s: float) -> None:
    """Removes what `new_file` gave a place to so long ago. Uploads, and what Gradio copies, it ages out itself."""
    for folder in (claim() / MADE).glob("*"):
        with contextlib.suppress(FileNotFoundError):  # removed by whoever made it
            if time.time() - folder.stat().st_mtime > older_than_s:
                shutil.rmtree(folder, ignore_errors=True)


def age_out_every_hour(older_than_s: float) -> threading.Thread:
    """`age_out` in the background, until the program ends."""

    def run() -> None:
        while True:
            time.sleep(HOUR_S)
            age_out(older_than_s)

    thread = threading.Thread(target=run, name="age-out", daemon=True)
    thread.start()
    return thread
