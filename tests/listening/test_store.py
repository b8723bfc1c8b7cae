"""What listeners say is kept once, whatever happens, until it is to be deleted."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.listening_plans import Clock, answer_to, plan_of, sounds_of, take_whole

from styletransfer.listening import probe
from styletransfer.listening.definitions import Definitions
from styletransfer.listening.plan import Kind, ListeningError, Plan
from styletransfer.listening.records import Answer
from styletransfer.listening.store import Store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plan() -> Plan:
    return plan_of(Kind.ABX, 2, trials=8)


@pytest.fixture
def store(tmp_path: Path, clock: Clock, plan: Plan) -> Iterator[Store]:
    """One in the folder `data`, with a test."""
    with Store(tmp_path / "data", clock=clock) as store:
        store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
        yield store


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.folder)


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_session_is_taken_and_read_again(store: Store, plan: Plan, clock: Clock) -> None:
    session = store.begin(plan.key, "ann", "headphones")
    assert (session.test, session.listener, session.output) == (plan.key, "ann", "headphones")
    assert sorted(session.items) == ["item-1", "item-2"]
    assert len(session.trials) == 8
    answers = [answer_to(session, trial) for trial in range(8)]
    assert all(store.put(answer) for answer in reversed(answers))
    clock.forward(5)
    comment = "50 % & 1 + 1 = 2;\n=cmd|' /C calc'!A0 \"quoted\" é 🎧 \ud800"
    store.finish(session.key, comment)
    done = dataclasses.replace(session, finished=clock().isoformat(), comment=comment)

    def check(opened: Store) -> None:
        assert opened.sessions(plan.key) == [opened.session(session.key)] == [done]
        assert opened.answers(plan.key) == opened.answers_of(session.key) == answers
        assert opened.plans() == [plan]

    check(store)
    with reopened(store) as again:
        check(again)


def test_an_answer_counts_once_and_the_first_to_a_trial(store: Store, plan: Plan) -> None:
    session = store.begin(plan.key, "ann", "")
    first = answer_to(session, 3, "first")
    assert store.put(first)
    assert not store.put(first)
    assert not store.put(answer_to(session, 3, "second"))
    assert not store.put(answer_to(session, 4, "first")), "a key is an answer's for good"
    assert store.answers_of(session.key) == [first]
    other = store.begin(plan.key, "bob", "")
    assert store.put(answer_to(other, 3, "first")), "nobody can take a key away from another listener"


def test_what_is_sent_again_after_the_end_is_still_acknowledged(store: Store, plan: Plan, clock: Clock) -> None:
    session = store.begin(plan.key, "ann", "")
    take_whole(store, session, "first")
    assert not store.put(answer_to(session, 0))
    clock.forward(1)
    store.finish(session.key, "second")
    assert store.session(session.key).comment == "first"
    with pytest.raises(ListeningError, match="finished"):
        store.put(answer_to(session, 0, "another"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"session": "unknown"}, "no such session"),
        ({"trial": 8}, "no trial 8: this session has 8"),
        ({"trial": -1}, "no trial -1"),
        ({"key": "../up"}, "Load the page again"),
        ({"key": ""}, "Load the page again"),
        ({"seconds": float("nan")}, "Load the page again"),
        ({"heard": {"a": -1.0}}, "Load the page again"),
        ({"seconds": "long"}, "Load the page again"),
        ({"heard": [1.0]}, "Load the page again"),
        ({"trial": 1.5}, "Load the page again"),
        ({"trial": True}, "Load the page again"),
        ({"trial": "1"}, "Load the page again"),
        ({"switches": -1}, "Load the page again"),
        ({"at": "2030-01-01T00:00:00"}, "Load the page again"),
        ({"at": "noon"}, "Load the page again"),
    ],
)
def test_an_answer_that_belongs_nowhere_is_refused(store: Store, plan: Plan, change: dict, said: str) -> None:
    session = store.begin(plan.key, "ann", "")
    with pytest.raises(ListeningError, match=said):
        store.put(dataclasses.replace(answer_to(session, 0), **change))
    assert store.answers(plan.key) == []


def test_an_unfinished_session_goes_on_and_a_finished_one_does_not(store: Store, plan: Plan, clock: Clock) -> None:
    session = store.begin(plan.key, "ann", "")
    store.put(answer_to(session, 0))
    clock.forward(60 * 24 * 30)
    assert store.begin(plan.key, "ann", "loudspeakers") == session
    with pytest.raises(ListeningError, match="7 of 8 trials are not answered"):
        store.finish(session.key, "")
    take_whole(store, session)
    with pytest.raises(ListeningError, match="taken this test already"):
        store.begin(plan.key, "ann", "")


def test_nobody_answers_after_the_closing_date(tmp_path: Path, clock: Clock) -> None:
    closes = (clock() + timedelta(hours=1)).isoformat()
    plan = plan_of(Kind.ABX, 1, trials=8, closes=closes)
    with Store(tmp_path / "data", clock=clock) as store:
        store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
        session = store.begin(plan.key, "ann", "")
        clock.forward(59)
        assert store.put(answer_to(session, 0))
        clock.forward(1)
        with pytest.raises(ListeningError, match="closed"):
            store.begin(plan.key, "ann", "")
        with pytest.raises(ListeningError, match="closed"):
            store.begin(plan.key, "bob", "")
        assert not store.put(answer_to(session, 0)), "it is there already"
        with pytest.raises(ListeningError, match="closed"):
            store.put(answer_to(session, 1))


@pytest.mark.parametrize(("listener", "output"), [("", ""), ("a/b", ""), ("x" * 65, ""), ("ann", "a radio")])
def test_who_begins_is_a_key_and_hears_by_what_there_is(store: Store, plan: Plan, listener: str, output: str) -> None:
    with pytest.raises(ListeningError, match="Load the page again"):
        store.begin(plan.key, listener, output)


def test_a_comment_that_is_too_long_is_refused(store: Store, plan: Plan) -> None:
    session = store.begin(plan.key, "ann", "")
    with pytest.raises(ListeningError, match="4,001 characters"):
        store.finish(session.key, "x" * 4_001)


def test_a_test_is_kept_whole_or_not_at_all(store: Store, plan: Plan, tmp_path: Path) -> None:
    sounds = sounds_of(plan, tmp_path / "more")
    name = min(sounds)
    assert store.sound_path(plan.key, name).read_bytes() == sounds[name].read_bytes()
    other = dataclasses.replace(plan, key="other")
    for key, given, said in [
        (plan.key, sounds, "already"),
        ("../other", sounds, "The key of a test"),
        ("other", sounds | {"odd.wav": sounds[name]}, "odd.wav"),
        ("other", {each: path for each, path in sounds.items() if each != name}, name),
        ("other", sounds | {name: tmp_path / "missing"}, "cannot be played"),
    ]:
        with pytest.raises(ListeningError, match=said):
            store.add_test(dataclasses.replace(other, key=key), given)
    assert store.plans() == [plan]
    assert [path.name for path in (store.folder / "tests").iterdir()] == [plan.key]
    for asked in ("../other/test.json", "test.json", "missing.wav"):
        with pytest.raises(ListeningError, match="no such sound"):
            store.sound_path(plan.key, asked)
    with pytest.raises(ListeningError, match="no such test"):
        store.plan("..")


def test_what_is_deleted_is_nowhere_and_does_not_come_back(store: Store, plan: Plan, tmp_path: Path) -> None:
    other = dataclasses.replace(plan, key="other")
    store.add_test(other, sounds_of(other, tmp_path / "more"))
    for test in (plan.key, "other"):
        for name in ("ann", "bob"):
            take_whole(store, store.begin(test, f"listener-{name}", ""), f"said by {name} in {test}")
    kept = store.sessions("other"), store.answers("other")
    (bob,) = (session for session in store.sessions(plan.key) if session.listener == "listener-bob")
    store.remove_listener(plan.key, "listener-ann")
    assert store.sessions(plan.key) == [bob]
    assert {answer.session for answer in store.answers(plan.key)} == {bob.key}
    assert files_with(store.folder, f"said by ann in {plan.key}") == []
    with reopened(store) as store:
        assert store.sessions(plan.key) == [bob]
        store.remove_test(plan.key)
        assert (store.sessions(plan.key), store.answers(plan.key)) == ([], [])
        assert files_with(store.folder, f"in {plan.key}") == files_with(store.folder, bob.key) == []
        with pytest.raises(ListeningError, match="no such test"):
            store.remove_test(plan.key)
        with pytest.raises(ListeningError, match="Nobody"):
            store.remove_listener("other", "listener-cid")
    with reopened(store) as store:
        assert store.plans() == [other]
        assert (store.sessions("other"), store.answers("other")) == kept
    assert files_with(tmp_path / "data", "said by ann in other"), "what is kept is found by such a search"


def test_deleting_that_was_cut_off_is_finished_at_the_next_start(
    store: Store, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(plan, key="other")
    store.add_test(other, sounds_of(other, tmp_path / "more"))
    for test in (plan.key, "other"):
        for listener in ("ann", "bob"):
            take_whole(store, store.begin(test, listener, ""))
    for remove in (lambda: store.remove_listener("other", "ann"), lambda: store.remove_test(plan.key)):
        with monkeypatch.context() as patch:
            patch.setattr(store, "_finish_removals", lambda: None)
            remove()
    with reopened(store) as opened:
        assert opened.plans() == [other]
        assert [session.listener for session in opened.sessions("other")] == ["bob"]
        assert opened.sessions(plan.key) == []
    assert not list(tmp_path.glob("data/**/*.removed"))


@pytest.mark.parametrize("is_local", [True, False])
def test_many_at_once_are_all_kept_and_one_listener_has_one_session(
    is_local: bool, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "is_local", lambda _: is_local)
    store = Store(tmp_path / "data")
    store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
    refused: list[str] = []

    def take(listener: str) -> None:
        try:
            take_whole(store, store.begin(plan.key, listener, ""))
        except ListeningError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=take, args=[f"listener-{i // 2}"]) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("finished" in said or "taken" in said for said in refused), "in another window"
    assert Counter(session.listener for session in store.sessions(plan.key)) == Counter(
        f"listener-{i}" for i in range(12)
    )
    assert all(session.finished for session in store.sessions(plan.key))
    assert len(store.answers(plan.key)) == 12 * 8
    store.close()


def test_when_nothing_can_be_written_it_is_said_and_nothing_is_kept(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.begin(plan.key, "ann", "")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(ListeningError, match="No space left on device"):
            store.put(answer_to(session, 0))
    assert store.answers_of(session.key) == []
    assert store.put(answer_to(session, 0, "another"))
    with reopened(store) as opened:
        assert [answer.key for answer in opened.answers_of(session.key)] == ["another"]


def test_when_the_database_is_full_nothing_is_kept_of_an_answer(store: Store, plan: Plan) -> None:
    session = store.begin(plan.key, "ann", "")
    writer = store._database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    large = dataclasses.replace(answer_to(session, 0), value={"choice": "a" * 100_000})
    with pytest.raises(ListeningError, match="full"):
        store.put(large)
    writer.execute(f"PRAGMA max_page_count = {10_000}")
    assert not list(store.folder.glob(f"journal/*/{session.key}.0.json"))
    other = answer_to(session, 0, "other")
    assert store.put(other)
    with reopened(store) as opened:
        assert opened.answers_of(session.key) == [other]


def test_what_could_not_be_committed_is_taken_back_from_the_journal(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.begin(plan.key, "ann", "")
    write = store._journal.write

    def write_and_fail(made: list) -> None:
        write(made)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(store._journal, "write", write_and_fail)
        with pytest.raises(ListeningError, match="disk I/O error"):
            store.put(answer_to(session, 0))
    with reopened(store) as opened:
        assert opened.answers_of(session.key) == []


def test_one_refusal_does_not_touch_those_who_come_with_it(store: Store, plan: Plan) -> None:
    """Eleven threads at once, of which one has nowhere to put its answer."""
    sessions = [store.begin(plan.key, f"listener-{i}", "") for i in range(10)]
    refused: list[str] = []

    def put(answer: Answer) -> None:
        try:
            store.put(answer)
        except ListeningError as error:
            refused.append(str(error))

    answers = [answer_to(session, 0) for session in sessions]
    nowhere = dataclasses.replace(answers[0], session="nowhere")
    with store._turn:  # so that they all wait together
        threads = [threading.Thread(target=put, args=[answer]) for answer in (*answers, nowhere)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "no such session" in refused[0]
    assert {answer.key for answer in store.answers(plan.key)} == {answer.key for answer in answers}


def test_another_process_adds_a_test_meanwhile(store: Store, plan: Plan, tmp_path: Path) -> None:
    other = dataclasses.replace(plan, key="other")
    with pytest.raises(ListeningError, match="no such test"):
        store.plan("other")
    Definitions(store.folder / "tests").add_test(other, sounds_of(other, tmp_path / "more"))
    assert store.plan("other") == other
    assert store.plans() == [plan, other]
    take_whole(store, store.begin("other", "ann", ""))


def test_a_damaged_definition_is_told_and_left_out(store: Store, plan: Plan) -> None:
    (store.folder / "tests" / plan.key / "test.json").write_text("{")
    with reopened(store) as opened:
        assert opened.plans() == []
        assert len(opened.notices) == 1
        assert "is left out: This is no listening test" in opened.notices[0]


def test_a_closed_store_says_so(store: Store, plan: Plan) -> None:
    session = store.begin(plan.key, "ann", "")
    store.close()
    with pytest.raises(ListeningError, match="closed"):
        store.put(answer_to(session, 0))
    store.close()
