"""Either of database and journal can be lost or damaged, and all comes back from the other."""

from __future__ import annotations

import dataclasses
import os
import random
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.listening_plans import answer_to, plan_of, sounds_of, take_whole

from styletransfer.listening import database, journal, records
from styletransfer.listening.database import Database
from styletransfer.listening.journal import Journal
from styletransfer.listening.plan import Kind, ListeningError
from styletransfer.listening.probe import Mode
from styletransfer.listening.records import Event, Finished, Session
from styletransfer.listening.rows import Rows
from styletransfer.listening.store import Store
from styletransfer.listening.trials import draw

PLAN = plan_of(Kind.ABX, 1, trials=8)


def events() -> list[tuple[str, Event]]:
    """Three listeners, of whom two are through."""
    found: list[tuple[str, Event]] = []
    for name in ("ann", "bob", "cid"):
        session = Session(
            key=f"session-{name}",
            test=PLAN.key,
            listener=name,
            items=("item-1",),
            trials=tuple(draw(PLAN, ["item-1"], name)),
            output="headphones",
            begun="2030-01-01T00:00:00+00:00",
        )
        found += [(PLAN.key, event) for event in (session, *(answer_to(session, trial) for trial in range(8)))]
        if name != "cid":
            found.append((PLAN.key, Finished(session=session.key, at="2030-01-01T01:00:00+00:00", comment=name)))
    return found


EVENTS = events()
NUMBERS = st.integers(0, len(EVENTS) - 1)


def filled(given: list[tuple[str, Event]]) -> Rows:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    database.migrate(connection)
    rows = Rows(connection)
    for test, event in given:
        rows.add(test, event)
    return rows


@settings(deadline=None)
@given(there=st.lists(NUMBERS), order=st.permutations(range(len(EVENTS))), again=st.lists(NUMBERS))
def test_a_replay_gives_the_same_whatever_is_there_and_in_whatever_order(
    there: list[int], order: list[int], again: list[int]
) -> None:
    rows = filled([EVENTS[i] for i in (*there, *order, *again)])
    begun = [event for _, event in EVENTS if isinstance(event, Session)]
    assert [dataclasses.replace(each, finished="", comment="") for each in rows.sessions(PLAN.key)] == begun
    assert [each.comment for each in rows.sessions(PLAN.key)] == ["ann", "bob", ""]
    assert rows.answers(PLAN.key) == [event for _, event in EVENTS if isinstance(event, records.Answer)]
    assert sorted(rows.events(), key=repr) == sorted(EVENTS, key=repr)


