"""Where listening tests are kept: their definitions and sounds, and what listeners said.

A data folder holds `tests/` (definitions.py), `answers.sqlite` (database.py) and `journal/` (journal.py), which has
each session and answer once more as a file of its own. The journal is written first, and whatever the database lacks at
the start is taken from it; so either of the two can be lost.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from styletransfer.files import atomic
from styletransfer.listening import backup, balance, definitions, folders, journal, probe, records, trials
from styletransfer.listening.database import Database, Rows
from styletransfer.listening.definitions import Definitions
from styletransfer.listening.group_commit import GroupCommit, Request
from styletransfer.listening.journal import Journal
from styletransfer.listening.plan import ListeningError, Plan, UnknownError
from styletransfer.listening.records import Answer, Event, Finished, Session

DATABASE = "answers.sqlite"
Made = tuple[str, Event]
"""The key of a test, and what has happened in it"""


def utc_now() -> datetime:
    """The moment, with its time zone."""
    return datetime.now(UTC)


class Store:
    """The listening tests of one data folder, for all threads of one process.

    Opens the folder, or makes it. Raises ListeningError where it cannot be written, another process has it open, or a
    newer version wrote it. `clock` gives the moment, with a time zone.
    """

    how: str
    """in which way answers are kept, and why: one sentence"""
    notices: tuple[str, ...]
    """what was found damaged at the opening and what became of it, a sentence each"""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.folder = folder
        self._clock = clock
        self._turn = threading.Lock()
        self._seen: dict[str, datetime] = {}
        with contextlib.ExitStack() as undo, folders.told(f"{folder} cannot be opened"):
            undo.enter_context(folders.locked(folder))
            backup.check_complete(folder)
            found = probe.look(folder)
            self.how = found.sentence
            (folder / definitions.FOLDER).mkdir(mode=0o700, exist_ok=True)
            self._definitions = Definitions(folder / definitions.FOLDER)
            self._journal = undo.enter_context(contextlib.closing(Journal(folder / journal.FOLDER)))
            self._database = undo.enter_context(contextlib.closing(Database(folder / DATABASE, found.mode)))
            atomic.sync_folder(folder)
            self._finish_removals()
            self._replay()
            self.notices = (*self._definitions.notices, *self._database.notices, *self._journal.notices)
            self._writer = undo.enter_context(contextlib.closing(GroupCommit(self._commit)))
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Let go of the folder, after what is being written."""
        self._undo.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Tests

    def plans(self) -> list[Plan]:
        """All tests, the oldest first."""
        return self._definitions.plans()

    def plan(self, key: str) -> Plan:
        """The test of a key. Raises UnknownError where there is none."""
        return self._definitions.plan(key)

    def sound_path(self, plan_key: str, file_name: str) -> Path:
        """Where a sound of a test lies. Raises ListeningError where the test has none of that name."""
        return self._definitions.sound_path(plan_key, file_name)

    def add_test(self, plan: Plan, sounds: Mapping[str, Path]) -> None:
        """Keep a new test: its definition, and a copy of each sound by the name that the plan has for it.

        It appears whole or not at all. Raises ListeningError where its key is taken, a sound is missing or too many,
        a name is none, or the disk is full.
        """
        with self._turn:
            self._definitions.add_test(plan, sounds)

    def close_test(self, key: str) -> Plan:
        """Let a test end now: nobody answers any more, and results may be read. Returns the test as it is then.

        One that is closed already stays as it is. Raises ListeningError where there is no such test, or the disk
        refuses.
        """
        with self._turn, folders.told("The test cannot be closed"):
            now = self._clock()
            if self.plan(key).is_open(now):
                self._definitions.close(key, now.isoformat())
            return self.plan(key)

    def remove_test(self, key: str) -> None:
        """Delete a test, its sounds and all its answers, from journal and database.

        Backups, and a database that was moved aside because it was damaged, keep theirs.
        Once begun, it is finished, if need be at the next start. Raises ListeningError where there is no such test.
        """
        with self._turn, folders.told("The test cannot be deleted"):
            self._definitions.withdraw(key)
            self._finish_removals()

    def remove_listener(self, test_key: str, listener: str) -> None:
        """Delete what one listener said in a test, likewise. Raises ListeningError where there is no such listener."""
        with self._turn, folders.told("The listener cannot be deleted"):
            with self._database.reading() as rows:
                sessions = rows.sessions(test_key, listener)
            if not sessions:
                raise ListeningError("Nobody has taken this test under that key. Look at its list of listeners.")
            for session in sessions:
                self._journal.withdraw(test_key, session.key)
            self._finish_removals()

    # Listeners

    def begin(self, test_key: str, listener: str, output: str) -> Session:
        """The listener's unfinished session of a test, or a new one.

        A new one has the items that the fewest have heard (`balance.draw`). Raises ListeningError where there is no
        such test, it is closed, or the listener has finished it.
        """
        if not records.is_key(listener) or output not in records.OUTPUTS:
            raise ListeningError("This is not as the page sends it. Load the page again.")

        def operation(rows: Rows) -> tuple[Session, list[Made]]:
            plan, now = self.plan(test_key), self._clock()
            if not plan.is_open(now):
                raise ListeningError("This test is closed: nobody can take it any more. Thank you for coming.")
            before = rows.session_of(test_key, listener)
            if before and before.finished:
                raise ListeningError("You have taken this test already, and your answers are kept. Thank you!")
            session = before or self._drawn(plan, listener, output, rows, now)
            self._seen[session.key] = now
            return session, [] if before else [(test_key, session)]

        return self._writer.do(operation)

    def put(self, answer: Answer) -> bool:
        """Keep an answer; returns when it is safe on disk, in the journal and in the database.

        False if it was there already: one of its key, or another to the same trial, of which the first counts. Raises
        ListeningError where there is no such session or trial, the session is finished, the test is closed, or nothing
        can be written.
        """
        records.check_answer(answer)

        def operation(rows: Rows) -> tuple[bool, list[Made]]:
            session = _known(rows.session(answer.session))
            if rows.has_key(answer):
                return False, []
            if session.finished:
                raise ListeningError("You have finished this test: its answers stay as they are. Thank you!")
            if not 0 <= answer.trial < len(session.trials):
                raise ListeningError(
                    f"There is no trial {answer.trial}: this session has {len(session.trials)}. Load the page again."
                )
            if rows.has_answer(answer):
                return False, []
            if not self.plan(session.test).is_open(self._clock()):
                raise ListeningError("This test is closed: it takes no more answers. Thank you for coming.")
            return True, [(session.test, answer)]

        return self._writer.do(operation)

    def finish(self, session_key: str, comment: str) -> None:
        """Keep that a listener is through with a session; a second time changes nothing.

        Raises ListeningError where there is no such session, trials are unanswered, or the comment is too long.
        """
        if len(comment) > records.MAX_COMMENT:
            raise ListeningError(
                f"A comment of {len(comment):,} characters is too long: {records.MAX_COMMENT:,} at most. Shorten it."
            )

        def operation(rows: Rows) -> tuple[None, list[Made]]:
            session = _known(rows.session(session_key))
            if missing := len(session.trials) - rows.n_answers(session_key):
                raise ListeningError(f"{missing} of {len(session.trials)} trials are not answered. Answer them first.")
            done = Finished(session=session_key, at=self._clock().isoformat(), comment=comment)
            return None, [] if session.finished else [(session.test, done)]

        self._writer.do(operation)

    # What was said

    def session(self, key: str) -> Session:
        """The session of a key. Raises UnknownError where there is none, ListeningError where it cannot be read."""
        with self._database.reading() as rows:
            return _known(rows.session(key))

    def sessions(self, test_key: str) -> list[Session]:
        """All sessions of a test, in the order in which they began."""
        with self._database.reading() as rows:
            return rows.sessions(test_key)

    def answers_of(self, session_key: str) -> list[Answer]:
        """All answers of a session, in the order of its trials."""
        with self._database.reading() as rows:
            return rows.answers_of(session_key)

    def answers(self, test_key: str) -> list[Answer]:
        """All answers of a test, session by session as in `sessions`, each in the order of its trials."""
        with self._database.reading() as rows:
            return rows.answers(test_key)

    def backup(self, path: Path) -> None:
        """Write all tests, sounds, sessions and answers into one zip while listeners go on; `backup.restore` reads it.

        Whatever was acknowledged before the call is in it. Raises ListeningError where it cannot be written.
        """
        kept = self._journal.read()
        with self._turn:
            self._mend_journal(kept)
        backup.write(self.folder, path)

    # Inside

    def _drawn(self, plan: Plan, listener: str, output: str, rows: Rows, now: datetime) -> Session:
        key = secrets.token_hex(16)
        cells = balance.count(rows.attempts(plan.key), self._seen, now)
        items = balance.draw([item.key for item in plan.items], plan.items_each, cells, random.Random(key))
        return Session(
            key=key,
            test=plan.key,
            listener=listener,
            items=tuple(items),
            trials=tuple(trials.draw(plan, items, key)),
            output=output,
            begun=now.isoformat(),
        )

    def _commit(self, requests: list[Request]) -> None:
        """Write what many have asked for at once: the journal first, then one transaction."""
        made: list[Made] = []
        with self._turn:
            try:
                with self._database.writing() as rows:
                    for request in requests:
                        for test, event in request.attempt(rows):
                            rows.add(test, event)
                            made.append((test, event))
                    self._journal.write(made)
            except Exception as error:  # whatever it is, nobody was told that anything is kept
                self._journal.discard(made)
                raise ListeningError(f"Nothing can be kept at the moment: {error}. Try again in a while.") from error

    def _finish_removals(self) -> None:
        """Delete all that was marked to be deleted, now or before the last end."""
        for test in self._definitions.withdrawn():
            self._journal.remove_test(test)
            with self._database.writing() as rows:
                rows.remove_test(test)
            self._database.wipe()
            self._definitions.forget(test)
        for test, session in self._journal.withdrawn():
            self._journal.remove_session(test, session)
            with self._database.writing() as rows:
                rows.remove_session(session)
            self._database.wipe()
            self._journal.forget(test, session)

    def _replay(self) -> None:
        """Bring the database and the journal to the same state: all that either has, by the journal where they differ,
        whose files are known to be as they were written."""
        kept = self._journal.read()
        with self._database.writing() as rows:
            for test, event in kept:
                rows.add(test, event, over=True)
        self._mend_journal(kept)

    def _mend_journal(self, kept: list[Made]) -> None:
        with self._database.reading() as rows:
            self._journal.write_missing(rows.events(), kept)


def _known(session: Session | None) -> Session:
    if session is None:
        raise UnknownError("There is no such session: it was deleted, or its key is wrong. Load the page again.")
    return session
