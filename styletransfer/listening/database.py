"""The database of sessions and answers: opened, checked, brought up to date, and the two connections to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from styletransfer.listening import probe
from styletransfer.listening.plan import ListeningError
from styletransfer.listening.probe import Mode
from styletransfer.listening.rows import Rows

PATIENCE_S = 30.0
"""How long one connection waits for the other"""
DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a file that is no database of ours; the rest is the disk's or another process's doing."""
Migration = Callable[[sqlite3.Connection], None]


def _first(connection: sqlite3.Connection) -> None:
    for table in (
        "begun (key TEXT PRIMARY KEY, test TEXT, listener TEXT, items TEXT, trials TEXT, output TEXT, begun TEXT)",
        "answers (session TEXT, trial INTEGER, key TEXT, test TEXT, value TEXT, heard TEXT, switches INTEGER,"
        " seconds REAL, at TEXT, PRIMARY KEY (session, trial)) WITHOUT ROWID",
        "finished (session TEXT PRIMARY KEY, test TEXT, at TEXT, comment TEXT)",
    ):
        connection.execute(f"CREATE TABLE {table}")
    connection.execute("CREATE INDEX begun_by_listener ON begun (test, listener)")


MIGRATIONS: tuple[Migration, ...] = (_first,)
"""What makes each version out of the one before, the first out of nothing. The version is PRAGMA user_version."""


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database up to date, each step whole or not at all. Raises ListeningError where it is newer."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise ListeningError(
            f"The answers were kept by a newer version (schema {version}, here {len(migrations)}). Update this one."
        )
    for number, migration in enumerate(migrations[version:], version + 1):
        with transaction(connection):
            migration(connection)
            connection.execute(f"PRAGMA user_version = {number}")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is done inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class Database:
    """The database at a path, made if there is none.

    One that is damaged is moved aside, which `notices` tell. One thread at a time writes, while others read. Raises
    ListeningError where it cannot be opened, or a newer version made it.
    """

    def __init__(self, path: Path, mode: Mode) -> None:
        self._path, self._mode = path, mode
        self.notices: tuple[str, ...] = ()
        if not path.exists():
            self._move_aside()  # what belongs to a database that is gone
        try:
            self._writer = self._ready() or self._anew()
            self._reader = self._connection()
            self._reader.execute("PRAGMA query_only=ON")
        except (OSError, sqlite3.Error) as error:
            raise ListeningError(f"{path} cannot be opened: {error}. Look at its folder, or name another.") from error
        self._reading = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, PATIENCE_S, isolation_level=None, check_same_thread=False)

    def _ready(self) -> sqlite3.Connection | None:
        """A connection to a database that is whole, up to date and in its mode; None where it is damaged."""
        connection = self._connection()
        try:
            if self._set_up(connection):
                return connection
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF not in DAMAGE:
                connection.close()
                raise
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def _set_up(self, connection: sqlite3.Connection) -> bool:
        """Whether a database is whole; then it is up to date and in its mode. Raises ListeningError, sqlite3.Error."""
        if self._mode is Mode.ROLLBACK:  # otherwise what is in the other mode shares memory once more, to leave it
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return False
        if probe.set_mode(connection, self._mode) is not self._mode:
            raise ListeningError(f"{self._path} cannot be kept safely: SQLite refuses its mode. Name another folder.")
        connection.execute("PRAGMA secure_delete=ON")  # nothing of what was deleted stays in the file
        migrate(connection)
        connection.execute("PRAGMA locking_mode=NORMAL")
        try:
            Rows(connection).events()  # are the tables ours? And only a read lets go of the lock
        except (ValueError, TypeError, KeyError):
            return False
        return True

    def _anew(self) -> sqlite3.Connection:
        aside = self._move_aside()
        self.notices = (f"The database of answers was damaged. It was moved to {aside} and made anew.",)
        connection = self._ready()
        if connection is None:
            raise ListeningError(f"{self._path} is damaged as soon as it is made. Look at its disk.")
        return connection

    def _move_aside(self) -> Path:
        aside = self._path.with_name(f"{self._path.name}.damaged-{secrets.token_hex(4)}")
        for suffix in ("", *probe.SIDE_FILES):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")
        return aside

    def close(self) -> None:
        """Close both connections."""
        with self._reading:
            self._reader.close()
        self._writer.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Rows]:
        """One transaction, synced to the disk at its end, or none of it. Raises sqlite3.Error."""
        with transaction(self._writer):
            yield Rows(self._writer)

    def wipe(self) -> None:
        """Leave nothing in SQLite's log of what was deleted. Raises sqlite3.Error."""
        with self._reading:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Rows]:
        """What the last transaction has left, without waiting for the present one. Raises ListeningError."""
        try:
            with self._reading:
                yield Rows(self._reader)
        except sqlite3.Error as error:
            raise ListeningError(f"The answers cannot be read at the moment: {error}. Try again in a while.") from error
