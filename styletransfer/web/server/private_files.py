"""A private folder for the recordings and results of visitors: readable by this process's user alone, random names.

Each server has its own, made at its start and removed at its end. What a killed process left behind is removed at the
next start: a folder whose lock nobody holds belongs to nobody.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "styletransfer-page-"
LOCK_NAME = ".lock"
GRACE_S = 60.0
"""A folder without a lock may have been made a moment ago by a process that is about to lock it."""
MADE, KEPT = "made", "kept"
AGING_INTERVAL_S = 3600.0
STALL_S = 60.0
"""For which an upload may stand still; what is left of one that stood still for longer belongs to nobody."""

FREE_BYTES, FREE_PART = 10**9, 0.05
"""What is kept free of the disk: so many bytes, of a small disk this part"""
MOST_BYTES, MOST_PART = 10 * 10**9, 0.5
"""What the folder may hold: so many bytes, and at most this part of what it could hold"""
LOOK_S = 10.0
"""For which a look at all of the folder holds"""
YOUNG_S = 3600.0
"""What is younger does not make room for others"""
SOONER_S = tuple(hours * YOUNG_S for hours in (12, 6, 3, 1))
"""Ages beyond which things go, one after the other, where there is no room"""

FULL = "The server's disk is full. Try again later."


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
        self._permanent: frozenset[str] = frozenset({LOCK_NAME, MADE, KEPT})
        self._looked_s, self._used_bytes = -LOOK_S, 0
        self._made_room_s = -LOOK_S

    def keep_what_is_there(self) -> None:
        """What lies in the folder now does not age: Gradio has put there what the page itself shows."""
        self._permanent |= {path.name for path in self.folder.iterdir()}

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
        """Remove what `new_file` gave a place to, and what was uploaded, so long ago, and parts of uploads."""
        self._remove_parts()
        for folder in (*(self.folder / MADE).glob("*"), *self._uploads()):
            with contextlib.suppress(FileNotFoundError):  # removed by whoever made it
                if time.time() - folder.stat().st_mtime > older_than_s:
                    shutil.rmtree(folder, ignore_errors=True)

    def _remove_parts(self) -> None:
        """Remove files right in the folder that have stood still for long: parts of uploads that nobody waits for."""
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):  # it was whole, and has been put in its place
                found = path.lstat()
                is_part = stat.S_ISREG(found.st_mode) and path.name not in self._permanent
                if is_part and time.time() - found.st_mtime > 2 * STALL_S:
                    path.unlink()

    def _uploads(self) -> Iterator[Path]:
        return (path for path in self.folder.iterdir() if path.name not in self._permanent and path.is_dir())

    def is_writable(self) -> bool:
        """Whether the disk has room left beyond what is kept free."""
        return has_free_space(self.folder)

    def has_room(self, n_bytes: int) -> bool:
        """Whether visitors may bring so many bytes more: the disk and the folder's share of it have room. Where they
        have not, what is older than `YOUNG_S` makes room, the oldest first."""
        if self._fits(n_bytes):
            return True
        if time.monotonic() - self._made_room_s < LOOK_S:
            return False
        self._made_room_s = time.monotonic()
        for age_s in SOONER_S:
            self.age_out(age_s)
            self._looked_s = -LOOK_S
            if self._fits(n_bytes):
                return True
        return False

    def _fits(self, n_bytes: int) -> bool:
        usage = shutil.disk_usage(self.folder)
        if usage.free - n_bytes < min(FREE_BYTES, FREE_PART * usage.total):
            return False
        used = self._used()
        return used + n_bytes <= min(MOST_BYTES, MOST_PART * (used + usage.free))

    def _used(self) -> int:
        """Bytes in the folder, as they were a moment ago."""
        if time.monotonic() - self._looked_s > LOOK_S:
            # Path.rglob fails where a folder is removed meanwhile.
            self._used_bytes = sum(_n_bytes(Path(at, name)) for at, _, names in os.walk(self.folder) for name in names)
            self._looked_s = time.monotonic()
        return self._used_bytes

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


def has_free_space(folder: Path) -> bool:
    """Whether a folder's disk has room left beyond what is kept free."""
    usage = shutil.disk_usage(folder)
    return usage.free > min(FREE_BYTES, FREE_PART * usage.total)


def is_about_full_disk(error: BaseException | None) -> bool:
    """Whether an error comes of a full disk, or says so in other words."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def _n_bytes(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:  # removed meanwhile
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


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
