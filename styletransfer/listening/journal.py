"""Each session and answer as a small file of its own, written once: what is left when the database is lost.

`FOLDER/<test>/<session>.begun.json`, `<session>.<trial>.json` and `<session>.finished.json`, so that no trial can have
two answers. The first line is the SHA-256 of the rest, an event of records.py. A file is written under another name,
synced and renamed, and its folder synced. One that is damaged is set aside under a name in .damaged.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from styletransfer.files import atomic
from styletransfer.listening import records
from styletransfer.listening.records import Answer, Event, Session

FOLDER = "journal"
"""In the data folder"""
SUFFIX, DAMAGED, WITHDRAWN = ".json", ".damaged", ".removed"
THREADS = 8
"""Files that are synced at the same time, which a disk does in little more time than one"""


class Journal:
    """The journal of all tests. One thread at a time writes. All raise OSError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="listening-journal")
        self.n_damaged = 0
        folder.mkdir(mode=0o700, exist_ok=True)
        for partial in folder.glob("*/.*.part"):  # of a process that was killed
            partial.unlink(missing_ok=True)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was damaged, as a sentence if there was any."""
        if not self.n_damaged:
            return ()
        files = "1 file was" if self.n_damaged == 1 else f"{self.n_damaged:,} files were"
        return (f"{files} damaged in {self._folder} and set aside under a name in {DAMAGED}.",)

    def close(self) -> None:
        """End its threads."""
        self._pool.shutdown()

    def write(self, made: Sequence[tuple[str, Event]]) -> None:
        """Write what has happened in tests, given by their keys; returns when all of it is safe on disk."""
        writing = [self._pool.submit(self._write_one, test, event) for test, event in made]
        wait(writing)  # all of them, so that nothing is still written after an error
        for each in writing:
            each.result()
        for test in {test for test, _ in made}:
            atomic.sync_folder(self._folder / test)

    def write_missing(self, all_made: Iterable[tuple[str, Event]], kept: Iterable[tuple[str, Event]]) -> None:
        """Write those of all events that are not among the kept ones, which `read` gave."""
        names = {(test, file_name(event)) for test, event in kept}
        self.write([(test, event) for test, event in all_made if (test, file_name(event)) not in names])

    def _write_one(self, test: str, event: Event) -> None:
        folder = self._folder / test
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            atomic.sync_folder(self._folder)
        atomic.write_bytes(folder / file_name(event), encoded(event))

    def discard(self, made: Iterable[tuple[str, Event]]) -> None:
        """Remove what was written for nothing, as far as that is possible: nobody was told that it is kept."""
        for test, event in made:
            try:
                (self._folder / test / file_name(event)).unlink(missing_ok=True)
            except OSError:
                return

    def read(self) -> list[tuple[str, Event]]:
        """All that has happened, with the keys of the tests, in no order. Damaged files are set aside and counted."""
        return list(self._read())

    def _read(self) -> Iterator[tuple[str, Event]]:
        for path in sorted(self._folder.glob(f"*/*{SUFFIX}")):
            try:
                event = decoded(path.read_bytes())
                if file_name(event) != path.name:
                    raise ValueError("another file's content")
            except FileNotFoundError:  # deleted a moment ago
                continue
            except records.NewerError:
                raise
            except ValueError:
                path.rename(path.with_name(path.name + DAMAGED))
                self.n_damaged += 1
                continue
            yield path.parent.name, event

    def withdraw(self, test: str, session: str) -> None:
        """Mark a session to be deleted: from now on it will be, whatever happens."""
        folder = self._folder / test
        folder.mkdir(mode=0o700, exist_ok=True)
        atomic.write_bytes(folder / f"{session}{WITHDRAWN}", b"")
        atomic.sync_folder(folder)

    def withdrawn(self) -> list[tuple[str, str]]:
        """The tests and sessions that are marked."""
        return [(path.parent.name, path.stem) for path in self._folder.glob(f"*/*{WITHDRAWN}")]

    def remove_session(self, test: str, session: str) -> None:
        """Delete all files of a session but the mark."""
        folder = self._folder / test
        for path in folder.glob(f"{session}.*"):
            if path.name != f"{session}{WITHDRAWN}":
                path.unlink(missing_ok=True)
        atomic.sync_folder(folder)

    def forget(self, test: str, session: str) -> None:
        """Delete the mark, once nothing else has the session any more."""
        (self._folder / test / f"{session}{WITHDRAWN}").unlink(missing_ok=True)

    def remove_test(self, test: str) -> None:
        """Delete all files of a test."""
        shutil.rmtree(self._folder / test, ignore_errors=not (self._folder / test).exists())
        atomic.sync_folder(self._folder)


def file_name(event: Event) -> str:
    """The name of an event's file, the same for all answers to one trial."""
    if isinstance(event, Session):
        return f"{event.key}.begun{SUFFIX}"
    return f"{event.session}.{event.trial if isinstance(event, Answer) else 'finished'}{SUFFIX}"


def encoded(event: Event) -> bytes:
    """The content of an event's file."""
    text = records.to_json(event).encode("ascii")
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text


def decoded(content: bytes) -> Event:
    """The event of a file's content.

    Raises NewerError where a newer version wrote it, and ValueError where it is damaged.
    """
    digest, _, text = content.partition(b"\n")
    if digest != hashlib.sha256(text).hexdigest().encode("ascii"):
        raise ValueError("damaged")
    return records.from_json(text)
