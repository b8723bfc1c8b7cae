"""A private folder for the recordings and results of visitors: readable by this process's user alone, random names.

Each process has its own, made at start and removed at exit. What a killed process left behind is removed at the next
start: a folder whose lock nobody holds belongs to nobody.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "styletransfer-page-"
LOCK_NAME = ".lock"

# Gradio's own name for it. A value that was set by hand says where to make the folder.
VARIABLE = "GRADIO_TEMP_DIR"

# A folder without a lock may have been made a moment ago by a process that is about to lock it.
GRACE_S = 60.0

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
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


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
    called."""
    folder = claim() / secrets.token_urlsafe(16)
    folder.mkdir(mode=0o700)
    return folder / name
