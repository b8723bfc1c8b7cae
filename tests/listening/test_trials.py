"""What a listener hears: all of it, in an order that tells nothing, with checks that are checks."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.listening_plans import plan_of

from styletransfer.listening import trials
from styletransfer.listening.plan import QUESTIONS, Kind, ListeningError, Plan
from styletransfer.listening.trials import Check, Trial

SEEDS = st.text(max_size=8)


def drawn(plan: Plan, seed: str = "listener") -> list[Trial]:
    return trials.draw(plan, [item.key for item in plan.items], seed)


def plain(found: list[Trial]) -> list[Trial]:
    return [trial for trial in found if trial.check is Check.NONE]


@given(seed=SEEDS, n_items=st.integers(1, 7), count=st.sampled_from([8, 16, 25, 30]))
def test_abx_has_as_many_trials_as_asked_for_over_all_items(seed: str, n_items: int, count: int) -> None:
    found = drawn(plan_of(Kind.ABX, n_items, trials=count), seed)
    assert len(found) == count
    counts = Counter(trial.item for trial in found)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert all(trial.slots["x"] in (trial.slots["a"], trial.slots["b"]) for trial in found)
    assert len({(trial.slots["a"], trial.slots["b"]) for trial in found}) == 1, "A and B stay what they are"


def test_x_is_drawn_anew_each_time() -> None:
    xs = [trial.slots["x"] for i in range(400) for trial in drawn(plan_of(Kind.ABX, trials=8), str(i))]
    assert 1450 < xs.count("condition-1") < 1750  # 5.3 standard deviations of 3200 throws of a coin
    again = sum(a == b for a, b in itertools.pairwise(xs))
    assert 1450 < again < 1750


@given(seed=SEEDS, kind=st.sampled_from([Kind.PREFERENCE, Kind.CLOSER]), n_conditions=st.integers(2, 4))
def test_every_pair_is_compared_once_for_each_item(seed: str, kind: Kind, n_conditions: int) -> None:
    plan = plan_of(kind, 3, n_conditions)
    pairs = Counter((trial.item, frozenset([trial.slots["a"], trial.slots["b"]])) for trial in plain(drawn(plan, seed)))
    keys = [condition.key for condition in plan.conditions]
    expected = {(item.key, frozenset(pair)) for item in plan.items for pair in itertools.combinations(keys, 2)}
    assert pairs == Counter(expected)


@given(seed=SEEDS, n_items=st.integers(1, 8), n_conditions=st.integers(1, 4))
def test_every_sound_is_rated_once_in_each_pass(seed: str, n_items: int, n_conditions: int) -> None:
    plan = plan_of(Kind.RATING, n_items, n_conditions)
    found = drawn(plan, seed)
    questions = [trial.question for trial in found]
    assert [key for key, _ in itertools.groupby(questions)] == ["pleasant", "content", "style"]
    rated = Counter((trial.question, trial.item, trial.slots["a"]) for trial in plain(found))
    assert set(rated.values()) == {1}
    assert len(rated) == 3 * n_items * n_conditions


def test_the_passes_have_orders_of_their_own() -> None:
    found = plain(drawn(plan_of(Kind.RATING, 8)))
    passes = [[trial for trial in found if trial.question == key] for key in ("pleasant", "content", "style")]
    first, second, third = ([(trial.item, trial.slots["a"]) for trial in each] for each in passes)
    assert first != second != third
    assert sorted(first) == sorted(second) == sorted(third)


@given(seed=SEEDS)
def test_all_of_an_item_are_beside_one_another_with_content_and_style_among_them(seed: str) -> None:
    found = plain(drawn(plan_of(Kind.SEVERAL, 3, 3), seed))
    for trial in found:
        assert sorted(trial.slots) == list("abcde")
        assert sorted(trial.slots.values()) == [
            "condition-1", "condition-2", "condition-3", "reference:content", "reference:style",
        ]  # fmt: skip
    assert len({trial.item for trial in found}) == len(found) == 3


@given(seed=SEEDS, kind=st.sampled_from([kind for kind in Kind if kind is not Kind.ABX]), n_items=st.integers(4, 9))
def test_a_repeat_is_what_it_repeats_and_comes_later(seed: str, kind: Kind, n_items: int) -> None:
    found = drawn(plan_of(kind, n_items), seed)
    repeats = [(i, trial) for i, trial in enumerate(found) if trial.check is Check.REPEAT]
    assert repeats
    for i, trial in repeats:
        original = found[trial.of]
        assert trial.of < i - 1, "never directly after it"
        assert original.check is Check.NONE
        assert (trial.item, trial.question) == (original.item, original.question)
        assert sorted(trial.slots.values()) == sorted(original.slots.values())
    assert len(plain(found)) / trials.CHECK_EVERY <= len(repeats) <= len(found) / trials.CHECK_EVERY + 3


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        (Kind.PREFERENCE, {Check.IDENTICAL: 2}),
        (Kind.CLOSER, {Check.IDENTICAL: 1, Check.TRAP: 1}),
        (Kind.RATING, {Check.TRAP: 2}),
        (Kind.SEVERAL, {}),
        (Kind.ABX, {}),
    ],
)
def test_checks_are_hidden_among_the_trials(kind: Kind, checks: dict[Check, int]) -> None:
    counts = Counter(trial.check for trial in drawn(plan_of(kind)))
    assert {check: counts[check] for check in (Check.IDENTICAL, Check.TRAP) if counts[check]} == checks


@given(
    seed=SEEDS,
    kind=st.sampled_from([Kind.PREFERENCE, Kind.CLOSER, Kind.RATING]),
    n_items=st.integers(4, 50),
    n_questions=st.integers(1, 3),
)
def test_known_answers_grow_with_the_trials(seed: str, kind: Kind, n_items: int, n_questions: int) -> None:
    """The whole test has at least two, as one mistake leaves nobody out, of as many items as there are."""
    plan = plan_of(kind, n_items, questions=QUESTIONS[kind][-n_questions:])
    known = [trial for trial in drawn(plan, seed) if trial.check in (Check.TRAP, Check.IDENTICAL)]
    with_known = [each for each in plan.questions if each.beside or kind is Kind.PREFERENCE]
    assert len(known) >= 2
    for question in with_known:
        own = [trial.item for trial in known if trial.question == question.key]
        n_trials = n_items * (2 if kind is Kind.RATING else 1)
        assert n_trials / 8 - 1 < len(own) <= max(2, n_trials / 8)
        assert len(set(own)) == len(own), "each of another item"


def test_the_effort_is_the_trials_of_everybody_and_a_time_for_each_sound() -> None:
    """16 of three sounds, 10 s each; one of four; 6 of one sound and 14 of two, which are 340 s."""
    assert str(trials.effort(plan_of(Kind.ABX))) == "16 trials, about 8 minutes"
    assert str(trials.effort(plan_of(Kind.SEVERAL, 5, items_each=1))) == "1 trial, about 1 minute"
    plan = plan_of(Kind.RATING, 5, 1)
    assert trials.effort(plan) == (len(drawn(plan, "another")), 6)
    assert "which is long for most people" in str(trials.effort(plan_of(Kind.RATING, 50, 1)))


def test_few_trials_have_no_checks() -> None:
    assert {trial.check for trial in drawn(plan_of(Kind.PREFERENCE, 3))} == {Check.NONE}


@given(seed=SEEDS, kind=st.sampled_from(list(Kind)))
def test_the_same_seed_draws_the_same_and_the_store_gives_it_back(seed: str, kind: Kind) -> None:
    found = drawn(plan_of(kind), seed)
    assert found == drawn(plan_of(kind), seed)
    assert [trials.from_dict(trials.as_dict(trial)) for trial in found] == found


def test_a_trap_is_passed_by_who_listens() -> None:
    rated = Trial(item="i", question="content", slots={"a": "reference:content"}, check=Check.TRAP)
    assert [trials.is_trap_passed(rated, {"rating": rating}) for rating in range(1, 6)] == [False] * 3 + [True] * 2
    chosen = Trial(item="i", question="closer", slots={"a": "c", "b": "reference:style", "x": "reference:style"})
    assert [trials.is_trap_passed(chosen, {"choice": choice}) for choice in ("a", "b", "none")] == [False, True, False]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.ABX, {"choice": "a"}),
        (Kind.PREFERENCE, {"choice": "none"}),
        (Kind.RATING, {"rating": 5}),
        (Kind.SEVERAL, {"scores": {"a": 0, "b": 100, "c": 50, "d": 1}}),
    ],
)
def test_answers_are_taken(kind: Kind, answer: dict[str, Any]) -> None:
    trial = plain(drawn(plan_of(kind)))[0]
    assert trials.checked_answer(plan_of(kind), trial, answer | {"more": 1}) == answer


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.ABX, {"choice": "none"}),
        (Kind.ABX, {"choice": "x"}),
        (Kind.PREFERENCE, {"choice": ["a"]}),
        (Kind.PREFERENCE, None),
        (Kind.RATING, {"rating": 6}),
        (Kind.RATING, {"rating": True}),
        (Kind.RATING, {"rating": 3.5}),
        (Kind.RATING, {"choice": "a"}),
        (Kind.SEVERAL, {"scores": {"a": 0}}),
        (Kind.SEVERAL, {"scores": {"a": 0, "b": 101, "c": 50, "d": 1}}),
        (Kind.SEVERAL, {"scores": [1, 2, 3, 4]}),
    ],
)
def test_what_is_no_answer_is_refused(kind: Kind, answer: object) -> None:
    trial = plain(drawn(plan_of(kind)))[0]
    with pytest.raises(ListeningError, match="no answer to that question"):
        trials.checked_answer(plan_of(kind), trial, answer)
