"""What a test shows: by hand, of made-up listeners against other statistics, and nothing before it may."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.power import TTestPower
from support.listening_people import BEGAN, CLOSED, LATER, Taken, hears, listens, nonsense, taken_by
from support.listening_plans import plan_of

from styletransfer.listening.making import PAPER
from styletransfer.listening.plan import Kind, Plan, Published
from styletransfer.listening.results import Results, results
from styletransfer.listening.results.blocks import Paragraph, Plot, Table
from styletransfer.listening.results.report import report
from styletransfer.listening.results.said import listeners_of
from styletransfer.listening.statistics.screening import Rule
from styletransfer.listening.trials import Check, Trial


def taken(kind: Kind, n_listeners: int, n_conditions: int = 3, spread: float = 0.3, **options: Any) -> Taken:
    """A closed test that some have taken who listen, and find the last way the best."""
    if kind is Kind.ABX:
        return taken_by(plan_of(kind, closes=CLOSED, **options), n_listeners, lambda: hears(0.9))
    plan = plan_of(kind, n_conditions=n_conditions, closes=CLOSED, **options)
    return taken_by(plan, n_listeners, lambda: listens(spread))


def read(test: Taken) -> Results:
    return results(*test.all, now=LATER)


def said(test: Taken, keep: Callable[[Trial], bool]) -> list[tuple[int, Trial, Mapping[str, Any]]]:
    """All answers of complete listeners, by the listener's place: the long way, without what is tested here."""
    trials = {session.key: session.trials for session in test.sessions}
    places = {session.key: place for place, session in enumerate(test.sessions)}
    found = [(places[each.session], trials[each.session][each.trial], each.value) for each in test.answers]
    return [each for each in found if keep(each[1])]


def is_plain(trial: Trial) -> bool:
    return trial.check is Check.NONE


def texts(found: Results) -> str:
    return "\n".join(str(dataclasses.astuple(block)) for block in report(found))


def test_eight_of_ten_is_no_proof() -> None:
    """abxtests.com says 0.044, the probability of exactly 8; of 8 or more it is 0.0547."""
    test = Taken(plan_of(Kind.ABX, trials=10, closes=CLOSED))
    rights = iter([True] * 8 + [False] * 2)

    def answer(trial: Trial, _: object) -> Mapping[str, Any]:
        is_a, is_right = trial.slots["a"] == trial.slots["x"], next(rights)
        return {"choice": "a" if is_a == is_right else "b"}

    test.take(answer)
    found = read(test).everybody
    assert found
    assert found.abx
    (only,) = found.abx.scores
    assert (only.listener, only.score.right, only.score.needed) == (1, 8, 9)
    assert only.score.p == pytest.approx(56 / 1024)
    assert found.abx.n_shown == 0
    assert found.abx.overall.p is None
    assert "Fewer than 6 listeners" in texts(read(test))


def test_one_failed_check_of_twenty_leaves_nobody_out() -> None:
    questions = [dataclasses.replace(plan_of(Kind.CLOSER).questions[0], key=f"question-{i}") for i in range(10)]
    test = Taken(plan_of(Kind.CLOSER, closes=CLOSED, questions=tuple(questions)))
    usual, failures = listens(0.0), [0, 1, 4]
    for n_failures in failures:
        left = [n_failures]

        def answer(trial: Trial, chance: Any, left: list[int] = left) -> Mapping[str, Any]:
            given = usual(trial, chance)
            if trial.check is Check.TRAP and left[0]:
                left[0] -= 1
                return {"choice": "a" if given["choice"] == "b" else "b"}
            return given

        test.take(answer)
    drawn = [trial for trial in test.sessions[0].trials if trial.check in (Check.TRAP, Check.IDENTICAL)]
    assert len(drawn) == 20
    assert [each.reasons for each in read(test).listeners] == [(), (), (Rule.TRAPS,)]


@pytest.mark.parametrize("kind", list(Kind))
def test_who_answers_nonsense_is_taken_out_and_counted(kind: Kind) -> None:
    test = taken(kind, 6)
    test.take(nonsense(kind))
    found = read(test)
    assert [bool(each.reasons) for each in found.listeners] == [False] * 6 + [True]
    assert found.taken_out[Rule.NO_VARIANCE] == 1
    assert found.everybody
    assert found.screened
    assert (found.everybody.n_listeners, found.screened.n_listeners) == (7, 6)
    assert "Without 1 listener who broke a rule (6 left)" in texts(found)
    del test.sessions[-1]
    test.answers = [each for each in test.answers if each.session != "session-7-key"]
    assert read(test).everybody == found.screened, "without them it is as if they had not come"


