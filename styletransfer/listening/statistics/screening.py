"""Which sessions are left out, by rules that stand before the first answer (after ITU-T P.808).

Results are shown with and without what they leave out. There is no rule on a hidden reference: what a transfer should
sound like nobody knows, so no sound must be rated high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TRAPS_FAILED_SHARE, TRAPS_FAILED_FEWEST = 0.15, 2
REPEATS_CHANGED_SHARE = 0.5
CHOICES_CHANGED_FEWEST = 2
FEWEST_FOR_VARIANCE = 8
"""Answers below which it means nothing that they are alike"""
LEAST_HEARD_S = 0.5
"""As long as the shortest sound that a test may have: the page asks for 1 s, or for the whole of a shorter one"""
UNDECIDED = "none"
"""The choice of neither: who hears no difference may say so each time"""


class Answers(StrEnum):
    """What kind of answers a session has."""

    CHOICES = "choices"
    RATINGS = "ratings"
    """from 1 to 5"""
    SCORES = "scores"
    """from 0 to 100"""


MOST_APART = {Answers.CHOICES: 0, Answers.RATINGS: 2, Answers.SCORES: 40}
"""How far the answer to a repeat may be from the first one; a choice is the same or not"""


class Rule(StrEnum):
    """Why a session is left out."""

    NOT_PLAYED = "not_played"
    NO_VARIANCE = "no_variance"
    TRAPS = "traps"
    REPEATS = "repeats"


TEXTS = {
    Rule.NOT_PLAYED: (
        "An answer was given before all of its sounds were heard. "
        f"What was played for less than {LEAST_HEARD_S:g} s was not heard."
    ),
    Rule.NO_VARIANCE: (
        f"All answers are the same button or the same value, {FEWEST_FOR_VARIANCE} or more of them "
        '("no preference" each time is an answer, and stays; so does who found X each time).'
    ),
    Rule.TRAPS: (
        f"More than {100 * TRAPS_FAILED_SHARE:.0f} % of the questions whose answer is known were answered wrongly, "
        f"{TRAPS_FAILED_FEWEST} at least: one mistake leaves nobody out."
    ),
    Rule.REPEATS: (
        "More than half of the questions that came twice got answers far apart: "
        f"by more than {MOST_APART[Answers.RATINGS]} steps of 5, by more than {MOST_APART[Answers.SCORES]} points of "
        f"100, or another choice ({CHOICES_CHANGED_FEWEST} other choices at least, since who guesses changes some)."
    ),
}
"""The rules in plain words, as they are shown with a test before its first answer"""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the rules look at in a session."""

    kind: Answers
    not_played: int = 0
    """answers before which a sound was not heard"""
    answers: Sequence[float | str] = ()
    """all but those to traps: the slots that were chosen, or the values"""
    traps: int = 0
    traps_failed: int = 0
    repeats: Sequence[tuple[float | str, float | str]] = ()
    """both answers to what came twice: the conditions that were chosen (not the slots), or the values"""


def reasons(summary: Summary) -> tuple[Rule, ...]:
    """List the rules by which a session is left out; none where it stays."""
    broken = {
        Rule.NOT_PLAYED: summary.not_played > 0,
        Rule.NO_VARIANCE: _is_without_variance(summary.answers),
        Rule.TRAPS: _fails_traps(summary.traps, summary.traps_failed),
        Rule.REPEATS: _is_inconsistent(summary),
    }
    return tuple(rule for rule, is_broken in broken.items() if is_broken)


def _is_without_variance(answers: Sequence[float | str]) -> bool:
    return len(answers) >= FEWEST_FOR_VARIANCE and len(set(answers)) == 1 and answers[0] != UNDECIDED


def _fails_traps(traps: int, failed: int) -> bool:
    return failed >= TRAPS_FAILED_FEWEST and failed > TRAPS_FAILED_SHARE * traps


def _is_inconsistent(summary: Summary) -> bool:
    changed = sum(_are_apart(summary.kind, *pair) for pair in summary.repeats)
    fewest = CHOICES_CHANGED_FEWEST if summary.kind is Answers.CHOICES else 1
    return changed >= fewest and changed > REPEATS_CHANGED_SHARE * len(summary.repeats)


def _are_apart(kind: Answers, first: float | str, again: float | str) -> bool:
    if kind is Answers.CHOICES:
        return first != again
    return abs(float(again) - float(first)) > MOST_APART[kind]
