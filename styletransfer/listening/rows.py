"""Sessions and answers as rows of a database.

Each kind of event has a table, and none refers to another: so events can be added in any order, and again.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from styletransfer.listening import trials
from styletransfer.listening.balance import Attempt
from styletransfer.listening.records import Answer, Event, Finished, Session

SESSION = """SELECT begun.key, begun.test, listener, items, trials, output, begun, coalesce(finished.at, ''),
    coalesce(comment, '') FROM begun LEFT JOIN finished ON finished.session = begun.key"""
ANSWER = "SELECT answers.key, session, trial, value, heard, switches, seconds, at FROM answers"


class Rows:
    """What one connection sees and, inside a transaction, adds and deletes. All raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, test: str, event: Event, *, over: bool = False) -> None:
        """Add what has happened in a test. What is there already stays as it is, or goes where it is written `over`."""
        match event:
            case Session():
                items, drawn = json.dumps(event.items), json.dumps([trials.as_dict(each) for each in event.trials])
                row = ("begun", event.key, test, event.listener, items, drawn, event.output, event.begun)
            case Answer():
                value, heard = json.dumps(dict(event.value)), json.dumps(dict(event.heard))
                row = ("answers", event.session, event.trial, event.key, test, value, heard)
                row += (event.switches, event.seconds, event.at)
            case Finished():
                row = ("finished", event.session, test, event.at, json.dumps(event.comment))
        table, *values = row
        verb, places = "REPLACE" if over else "IGNORE", ", ".join("?" * len(values))
        self._connection.execute(f"INSERT OR {verb} INTO {table} VALUES ({places})", values)

    def session(self, key: str) -> Session | None:
        """The session of a key."""
        return next(self._sessions("WHERE begun.key = ?", key), None)

    def session_of(self, test: str, listener: str) -> Session | None:
        """A listener's session of a test, the finished one if there are several."""
        found = self._sessions(
            "WHERE begun.test = ? AND listener = ? ORDER BY finished.at IS NULL, begun", test, listener
        )
        return next(found, None)

    def sessions(self, test: str, listener: str | None = None) -> list[Session]:
        """The sessions of a test, or of one of its listeners, in the order in which they began."""
        chosen = "WHERE begun.test = ? AND listener = coalesce(?, listener) ORDER BY begun, begun.key"
        return list(self._sessions(chosen, test, listener))

    def _sessions(self, chosen: str, *values: str | None) -> Iterator[Session]:
        for row in self._connection.execute(f"{SESSION} {chosen}", values).fetchall():
            key, test, listener, items, drawn, output, begun, finished, comment = row
            yield Session(
                key=key,
                test=test,
                listener=listener,
                items=tuple(json.loads(items)),
                trials=tuple(map(trials.from_dict, json.loads(drawn))),
                output=output,
                begun=begun,
                finished=finished,
                comment=json.loads(comment) if comment else "",
            )

    def answers_of(self, session: str) -> list[Answer]:
        """The answers of a session, in the order of its trials."""
        return [
            _answer(row) for row in self._connection.execute(f"{ANSWER} WHERE session = ? ORDER BY trial", [session])
        ]

    def answers(self, test: str) -> list[Answer]:
        """The answers of a test, by session in the order in which they began, each in the order of its trials."""
        joined = "JOIN begun ON begun.key = session WHERE begun.test = ? ORDER BY begun, begun.key, trial"
        return [_answer(row) for row in self._connection.execute(f"{ANSWER} {joined}", [test])]

    def n_answers(self, session: str) -> int:
        """How many trials of a session are answered."""
        return self._connection.execute("SELECT count(*) FROM answers WHERE session = ?", [session]).fetchone()[0]

    def has_key(self, answer: Answer) -> bool:
        """Whether the session has an answer of this one's key."""
        return self._is_there("key = ?", answer.session, answer.key)

    def has_answer(self, answer: Answer) -> bool:
        """Whether the session has an answer to the same trial."""
        return self._is_there("trial = ?", answer.session, answer.trial)

    def _is_there(self, chosen: str, *values: Any) -> bool:
        found = self._connection.execute(f"SELECT 1 FROM answers WHERE session = ? AND {chosen}", values)
        return found.fetchone() is not None

    def attempts(self, test: str) -> list[Attempt]:
        """The sessions of a test as `balance.count` takes them."""
        found = self._connection.execute(
            """SELECT begun.key, items, begun, count(trial) >= json_array_length(trials), max(at)
            FROM begun LEFT JOIN answers ON answers.session = begun.key WHERE begun.test = ? GROUP BY begun.key""",
            [test],
        )
        return [
            Attempt(key, tuple(json.loads(items)), bool(is_complete), datetime.fromisoformat(answered or begun))
            for key, items, begun, is_complete, answered in found
        ]

    def events(self) -> list[tuple[str, Event]]:
        """All that has happened, with the keys of the tests."""
        begun = [(each.test, _as_begun(each)) for each in self._sessions("")]
        answers = self._connection.execute(f"{ANSWER.replace(' FROM', ', test FROM')}")
        done = self._connection.execute("SELECT test, session, at, comment FROM finished")
        finished = [(row[0], Finished(session=row[1], at=row[2], comment=json.loads(row[3]))) for row in done]
        return [*begun, *((row[-1], _answer(row[:-1])) for row in answers), *finished]

    def remove_test(self, test: str) -> None:
        """Delete all that has happened in a test."""
        for table in ("begun", "answers", "finished"):
            self._connection.execute(f"DELETE FROM {table} WHERE test = ?", [test])

    def remove_session(self, session: str) -> None:
        """Delete a session."""
        for table, column in (("begun", "key"), ("answers", "session"), ("finished", "session")):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [session])


def _answer(row: tuple[Any, ...]) -> Answer:
    key, session, trial, value, heard, switches, seconds, at = row
    return Answer(
        key=key,
        session=session,
        trial=trial,
        value=json.loads(value),
        heard=json.loads(heard),
        switches=switches,
        seconds=seconds,
        at=at,
    )


def _as_begun(session: Session) -> Session:
    return dataclasses.replace(session, finished="", comment="")