@settings(deadline=None)
@given(NUMBERS, st.data())
def test_no_changed_byte_and_no_half_file_passes_for_an_event(number: int, data: st.DataObject) -> None:
    _, event = EVENTS[number]
    content = journal.encoded(event)
    assert journal.decoded(content) == event
    place = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError):  # noqa: PT011
        journal.decoded(content[:place])
    changed = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    with pytest.raises(ValueError):  # noqa: PT011
        journal.decoded(content[:place] + bytes([changed]) + content[place + 1 :])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With a finished listener and one at it, who has given two answers."""
    with Store(tmp_path / "data") as store:
        store.add_test(PLAN, sounds_of(PLAN, tmp_path / "sounds"))
        take_whole(store, store.begin(PLAN.key, "ann", "headphones"), "a comment")
        session = store.begin(PLAN.key, "bob", "")
        for trial in (0, 1):
            store.put(answer_to(session, trial))
        yield store


def contents(store: Store) -> tuple[Any, ...]:
    return store.plans(), store.sessions(PLAN.key), store.answers(PLAN.key)


def journal_files(store: Store) -> list[Path]:
    return sorted((store.folder / "journal").glob("*/*.json"))


def delete(path: Path) -> None:
    path.unlink()


def fill_with_noise(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(20_000))


def damage_a_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    assert len(content) > 3 * 4096
    content[4096 : 3 * 4096] = bytes(2 * 4096)
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5_000])


def be_another(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE finished (other)")
    connection.close()


@pytest.mark.parametrize("damage", [delete, fill_with_noise, damage_a_page, cut_off, be_another])
def test_a_lost_database_comes_back_from_the_journal(store: Store, damage: Callable[[Path], None]) -> None:
    kept = contents(store)
    store.close()
    damage(store.folder / "answers.sqlite")
    with Store(store.folder) as again:
        assert contents(again) == kept
        assert len(again.notices) == (damage is not delete)
        assert all("database of answers was damaged" in notice for notice in again.notices)
    moved = [path for path in store.folder.glob("answers.sqlite.damaged-*") if path.suffix != ".sqlite-wal"]
    assert bool(moved) == (damage is not delete)


def test_what_a_lost_database_left_behind_does_not_reach_the_next(store: Store) -> None:
    """A copy of its log, as it is after a crash, belongs to no other database."""
    log = (store.folder / "answers.sqlite-wal").read_bytes()
    assert len(log) > 1_000
    kept = contents(store)
    store.close()
    (store.folder / "answers.sqlite").unlink()
    (store.folder / "answers.sqlite-wal").write_bytes(log)
    with Store(store.folder) as again:
        assert contents(again) == kept


def test_a_lost_journal_comes_back_from_the_database(store: Store) -> None:
    kept, names = contents(store), [path.name for path in journal_files(store)]
    store.close()
    for path in journal_files(store)[::2]:
        path.unlink()
    with Store(store.folder) as again:
        assert [path.name for path in journal_files(again)] == names
    (store.folder / "answers.sqlite").unlink()
    with Store(store.folder) as again:
        assert contents(again) == kept


@pytest.mark.parametrize("size", [0, 64, 65, 100, -1])
def test_damaged_journal_files_are_set_aside_counted_and_told(store: Store, size: int) -> None:
    kept, n_files = contents(store), len(journal_files(store))
    store.close()
    damaged = [path for path in journal_files(store) if path.name.endswith((".0.json", ".begun.json"))]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:size])
    with Store(store.folder) as again:
        assert contents(again) == kept, "the database has them"
        assert len(again.notices) == 1
        assert again.notices[0].startswith(f"{len(damaged)} files were damaged")
        assert len(journal_files(again)) == n_files, "and gives them to the journal"
    assert len(list(store.folder.glob("journal/*/*.damaged"))) == len(damaged)
    with Store(store.folder) as again:
        assert again.notices == ()


def test_damage_costs_no_more_than_the_damaged(store: Store) -> None:
    (_, before, answers), (session, _) = contents(store), store.sessions(PLAN.key)
    store.close()
    (store.folder / "answers.sqlite").unlink()
    (path,) = store.folder.glob(f"journal/*/{session.key}.5.json")
    path.write_bytes(b"")
    with Store(store.folder) as again:
        assert again.sessions(PLAN.key) == before
        assert again.answers(PLAN.key) == [each for each in answers if (each.session, each.trial) != (session.key, 5)]


def change_in_database(store: Store, statement: str) -> None:
    """As damage does that SQLite cannot see."""
    connection = sqlite3.connect(store.folder / "answers.sqlite")
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE answers SET value = '{"choice": "b"}', seconds = 7""",
        "UPDATE begun SET output = 'loudspeakers'",
        "UPDATE finished SET comment = '\"another\"'",
        "DELETE FROM answers WHERE trial = 0",
        "DELETE FROM begun",
        "DELETE FROM finished",
    ],
)
def test_where_both_differ_the_journal_is_right(store: Store, statement: str) -> None:
    kept = contents(store)
    store.close()
    change_in_database(store, statement)
    with Store(store.folder) as again:
        assert contents(again) == kept


@pytest.mark.parametrize(
    "column", ["answers SET value", "answers SET heard", "begun SET trials", "finished SET comment"]
)
def test_a_database_with_nonsense_in_it_is_made_anew(store: Store, column: str) -> None:
    kept = contents(store)
    store.close()
    change_in_database(store, f"UPDATE {column} = 'nonsense'")
    with Store(store.folder) as again:
        assert contents(again) == kept
        assert "database of answers was damaged" in again.notices[0]


