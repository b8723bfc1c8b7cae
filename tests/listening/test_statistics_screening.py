"""Who is left out, and who is not."""

from __future__ import annotations

import pytest

from styletransfer.listening.statistics.screening import TEXTS, Answers, Rule, Summary, reasons


def rating(**given) -> tuple[Rule, ...]:
    return reasons(Summary(kind=Answers.RATINGS, **given))


@pytest.mark.parametrize(
    ("failed", "traps", "is_left_out"),
    [(1, 20, False), (1, 1, False), (3, 20, False), (4, 20, True), (2, 13, True), (2, 14, False), (2, 2, True)],
)
def test_traps(failed: int, traps: int, is_left_out: bool) -> None:
    """More than 15 %, and never for one mistake: 3 of 20 are 15 %, 2 of 13 are 15.4 %."""
    assert rating(traps=traps, traps_failed=failed) == ((Rule.TRAPS,) if is_left_out else ())


@pytest.mark.parametrize(
    ("kind", "repeats", "is_left_out"),
    [
        (Answers.RATINGS, [(1, 3), (5, 3)], False),
        (Answers.RATINGS, [(1, 4), (5, 3)], False),
        (Answers.RATINGS, [(1, 4), (5, 2), (3, 3)], True),
        (Answers.RATINGS, [(1, 4)], True),
        (Answers.SCORES, [(10, 50)], False),
        (Answers.SCORES, [(10, 51)], True),
        (Answers.CHOICES, [("quick", "studio")], False),
        (Answers.CHOICES, [("quick", "none"), ("none", "quick")], True),
        (Answers.CHOICES, [("quick", "quick"), ("none", "quick")], False),
        (Answers.CHOICES, [], False),
    ],
)
def test_repeats(kind: Answers, repeats: list, is_left_out: bool) -> None:
    assert reasons(Summary(kind=kind, repeats=repeats)) == ((Rule.REPEATS,) if is_left_out else ())


def test_answers_that_are_all_alike() -> None:
    assert rating(answers=[3] * 8) == (Rule.NO_VARIANCE,)
    assert rating(answers=[3] * 7) == ()
    assert rating(answers=[3] * 20 + [4]) == ()
    assert reasons(Summary(kind=Answers.CHOICES, answers=["a"] * 16)) == (Rule.NO_VARIANCE,)
    assert reasons(Summary(kind=Answers.CHOICES, answers=["none"] * 16)) == ()


def test_all_reasons_are_told_and_each_has_its_text() -> None:
    everything = rating(not_played=1, answers=[1] * 9, traps=4, traps_failed=4, repeats=[(1, 5)])
    assert everything == tuple(Rule)
    assert TEXTS.keys() == set(Rule)
    assert rating(not_played=0) == ()


def test_the_texts_have_the_limits() -> None:
    assert "15 %" in TEXTS[Rule.TRAPS]
    assert "2 steps of 5, by more than 40 points of 100" in TEXTS[Rule.REPEATS]