def test_who_prefers_one_of_two_that_are_identical_fails_a_check() -> None:
    question = plan_of(Kind.PREFERENCE).questions[0]
    questions = tuple(dataclasses.replace(question, key=f"question-{i}") for i in range(4))
    test = Taken(plan_of(Kind.PREFERENCE, closes=CLOSED, questions=questions))
    usual = listens(0.0)
    test.take(usual)
    test.take(lambda trial, chance: {"choice": "b"} if trial.check is Check.IDENTICAL else usual(trial, chance))
    assert [each.reasons for each in read(test).listeners] == [(), (Rule.TRAPS,)]


def test_what_was_not_heard_is_no_answer() -> None:
    test = taken(Kind.RATING, 1)
    test.take(listens(), heard={"a": 0.0})
    assert read(test).listeners[1].reasons == (Rule.NOT_PLAYED,)


def test_who_changes_what_comes_twice_is_taken_out() -> None:
    test = Taken(plan_of(Kind.RATING, closes=CLOSED))
    usual = listens(0.0)

    def changes(trial: Trial, chance: Any) -> Mapping[str, Any]:
        return {"rating": 5} if trial.check is Check.REPEAT else {"rating": 1 + chance.randint(0, 1)}

    def traps(trial: Trial, chance: Any) -> Mapping[str, Any]:
        return usual(trial, chance) if trial.check is Check.TRAP else changes(trial, chance)

    test.take(traps)
    assert read(test).listeners[0].reasons == (Rule.REPEATS,)


def test_ratings_agree_with_scipy() -> None:
    """Of listeners who differ; intervals of those who hardly do are in test_statistics_widening.py."""
    test = taken(Kind.RATING, 8, spread=1.0)
    found = read(test).everybody
    assert found
    for question, ratings in zip(test.plan.questions, found.ratings, strict=True):
        table = np.zeros((8, 3, 5))
        for place, trial, value in said(test, lambda t, key=question.key: is_plain(t) and t.question == key):
            item, way = (int(key[-1]) - 1 for key in (trial.item, trial.slots["a"]))
            table[place, way, item] = value["rating"]
        assert (table > 0).all()
        means = table.mean(axis=2)
        for way, row in enumerate(ratings.found.rows):
            assert row.mean.mean == pytest.approx(means[:, way].mean())
            low, high = scipy.stats.t.interval(0.95, 7, means[:, way].mean(), scipy.stats.sem(means[:, way]))
            assert row.mean.interval
            assert (row.mean.interval.low, row.mean.interval.high) == pytest.approx((low, high))
            assert list(row.histogram) == [int((table[:, way] == value).sum()) for value in range(1, 6)]
        assert ratings.found.friedman
        assert ratings.found.friedman.p == pytest.approx(scipy.stats.friedmanchisquare(*means.T).pvalue)
        pair = ratings.found.differences[0]
        assert pair.mean == pytest.approx((means[:, 0] - means[:, 1]).mean())
        cell = ratings.cells[4]
        assert (cell.item, cell.way) == ("item 2", "CONDITION-2")
        assert cell.row.mean.mean == pytest.approx(table[:, 1, 1].mean())
        assert ratings.difference_sds[1] == pytest.approx((means[:, 0] - means[:, 2]).std(ddof=1))


def test_scores_have_the_hidden_content_and_style_as_rows_of_their_own() -> None:
    test = taken(Kind.SEVERAL, 7)
    found = read(test).everybody
    assert found
    (scores,) = found.ratings
    assert [each.label for each in scores.anchors] == ["the content itself", "the style itself"]
    by_sound: dict[str, list[int]] = {}
    for _, trial, value in said(test, is_plain):
        for slot, score in value["scores"].items():
            by_sound.setdefault(trial.slots[slot], []).append(score)
    assert scores.anchors[1].row.mean.mean == pytest.approx(np.mean(by_sound["reference:style"]))
    means = [row.mean.mean for row in scores.found.rows]
    assert means == pytest.approx([np.mean(by_sound[f"condition-{i}"]) for i in (1, 2, 3)])
    assert len(scores.found.differences) == 3, "the anchors are compared with nothing"
    assert "1534" not in texts(read(test))