def test_a_file_under_the_name_of_another_is_damaged(store: Store) -> None:
    store.close()
    first, second = journal_files(store)[:2]
    second.write_bytes(first.read_bytes())
    with Store(store.folder) as again:
        assert again.notices[0].startswith("1 file was damaged")


def test_what_was_being_written_when_a_process_was_killed_is_cleared_away(store: Store) -> None:
    store.close()
    half = store.folder / "journal" / PLAN.key / ".0123456789abcdef.part"
    half.write_bytes(b"half")
    with Store(store.folder) as again:
        assert again.notices == ()
    assert not half.exists()


def test_a_journal_of_a_newer_version_is_refused_and_left_as_it_is(store: Store, monkeypatch) -> None:
    store.close()
    before = {path: path.read_bytes() for path in journal_files(store)}
    monkeypatch.setattr(records, "SCHEMA", 0)
    with pytest.raises(ListeningError, match=r"newer version .schema 1, here 0.*Update"):
        Store(store.folder)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in journal_files(store)} == before
    Store(store.folder).close()


def test_events_written_at_once_are_all_there(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal")
    written.write(EVENTS)
    assert sorted(written.read(), key=repr) == sorted(EVENTS, key=repr)
    written.close()


def test_an_answer_is_synced_under_its_name_before_it_is_acknowledged(store: Store, monkeypatch) -> None:
    """A killed process shows nothing of it, so the calls themselves are looked at, in their order."""
    (session,) = (each for each in store.sessions(PLAN.key) if not each.finished)
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        done.append("folder synced" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file synced")

    def renamed(source: Path, target: Path) -> None:
        replace(source, target)
        done.append(f"renamed to {Path(target).name}")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    store._database._writer.set_trace_callback(lambda text: done.append(text) if "INSERT" not in text else None)
    store.put(answer_to(session, 2))
    done.append("acknowledged")
    store._database._writer.set_trace_callback(None)
    writes = [each for each in done if not each.startswith("SELECT")]
    name = f"{session.key}.2.json"
    expected = ["BEGIN IMMEDIATE", "file synced", f"renamed to {name}", "folder synced", "COMMIT", "acknowledged"]
    assert writes == expected


def versions(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT version FROM done ORDER BY rowid")]


def test_an_older_database_is_brought_up_to_date_step_by_step(tmp_path: Path) -> None:
    def first(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE done (version)")
        connection.execute("INSERT INTO done VALUES (1)")

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE done ADD COLUMN note DEFAULT 'old'")
        connection.execute("INSERT INTO done VALUES (2, 'new')")

    def third(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO done VALUES (3, 'new')")
        raise sqlite3.OperationalError("the disk is full")

    connection = sqlite3.connect(tmp_path / "old.sqlite", isolation_level=None)
    database.migrate(connection, [first])
    database.migrate(connection, [first, second])
    database.migrate(connection, [first, second])
    assert connection.execute("SELECT * FROM done").fetchall() == [(1, "old"), (2, "new")]
    with pytest.raises(sqlite3.OperationalError):
        database.migrate(connection, [first, second, third])
    assert versions(connection) == [1, 2], "a step that fails leaves nothing"
    database.migrate(connection, [first, second, lambda _: None])
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    with pytest.raises(ListeningError, match=r"newer version .schema 3, here 2.*Update"):
        database.migrate(connection, [first, second])
    connection.close()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(store: Store) -> None:
    store.close()
    path = store.folder / "answers.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(database.MIGRATIONS) + 1}")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ListeningError, match="newer version"):
        Store(store.folder)
    assert path.read_bytes() == before
    assert list(store.folder.glob("*.damaged*")) == []


def test_a_database_moves_from_one_mode_to_the_other(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    for mode in (Mode.WAL, Mode.ROLLBACK, Mode.WAL, Mode.ROLLBACK):
        opened = Database(path, mode)
        for test, event in EVENTS:
            with opened.writing() as rows:
                rows.add(test, event)
        with opened.reading() as rows:
            assert len(rows.events()) == len(EVENTS)
        assert path.with_name("answers.sqlite-wal").exists() == (mode is Mode.WAL)
        opened.close()
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.value,)
        connection.close()
