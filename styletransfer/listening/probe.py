"""What a folder is good for: whether a database can live there, and in which of SQLite's two modes.

The mode that is fast, a write-ahead log, shares memory between connections, which network file systems do not give:
databases were damaged so. The rollback journal works wherever a file can be locked and synced.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from styletransfer.listening.plan import ListeningError

MOUNTS = Path("/proc/mounts")
NETWORK_TYPES = {
    *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda", "davfs"),
    *("ceph", "lustre", "glusterfs", "gpfs", "beegfs", "orangefs", "ocfs2", "gfs2"),
    *("9p", "virtiofs", "vboxsf", "prl_fs"),
}
"""File systems that other machines write to, or that pass files through from one"""
PREFIX = ".probe-"
SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite has beside a database"""


class Mode(StrEnum):
    """How SQLite makes a transaction safe; its values are those of PRAGMA journal_mode."""

    WAL = "wal"
    ROLLBACK = "delete"


@dataclass(frozen=True)
class Found:
    """What was found of a folder."""

    mode: Mode
    sentence: str
    """which mode, and why"""


def look(folder: Path) -> Found:
    """Find out how a database is kept safely in a folder, by its file system and by trying.

    Raises ListeningError where it cannot be at all.
    """
    for left in folder.glob(f"{PREFIX}*"):  # by a process that was killed
        left.unlink(missing_ok=True)
    kind = file_system(folder)
    if not is_local(kind):
        _must_work(folder)
        return _found(folder, Mode.ROLLBACK, f"{kind} is not a local file system")
    with contextlib.suppress(OSError, sqlite3.Error):
        if works(folder, Mode.WAL):
            why = f"{kind} is a local file system" if kind else "this seems to be a local file system"
            return _found(folder, Mode.WAL, why)
    _must_work(folder)
    return _found(folder, Mode.ROLLBACK, "a write-ahead log does not work there")


def _found(folder: Path, mode: Mode, why: str) -> Found:
    name = "a write-ahead log" if mode is Mode.WAL else "a rollback journal"
    return Found(mode, f"Answers are kept in {folder}: by SQLite with {name}, as {why}, and once more in a file each.")


def _must_work(folder: Path) -> None:
    try:
        reason = "" if works(folder, Mode.ROLLBACK) else "what is written there is not read back"
    except (OSError, sqlite3.Error) as error:
        reason = str(error)
    if reason:
        raise ListeningError(f"{folder} cannot hold a database: {reason}. Name a folder on a disk of this machine.")


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a folder is on, such as ext4; "" where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    above = {str(each) for each in (folder.resolve(), *folder.resolve().parents)}
    depth, found = -1, ""
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        if (point := _unescaped(point)) in above and len(point) >= depth:  # of two on one point the later is seen
            depth, found = len(point), kind
    return found


def _unescaped(text: str) -> str:
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(escape, character)
    return text


def is_local(kind: str) -> bool:
    """Whether a type of file system is one of this machine alone. What the system does not tell counts as local."""
    return kind not in NETWORK_TYPES and not kind.startswith("fuse")


def works(folder: Path, mode: Mode) -> bool:
    """Whether a database in a folder keeps in a mode what is written to it, over a checkpoint and a reopening.

    Raises OSError or sqlite3.Error, which mean no as well.
    """
    path = folder / f"{PREFIX}{secrets.token_hex(8)}"
    written = secrets.token_hex(2_000)
    try:
        with _opened(path) as connection:
            if set_mode(connection, mode) is not mode:
                return False
            connection.execute("CREATE TABLE probe (text)")
            connection.execute("INSERT INTO probe VALUES (?)", [written])
            if mode is Mode.WAL and connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0:
                return False
        with _opened(path) as connection:
            return connection.execute("SELECT text FROM probe").fetchall() == [(written,)]
    finally:
        for suffix in ("", *SIDE_FILES):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


def set_mode(connection: sqlite3.Connection, mode: Mode) -> Mode | None:
    """Ask for a mode with every commit synced to the disk; returns the mode that there is now, None if another."""
    (now,) = connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
    connection.execute("PRAGMA synchronous=FULL")
    return Mode(now) if now in list(Mode) else None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection
