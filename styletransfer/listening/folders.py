"""A data folder, held by one process, and what the system refuses there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from styletransfer.listening.plan import ListeningError

LOCK = ".lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a data folder, made if need be, against other processes. Raises ListeningError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, blocking=False, thread_local=False)
        lock.acquire()
    except Timeout:
        raise ListeningError(f"{folder} is open in another process. Close that one, or name another folder.") from None
    except (OSError, NotImplementedError) as error:
        raise ListeningError(
            f"{folder} cannot keep answers: {getattr(error, 'strerror', None) or error}. "
            "Name a folder that can be written."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """What the system refuses, as a ListeningError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise ListeningError(f"{what}: {error}. Try again.") from error