@pytest.mark.parametrize("kind", [Kind.PREFERENCE, Kind.CLOSER])
def test_choices_are_counted_whatever_slot_they_were_in(kind: Kind) -> None:
    test = taken(kind, 7)
    found = read(test).everybody
    assert found
    (choices,) = found.choices
    for pair in choices.found.pairs:
        keys = [test.plan.conditions[place].key for place in (pair.first, pair.second)]
        chosen = [
            trial.slots.get(value["choice"], "none")
            for _, trial, value in said(test, is_plain)
            if {trial.slots["a"], trial.slots["b"]} == set(keys)
        ]
        assert [chosen.count(each) for each in (keys[0], "none", keys[1])] == [pair.wins, pair.ties, pair.losses]
        assert len(chosen) == 35
    assert choices.found.worths
    worths = [each.log_worth for each in choices.found.worths]
    assert worths == sorted(worths)
    assert sum(each.wins + each.ties + each.losses for each in choices.items) == 3 * 35


def test_abx_over_listeners_is_as_they_answered() -> None:
    test = taken(Kind.ABX, 8)
    found = read(test).everybody
    assert found
    assert found.abx
    rights = [0] * 8
    for place, trial, value in said(test, is_plain):
        rights[place] += trial.slots[value["choice"]] == trial.slots["x"]
    assert [each.score.right for each in found.abx.scores] == rights
    for each in found.abx.scores:
        assert each.score.p == pytest.approx(scipy.stats.binomtest(each.score.right, 16, alternative="greater").pvalue)
    assert found.abx.overall.p == pytest.approx(2**-8), "all were right more often than not"
    assert sum(each.right for each in found.abx.items) == sum(rights)


@pytest.mark.parametrize("kind", list(Kind))
def test_before_it_closes_there_are_counts_and_nothing_else(kind: Kind) -> None:
    test = taken(kind, 2)
    found = results(*test.all, now=BEGAN + timedelta(days=10))
    assert (found.begun, found.finished, found.complete) == (2, 2, 2)
    assert found.answers == len(test.answers)
    assert (found.everybody, found.screened, found.taken_out) == (None, None, {})
    assert all(each.reasons is None for each in found.listeners)
    assert not any(isinstance(block, Plot) for block in report(found))
    assert "Until it is closed there are only counts" in texts(found)


def test_what_is_shown_before_depends_on_no_answer() -> None:
    plan = plan_of(Kind.RATING, closes=CLOSED)
    one, other = (taken_by(plan, 3, lambda rating=rating: lambda *_: {"rating": rating}) for rating in (1, 5))
    for test, comment in ((one, "the first is better"), (other, "the second is better")):
        test.sessions = [dataclasses.replace(each, comment=comment) for each in test.sessions]
    assert results(*one.all, now=BEGAN) == results(*other.all, now=BEGAN)
    assert read(one) != read(other)


def test_who_peeks_sees_figures_and_all_know() -> None:
    test = taken(Kind.RATING, 2, peeks=True)
    assert results(*test.all, now=BEGAN).everybody
    told = texts(results(*test.all, now=BEGAN))
    assert "Peeking" in told
    assert "read while it was open" in told
    assert "Peeking" in texts(read(test)), "afterwards too"
    assert "Peeking" not in texts(read(taken(Kind.RATING, 2)))


def test_an_abx_score_is_hidden_until_the_last_trial() -> None:
    test = Taken(plan_of(Kind.ABX, peeks=True))
    test.take(hears(1.0))
    test.take(hears(1.0), n_answers=15)
    found = results(*test.all, now=LATER)
    assert found.everybody
    assert found.everybody.abx
    assert [each.listener for each in found.everybody.abx.scores] == [1]
    assert (found.begun, found.complete, found.answers) == (2, 1, 31)


def test_of_two_answers_to_one_trial_the_first_counts() -> None:
    test = taken(Kind.ABX, 1)
    before = read(test)
    again = dataclasses.replace(test.answers[3], key="another-key", value={"choice": "a"})
    other = dataclasses.replace(test.answers[3], key="one-more-key", value={"choice": "b"})
    test.answers += [again, other]
    assert read(test) == before


@pytest.mark.parametrize(
    ("kind", "n_items", "missing"),
    [
        (Kind.PREFERENCE, 3, {Rule.NO_VARIANCE, Rule.TRAPS, Rule.REPEATS}),
        (Kind.PREFERENCE, 5, {Rule.REPEATS}),
        (Kind.PREFERENCE, 9, set()),
        (Kind.CLOSER, 5, {Rule.NO_VARIANCE, Rule.REPEATS}),
        (Kind.RATING, 5, set()),
        (Kind.SEVERAL, 5, {Rule.TRAPS}),
    ],
)
def test_only_rules_that_somebody_can_break_are_told(kind: Kind, n_items: int, missing: set[Rule]) -> None:
    """3 trials have no checks; 5 choices have two identical pairs and one repeat, of which two must differ."""
    found = read(taken(kind, 1, 2 if kind is not Kind.RATING else 1, n_items=n_items))
    assert set(found.rules) == set(Rule) - missing
    told = texts(found)
    assert ("whose answer is known" in told) == (Rule.TRAPS not in missing)


