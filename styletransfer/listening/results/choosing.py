"""Figures of tests in which listeners choose: ABX, preference, and which is closer."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from styletransfer.listening.plan import Kind, Plan, Question
from styletransfer.listening.results.said import Listener, Said
from styletransfer.listening.statistics import abx, preferences
from styletransfer.listening.statistics.abx import Overall, Score
from styletransfer.listening.statistics.listeners import LEVEL, holm
from styletransfer.listening.statistics.preferences import FIRST, NEITHER, SECOND, Preferences


@dataclass(frozen=True, kw_only=True)
class ListenersScore:
    """One listener's ABX score."""

    listener: int
    """number"""
    score: Score
    p_holm: float | None
    """of the score, adjusted for the number of listeners"""

    @property
    def is_shown(self) -> bool:
        """Whether this listener is shown to hear a difference, as one of all who were looked at."""
        return self.p_holm is not None and self.p_holm <= LEVEL


@dataclass(frozen=True, kw_only=True)
class ItemsScore:
    """How often X was found with one item."""

    label: str
    right: int
    trials: int


@dataclass(frozen=True, kw_only=True)
class Abx:
    """What an ABX test shows."""

    ways: tuple[str, str]
    """labels of what A and B were"""
    scores: tuple[ListenersScore, ...]
    overall: Overall
    n_shown: int
    """listeners who are shown to hear a difference"""
    items: tuple[ItemsScore, ...]


@dataclass(frozen=True, kw_only=True)
class ItemsChoices:
    """How two ways were chosen between with one item."""

    label: str
    first: str
    second: str
    wins: int
    """choices of the first"""
    ties: int
    losses: int


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What listeners chose."""

    kind: Kind
    question: Question
    ways: tuple[str, ...]
    """labels, in the order of `found.worths`"""
    found: Preferences
    items: tuple[ItemsChoices, ...]


def is_right(said: Said) -> bool:
    """Whether an ABX answer names what X is."""
    slots = said.trial.slots
    return slots[said.value["choice"]] == slots["x"]


def abx_of(plan: Plan, listeners: Sequence[Listener]) -> Abx:
    """Tell how often listeners found X; all of them have answered all trials."""
    rights = [sum(map(is_right, listener.counted())) for listener in listeners]
    totals = [len(listener.session.trials) for listener in listeners]
    found = [abx.score(right, total) for right, total in zip(rights, totals, strict=True)]
    adjusted = holm([each.p for each in found])
    scores = tuple(
        ListenersScore(listener=listener.number, score=score, p_holm=p_holm)
        for listener, score, p_holm in zip(listeners, found, adjusted, strict=True)
    )
    first, second = (condition.label for condition in plan.conditions)
    return Abx(
        ways=(first, second),
        scores=scores,
        overall=abx.overall(rights, totals),
        n_shown=sum(each.is_shown for each in scores),
        items=tuple(_items_score(plan, listeners)),
    )


def _items_score(plan: Plan, listeners: Iterable[Listener]) -> Iterable[ItemsScore]:
    said = [each for listener in listeners for each in listener.counted()]
    for item in plan.items:
        right = [is_right(each) for each in said if each.trial.item == item.key]
        yield ItemsScore(label=item.label, right=sum(right), trials=len(right))


def choices_of(plan: Plan, question: Question, listeners: Iterable[Listener]) -> Choices:
    """Tell what listeners chose when asked a question."""
    rows = [
        (listener.number, said.trial.item, *_outcome(plan, said))
        for listener in listeners
        for said in listener.counted(question.key)
    ]
    numbers, _, firsts, seconds, outcomes = zip(*rows, strict=True) if rows else [()] * 5
    labels = tuple(condition.label for condition in plan.conditions)
    return Choices(
        kind=plan.kind,
        question=question,
        ways=labels,
        found=preferences.analyse(numbers, firsts, seconds, outcomes, len(labels)),
        items=tuple(_items_choices(plan, labels, [row[1:] for row in rows])),
    )


def _outcome(plan: Plan, said: Said) -> tuple[int, int, int]:
    """The indices of the two ways, the lower first, and which of them was chosen."""
    places = {condition.key: index for index, condition in enumerate(plan.conditions)}
    a, b = (places[said.trial.slots[slot]] for slot in "ab")
    chosen = {"a": FIRST, "b": SECOND}.get(said.value["choice"], NEITHER)
    return (a, b, chosen) if a < b else (b, a, -chosen)


def _items_choices(
    plan: Plan, labels: Sequence[str], rows: Sequence[tuple[str, int, int, int]]
) -> Iterable[ItemsChoices]:
    counts = Counter(rows)
    for item, (first, second) in itertools.product(plan.items, itertools.combinations(range(len(labels)), 2)):
        wins, ties, losses = (counts[item.key, first, second, outcome] for outcome in (FIRST, NEITHER, SECOND))
        if wins + ties + losses:
            yield ItemsChoices(
                label=item.label, first=labels[first], second=labels[second], wins=wins, ties=ties, losses=losses
            )
