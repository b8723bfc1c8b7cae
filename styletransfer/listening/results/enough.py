"""How many listeners, and how many trials, are enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from styletransfer.listening.plan import ABX_TRIALS, Kind, ListeningError, Plan
from styletransfer.listening.results.choosing import Choices
from styletransfer.listening.results.rating import SCALES, Ratings, rows_of
from styletransfer.listening.statistics import abx
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, Mean
from styletransfer.listening.statistics.planning import listeners_for_difference, listeners_for_half_width
from styletransfer.listening.statistics.ratings import MOST_PAIRS

SD, HALF_WIDTHS, DIFFERENCE = 0.25, (0.125, 0.075), 0.125
"""As shares of the scale. On one from 1 to 5: deviation 1, half-widths 0.5 and 0.3, difference 0.5."""
CHOICES = 2.0
"""How far the ends of a choice are apart, which counts -1, 0 or 1"""


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
    """whether this test's listeners showed it; else it is assumed"""

    @classmethod
    def of(cls, own: float | None, assumed: float) -> Deviation:
        """Take the test's own deviation if there is one."""
        return cls(sd=own or assumed, is_own=bool(own))


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
    """listeners who find a difference of that size in 80 % of all tests; None where no pairs are compared"""
    n_pairs: int = 0
    """that are compared, for whose number p is adjusted"""
    choices_each: int = 0
    """how often each listener chooses between the same two; 0 where sounds are rated"""
    abx: tuple[AbxTrials, ...] = ()


def enough_for(plan: Plan, found: Sequence[Ratings | Choices]) -> Enough:
    """Tell what would be enough, from this test's own deviations where 6 listeners or more have given them."""
    if plan.kind is Kind.ABX:
        return Enough(abx=tuple(map(_trials, ABX_TRIALS)))
    scale = SCALES.get(plan.kind)
    return _enough_choices(plan, found) if scale is None else _enough_ratings(plan, scale.width, found)


def _enough_ratings(plan: Plan, width: float, found: Sequence[Ratings | Choices]) -> Enough:
    sd = Deviation.of(_sd_of_means(found), SD * width)
    n_pairs = math.comb(len(rows_of(plan)), 2)
    apart = Deviation.of(_sd_of_differences(found), SD * width) if 0 < n_pairs <= MOST_PAIRS else None
    return Enough(
        sd=sd,
        sd_of_differences=apart,
        half_widths=tuple(_wanted(listeners_for_half_width, share * width, sd.sd) for share in HALF_WIDTHS),
        difference=_wanted(listeners_for_difference, DIFFERENCE * width, apart.sd, n_pairs) if apart else None,
        n_pairs=n_pairs,
    )


def _enough_choices(plan: Plan, found: Sequence[Ratings | Choices]) -> Enough:
    """Without listeners of its own it is reckoned with those who choose either as often: 1 or -1, in the mean of their
    choices."""
    each, n_pairs = plan.items_each or len(plan.items), math.comb(len(plan.conditions), 2)
    apart = Deviation.of(_sd_of_differences(found), 1 / math.sqrt(each))
    return Enough(
        sd_of_differences=apart,
        difference=_wanted(listeners_for_difference, DIFFERENCE * CHOICES, apart.sd, n_pairs),
        n_pairs=n_pairs,
        choices_each=each,
    )


def _wanted(listeners_for: Callable[..., int], size: float, *known: float) -> Wanted:
    try:
        return Wanted(size=size, n_listeners=listeners_for(size, *known))
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