def test_listeners_are_numbered_as_they_began() -> None:
    test = taken(Kind.ABX, 4)
    backwards = listeners_of(test.sessions[::-1], test.answers)
    assert [each.session.key for each in backwards] == [f"session-{i}-key" for i in (1, 2, 3, 4)]


def test_the_papers_table_stands_beside_ours() -> None:
    published = Published(
        source="the paper", raters=8, means={f"item {i}": mean for i, mean in enumerate((2.38, 3.75))}
    )
    plan = plan_of(Kind.RATING, 2, 1, closes=CLOSED, published=published)

    def table(found: Results) -> Table:
        return next(b for b in report(found) if isinstance(b, Table) and b.caption == "Means of ratings from 1 to 5")

    empty = results(plan, [], [], now=LATER)
    assert {cell for row in table(empty).rows for cell in row[2:]} == {"no ratings yet"}
    assert "only tell apart rows that are about 1.2 apart" in texts(empty)
    open_ = results(dataclasses.replace(plan, closes=""), [], [], now=LATER)
    assert {cell for row in table(open_).rows for cell in row[2:]} == {"no ratings yet"}
    test = taken_by(plan, 2, lambda: lambda *_: {"rating": 4})
    hidden = results(*test.all, now=BEGAN)
    assert {cell for row in table(hidden).rows for cell in row[2:]} == {"not shown yet"}
    found = read(test)
    assert [row[1:] for row in table(found).rows] == [("2.38", *["no ratings yet"] * 3), ("3.75", *["4.00"] * 3)]
    assert found.everybody
    assert [each.labels for each in found.everybody.ratings] == [("item 1", "item 2")] * 3
    assert max(PAPER.means.values()) == 3.75


def test_how_many_are_enough_is_told_from_the_tests_own_listeners() -> None:
    few, many = read(taken(Kind.RATING, 5)).enough, read(taken(Kind.RATING, 6)).enough
    assert few.sd
    assert (few.sd.sd, few.sd.is_own) == (1, False)
    assert [(each.size, each.n_listeners) for each in few.half_widths] == [(0.5, 18), (pytest.approx(0.3), 46)]
    assert few.difference
    needed = TTestPower().solve_power(effect_size=0.5, alpha=0.05 / 3, power=0.8)
    assert (few.difference.size, few.difference.n_listeners, few.n_pairs) == (0.5, np.ceil(needed), 3)
    assert many.sd
    assert many.sd.is_own
    assert 0 < many.sd.sd < 1
    powers = [(each.trials, each.needed, round(each.power, 2)) for each in read(taken(Kind.ABX, 1)).enough.abx]
    assert powers == [(8, 7, 0.5), (16, 12, 0.8), (25, 18, 0.89), (30, 20, 0.97)]


def test_each_listener_with_some_of_the_items() -> None:
    found = read(taken(Kind.RATING, 6, n_conditions=1, n_items=6, items_each=2)).everybody
    assert found
    rows = found.ratings[0].found.rows
    assert sum(row.n_ratings for row in rows) == 12
    assert found.ratings[0].found.friedman is None
    assert all(row.mean.n_listeners == row.n_ratings for row in rows)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("n_listeners", [0, 1, 6])
def test_results_are_json_and_each_p_has_a_sentence(kind: Kind, n_listeners: int) -> None:
    found = read(taken(kind, n_listeners))
    assert json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))["kind"] == kind
    tables = [block for block in report(found) if isinstance(block, Table)]
    assert all(len(row) == len(table.head) for table in tables for row in table.rows)
    for table in tables:
        if "p" in table.head:
            assert all(row[table.head.index("what it says")] for row in table.rows)
    sentences = [block.text for block in report(found) if isinstance(block, Paragraph)]
    assert any("Fewer than 6" in text for text in sentences) == (0 < n_listeners < 6)


def test_a_test_that_nobody_took_has_no_figures() -> None:
    plan: Plan = plan_of(Kind.PREFERENCE, closes=CLOSED)
    found = results(plan, [], [], now=LATER)
    assert (found.begun, found.answers) == (0, 0)
    assert "No answers yet." in texts(found)
