"""What a report says of its figures: no verdict that could not be another, no p for which nobody answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from support.listening_people import CLOSED, LATER, Taken, hears, listens, nonsense, taken_by
from support.listening_plans import plan_of

from styletransfer.listening.plan import QUESTIONS, Kind
from styletransfer.listening.results import Results, results, sentences
from styletransfer.listening.results.blocks import Heading, Paragraph, Table
from styletransfer.listening.results.report import report
from styletransfer.listening.statistics.listeners import sign_flip_p
from styletransfer.listening.statistics.screening import Rule
from styletransfer.listening.trials import Trial

WISHES = "What you want to know, and how many listeners it takes"
ONE = QUESTIONS[Kind.RATING][:1]


def read(test: Taken) -> Results:
    return results(*test.all, now=LATER)


def sentences_of(found: Results) -> str:
    return "\n".join(block.text for block in report(found) if isinstance(block, Paragraph | Heading))


def column(found: Results, caption: str, head: str) -> list[str]:
    table = next(block for block in report(found) if isinstance(block, Table) and block.caption == caption)
    return [row[table.head.index(head)] for row in table.rows]


def of_items(n_listeners: int, n_items: int = 5, **options: Any) -> Taken:
    """One way alone, whose items everybody puts into the same order; of more than five the first five differ."""
    plan = plan_of(Kind.RATING, n_items, 1, closes=CLOSED, questions=ONE, **options)
    return taken_by(plan, n_listeners, lambda: lambda trial, _: {"rating": min(5, int(trial.item.split("-")[-1]))})


def later_way(trial: Trial, _: object) -> Mapping[str, Any]:
    return {"choice": "a" if trial.slots["a"] > trial.slots["b"] else "b"}


def test_eight_who_rate_alike_cannot_tell_ten_pairs_apart_and_are_told_so() -> None:
    eight, nine = read(of_items(8)), read(of_items(9))
    assert set(column(eight, "Differences of two", "what it says")) == {"too few listeners to tell"}
    assert "8 listeners cannot show that two differ, whatever they say" in sentences_of(eight)
    assert "times 10 pairs, is above 0.05. It takes 9." in sentences_of(eight)
    assert set(column(nine, "Differences of two", "what it says")) == {f"item {i} is higher" for i in range(2, 6)}
    assert "cannot show" not in sentences_of(nine)
    few = read(of_items(5))
    assert set(column(few, "Differences of two", "what it says")) == {"too few listeners for a p"}
    assert "cannot show" not in sentences_of(few)


def test_choices_of_too_few_for_three_pairs_are_told_so() -> None:
    six, seven = (
        read(taken_by(plan_of(Kind.PREFERENCE, n_conditions=3, closes=CLOSED), n, lambda: later_way)) for n in (6, 7)
    )
    assert set(column(six, "Pairs", "what it says")) == {"too few listeners to tell"}
    assert "6 listeners cannot show that two differ" in sentences_of(six)
    assert "It takes 7." in sentences_of(six)
    assert "too few" not in "".join(column(seven, "Pairs", "what it says"))
    assert "cannot show" not in sentences_of(seven)


@pytest.mark.parametrize("n_ways", [2, 5, 8])
def test_listeners_are_planned_for_as_many_pairs_as_are_compared(n_ways: int) -> None:
    found = results(plan_of(Kind.RATING, n_conditions=n_ways), [], [], now=LATER)
    n_pairs = math.comb(n_ways, 2)
    needed = math.ceil(TTestPower().solve_power(effect_size=0.5, alpha=0.05 / n_pairs, power=0.8))
    assert found.enough.difference
    assert (found.enough.n_pairs, found.enough.difference.n_listeners) == (n_pairs, needed)
    wish = column(found, WISHES, "to get")[-1]
    assert (f"with {n_pairs} pairs compared" in wish) == (n_ways > 2)


def test_of_one_row_or_of_too_many_no_pairs_are_planned() -> None:
    for n_items in (1, 11):
        plan = plan_of(Kind.RATING, n_items, 1)
        found = results(plan, [], [], now=LATER)
        assert found.enough.difference is None
        assert len(column(found, WISHES, "to get")) == 2, "the intervals"


@pytest.mark.parametrize(("options", "each"), [({"n_items": 1}, 1), ({"n_items": 9}, 9), ({"items_each": 4}, 4)])
def test_who_plans_choices_without_a_pilot_finds_what_was_planned(
    options: dict[str, int], each: int, rng: np.random.Generator
) -> None:
    """Listeners who choose one of two in 62.5 % of all cases, which is a mean of 0.25: found in about 80 %."""
    found = results(plan_of(Kind.PREFERENCE, **options), [], [], now=LATER)
    assert found.enough.difference
    assert found.enough.sd_of_differences
    assert found.enough.sd_of_differences.sd == pytest.approx(1 / math.sqrt(each))
    n_listeners, n_tests = found.enough.difference.n_listeners, 300
    assert n_listeners
    scores = 2 * rng.binomial(each, 0.625, (n_tests, n_listeners)) / each - 1
    assert np.mean([(sign_flip_p(each) or 1) <= 0.05 for each in scores]) > 0.7
    assert "quarter of the scale" not in sentences_of(found)


def test_one_of_many_who_guesses_well_is_not_said_to_hear() -> None:
    """12 of 16 have a p of 0.038; one of eight who guess has it in 27 % of all tests."""
    test = Taken(plan_of(Kind.ABX, closes=CLOSED))

    def answers(n_right: int) -> Any:
        rights = iter([True] * n_right + [False] * 16)
        return lambda trial, _: {"choice": "a" if (trial.slots["a"] == trial.slots["x"]) == next(rights) else "b"}

    for n_right in (12, 8, 7, 9, 8, 6, 10, 8):
        test.take(answers(n_right))
    found = read(test)
    assert found.everybody
    assert found.everybody.abx
    p_values, adjusted = zip(*((each.score.p, each.p_holm) for each in found.everybody.abx.scores), strict=True)
    assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1])
    assert column(found, "Listeners", "what it says") == [
        "hears one if named beforehand",
        *["not shown to hear one"] * 7,
    ]
    assert "0 listeners of 8 can be said to hear a difference" in sentences_of(found)
    assert found.everybody.abx.n_shown == 0
    test.take(answers(16))
    assert column(read(test), "Listeners", "what it says")[-1] == "hears a difference"
    assert "1 listener of 9 can be said to hear a difference" in sentences_of(read(test))


def test_several_questions_are_said_to_be_several_tests() -> None:
    told = [sentences_of(read(taken_by(plan_of(Kind.RATING, closes=CLOSED), n, listens))) for n in (5, 6)]
    assert "Each of the 3 questions is tested on its own" in told[1]
    assert "in up to 15 % of all such tests, not in 5 %" in told[1]
    assert "tested on its own" not in told[0], "below six listeners nothing is tested"
    assert "tested on its own" not in sentences_of(read(of_items(6)))


def test_friedmans_test_says_over_how_many_or_why_there_is_none() -> None:
    assert "9 listeners rated all 5 items. Friedman's test of them, p " in sentences_of(read(of_items(9)))
    some = sentences_of(read(of_items(12, items_each=3)))
    assert "no Friedman's test of whether any items differ: 0 listeners rated all 5 items, and 6 are needed" in some
    plan = plan_of(Kind.RATING, n_conditions=3, closes=CLOSED, questions=ONE)
    same = sentences_of(read(taken_by(plan, 6, lambda: lambda *_: {"rating": 4})))
    assert "Friedman's test has no value: 6 listeners rated all 3 ways, and each of them rated all alike" in same
    two = read(taken_by(plan_of(Kind.RATING, closes=CLOSED, questions=ONE), 6, listens))
    assert "Friedman" not in sentences_of(two), "of two rows there is the one pair"


def test_of_many_rows_no_pairs_are_compared() -> None:
    ten, eleven = read(of_items(6, 10)), read(of_items(6, 11))
    assert len(column(ten, "Differences of two", "p")) == 45
    assert eleven.everybody
    assert eleven.everybody.ratings[0].found.differences == ()
    assert "11 items make 55 pairs" in sentences_of(eleven)
    assert "Friedman's test of them, p" in sentences_of(eleven)


def test_figures_of_everybody_are_computed_once_where_nobody_is_left_out() -> None:
    test = of_items(6)
    found = read(test)
    assert found.screened is found.everybody is not None
    test.take(listens(), heard={"a": 0.0})
    assert read(test).screened == found.everybody != read(test).everybody


def test_where_everybody_is_left_out_nobody_is_left() -> None:
    found = read(taken_by(plan_of(Kind.PREFERENCE, n_items=10, closes=CLOSED), 2, lambda: nonsense(Kind.PREFERENCE)))
    told = sentences_of(found)
    assert "Without 2 listeners who broke a rule (0 left)\nNobody is left." in told
    assert "No answers yet" not in told


def test_what_was_heard_for_a_moment_was_not_heard() -> None:
    test = Taken(plan_of(Kind.ABX, closes=CLOSED))
    for seconds in (0.001, 0.499, 0.5, 1.0):
        test.take(hears(0.7), heard={"a": 3.0, "b": 3.0, "x": seconds})
    assert [each.reasons for each in read(test).listeners] == [(Rule.NOT_PLAYED,)] * 2 + [()] * 2


def test_who_finds_an_x_that_never_changes_stays() -> None:
    """One of 128 listeners meets it in 8 trials, and presses the same each time."""
    test = taken_by(plan_of(Kind.ABX, trials=8, closes=CLOSED), 400, lambda: hears(1.0))
    assert any(len({trial.slots["x"] for trial in session.trials}) == 1 for session in test.sessions)
    assert not any(each.reasons for each in read(test).listeners)


@given(st.floats(0.0001, 1))
@example(0.0501)
@example(0.05)
@example(0.04999)
@example(math.nextafter(0.05, 1))
def test_no_p_is_written_as_what_it_is_not(p: float) -> None:
    written = sentences.p_value(p)
    assert (float(written) <= 0.05) == (p <= 0.05)
    assert float(written) == pytest.approx(p, rel=0.05)
    assert len(written) <= 7 or 0.0495 < p < 0.0505


def test_a_p_just_above_the_level_is_written_and_judged_alike() -> None:
    told = sentences.meaning(0.0501, "if so", "SEEN", "NOT SEEN")
    assert told == "p = 0.0501: if so, chance alone would show as much or more in 5.01 % of all tests. NOT SEEN"
    assert sentences.p_value(0.0547) == "0.055"
    assert sentences.p_value(None) == "-"
