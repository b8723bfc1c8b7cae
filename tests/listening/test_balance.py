"""Every item is heard as often as the others, whoever drops out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.listening_plans import Clock, answer_to, plan_of, sounds_of, take_whole

from styletransfer.listening import balance
from styletransfer.listening.balance import FREED_AFTER, Attempt
from styletransfer.listening.plan import Kind
from styletransfer.listening.store import Store


def spread(heard: Sequence[Sequence[str]], items: Sequence[str]) -> int:
    counts = Counter(item for each in heard for item in each)
    return max(counts[item] for item in items) - min(counts[item] for item in items)


@settings(deadline=None)
@given(
    n_items=st.integers(1, 6),
    wanted=st.integers(0, 6),
    finishes=st.lists(st.booleans(), max_size=40),
    chance=st.randoms(use_true_random=False),
)
def test_completed_cells_differ_by_at_most_one(
    n_items: int, wanted: int, finishes: list[bool], chance: random.Random
) -> None:
    """After each listener, if each comes when the one before has finished or been given up."""
    items, clock = [f"item-{i}" for i in range(n_items)], Clock()
    attempts: list[Attempt] = []
    for number, is_finished in enumerate(finishes):
        got = balance.draw(items, min(wanted, n_items), balance.count(attempts, {}, clock()), chance)
        assert len(got) == len(set(got)) == (min(wanted, n_items) or n_items)
        attempts.append(Attempt(f"{number}", tuple(got), is_finished, clock()))
        clock.now += FREED_AFTER
        assert spread([each.items for each in attempts if each.is_complete], items) <= 1


def test_who_is_at_it_counts_until_given_up() -> None:
    clock = Clock()
    attempts = [
        Attempt("finished", ("a",), True, clock() - timedelta(days=9)),
        Attempt("at it", ("b",), False, clock() - FREED_AFTER + timedelta(seconds=1)),
        Attempt("gone", ("b",), False, clock() - FREED_AFTER),
        Attempt("came back", ("c",), False, clock() - timedelta(days=1)),
    ]
    cells = balance.count(attempts, {"came back": clock() - timedelta(minutes=1)}, clock())
    assert (cells.all, cells.completed) == ({"a": 1, "b": 1, "c": 1}, {"a": 1})


def test_ties_are_drawn_by_chance() -> None:
    items = [f"item-{i}" for i in range(5)]
    cells = balance.count([], {}, Clock()())
    drawn = Counter(tuple(balance.draw(items, 2, cells, random.Random(seed))) for seed in range(4_000))
    assert len(drawn) == 20, "every pair in either order"
    assert all(140 < count < 260 for count in drawn.values())  # 4.3 standard deviations of 200


@pytest.mark.parametrize("minutes", [20, 31])
def test_of_sixty_listeners_a_third_drop_out(minutes: int, tmp_path: Path) -> None:
    """One comes after the other; who drops out has answered once."""
    plan, clock, chance = plan_of(Kind.PREFERENCE, 5, items_each=2), Clock(), random.Random(5)
    gone = set(chance.sample(range(60), 18))
    with Store(tmp_path / "data", clock=clock) as store:
        store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
        for number in range(60):
            session = store.begin(plan.key, f"listener-{number}", "")
            assert {trial.item for trial in session.trials} == set(session.items)
            if number in gone:
                store.put(answer_to(session, 0, at=clock().isoformat()))
            else:
                take_whole(store, session)
            clock.forward(minutes)
        completed = [session.items for session in store.sessions(plan.key) if session.finished]
    assert len(completed) == 42
    assert spread(completed, [item.key for item in plan.items]) <= 1


def test_who_has_answered_all_counts_without_pressing_finish(tmp_path: Path) -> None:
    plan, clock = plan_of(Kind.PREFERENCE, 2, items_each=1), Clock()
    with Store(tmp_path / "data", clock=clock) as store:
        store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
        for number in range(10):
            session = store.begin(plan.key, f"listener-{number}", "")
            for trial in range(len(session.trials)):
                store.put(answer_to(session, trial, at=clock().isoformat()))
            if session.items != ("item-1",):
                store.finish(session.key, "")
            clock.forward(60)
        heard = Counter(session.items[0] for session in store.sessions(plan.key))
    assert heard == {"item-1": 5, "item-2": 5}


def test_an_answer_keeps_a_cell_and_so_does_coming_back(tmp_path: Path) -> None:
    """Eight listeners have eight items, of whom seven answer or come back later; so the ninth gets the eighth's."""
    plan, clock = plan_of(Kind.PREFERENCE, 8, 3, items_each=1), Clock()
    with Store(tmp_path / "data", clock=clock) as store:
        store.add_test(plan, sounds_of(plan, tmp_path / "sounds"))
        sessions = [store.begin(plan.key, f"listener-{i}", "") for i in range(8)]
        assert len({session.items for session in sessions}) == 8
        clock.forward(25)
        for session in sessions[:4]:
            store.put(answer_to(session, 0, at=clock().isoformat()))
        for session in sessions[4:7]:
            assert store.begin(plan.key, session.listener, "") == session
        clock.forward(25)
        assert store.begin(plan.key, "ninth", "").items == sessions[7].items
