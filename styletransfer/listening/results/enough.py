"""How many listeners, and how many trials, are enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from styletransfer.listening.plan import ABX_TRIALS, Kind, ListeningError, Plan
from styletransfer.listening.results.choosing import Choices
from styletransfer.listening.results.rating import SCALES, Ratings
from styletransfer.listening.statistics import abx
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, Mean
from styletransfer.listening.statistics.planning import listeners_for_difference, listeners_for_half_width

SD, HALF_WIDTHS, DIFFERENCE = 0.25, (0.125, 0.075), 0.125
"""As shares of the scale. On one from 1 to 5: deviation 1, half-widths 0.5 and 0.3, difference 0.5."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How many listeners one wish takes."""

    size: float
    """in steps of the scale"""
    n_listeners: int | None
    """None where it is more than anybody finds"""


@dataclass(frozen=True, kw_only=True)
class AbxTrials:
    """What a number of trials can do."""

    trials: int
    needed: int | None
    power: float
    """of one listener who is right in abx.HEARING of all trials"""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """How far listeners are apart."""

    sd: float
    is_own: bool
    """whether this test's listeners showed it; else it is a quarter of the scale"""

    @classmethod
    def of(cls, own: float | None, width: float) -> Deviation:
        """Take the test's own deviation if there is one; `width` is that of the scale."""
        return cls(sd=own or SD * width, is_own=bool(own))


@dataclass(frozen=True, kw_only=True)
class Enough:
    """What would be enough."""

    sd: Deviation | None = None
    """between listeners, of what they say of one row"""
    sd_of_differences: Deviation | None = None
    """likewise of their own differences between two rows"""
    half_widths: tuple[Wanted, ...] = ()
    """listeners for an interval that reaches so far to each side"""
    difference: Wanted | None = None
    """listeners who find a difference of that size in 80 % of all tests"""
    abx: tuple[AbxTrials, ...] = ()


def enough_for(plan: Plan, found: Sequence[Ratings | Choices]) -> Enough:
    """Tell what would be enough, from this test's own deviations where 6 listeners or more have given them."""
    if plan.kind is Kind.ABX:
        return Enough(abx=tuple(map(_trials, ABX_TRIALS)))
    scale = SCALES.get(plan.kind)
    width = scale.high - scale.low if scale else 2.0  # a choice counts -1, 0 or 1
    sd = Deviation.of(_sd_of_means(found), width)
    apart = Deviation.of(_sd_of_differences(found), width)
    half_widths = [share * width for share in HALF_WIDTHS] if scale else []
    return Enough(
        sd=sd if scale else None,
        sd_of_differences=apart,
        half_widths=tuple(_wanted(listeners_for_half_width, each, sd.sd) for each in half_widths),
        difference=_wanted(listeners_for_difference, DIFFERENCE * width, apart.sd),
    )


def _wanted(listeners_for: Callable[[float, float], int], size: float, sd: float) -> Wanted:
    try:
        return Wanted(size=size, n_listeners=listeners_for(size, sd))
    except ListeningError:  # more than anybody will find
        return Wanted(size=size, n_listeners=None)


def _trials(trials: int) -> AbxTrials:
    return AbxTrials(trials=trials, needed=abx.needed_score(trials), power=abx.power(trials))


def _sd_of_means(found: Sequence[Ratings | Choices]) -> float | None:
    """Between listeners, of what they say of one row."""
    return _pooled(_sds(row.mean for each in found if isinstance(each, Ratings) for row in each.found.rows))


def _sd_of_differences(found: Sequence[Ratings | Choices]) -> float | None:
    """Between listeners, of their own differences between two rows or of their choices between two ways."""
    of_ratings = [sd for each in found if isinstance(each, Ratings) for sd in each.difference_sds]
    scores = [pair.score for each in found if isinstance(each, Choices) for pair in each.found.pairs]
    return _pooled([*of_ratings, *_sds(scores)])


def _sds(means: Iterable[Mean]) -> list[float]:
    return [each.sd for each in means if each.sd is not None and each.n_listeners >= FEWEST_FOR_P]


def _pooled(deviations: Sequence[float]) -> float | None:
    """The deviation whose square is the mean of the others' squares; None where there is none to plan by."""
    if not deviations:
        return None
    return math.sqrt(sum(each**2 for each in deviations) / len(deviations)) or None
