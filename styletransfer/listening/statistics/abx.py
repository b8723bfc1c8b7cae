"""ABX scores: exact for each listener, and over listeners with the listener as the unit."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics.listeners import CONFIDENCE, LEVEL, Interval, Mean, mean, sign_flip_p
from styletransfer.listening.statistics.widening import widened

GUESSING = 0.5
"""The rate of who hears nothing"""
HEARING = 0.8
"""The rate for which the power is told"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How often somebody was right."""

    right: int
    trials: int
    rate: float
    interval: Interval
    """of the rate, exact"""
    p: float
    """of at least so many by guessing, exact"""
    needed: int | None
    """right answers from which on p is at most 5 %; None where none are enough"""
    power: float
    """how probably somebody whose rate is HEARING gets as many"""


@dataclass(frozen=True, kw_only=True)
class Overall:
    """How often listeners were right, each of them counting as much."""

    rate: Mean
    """of the listeners' rates"""
    p: float | None
    """that they are right more often than by guessing: sign-flip test over listeners, one-sided"""
    right: int
    trials: int


def p_of_score(right: int, trials: int) -> float:
    """Compute how probably guessing gets at least so many right, exactly.

    8 of 10 is 0.0547: more than 5 %, though *exactly* 8 is 0.044. Raises ListeningError.
    """
    _check(right, trials)
    return _at_least(right, trials, GUESSING)


def interval_of_rate(right: int, trials: int) -> Interval:
    """Find the exact interval of a rate (Clopper and Pearson 1934). Raises ListeningError."""
    _check(right, trials)
    tail = (1 - CONFIDENCE) / 2
    low = float(special.betaincinv(right, trials - right + 1, tail)) if right else 0.0
    high = float(special.betaincinv(right + 1, trials - right, 1 - tail)) if right < trials else 1.0
    return Interval(low=low, high=high)


def needed_score(trials: int) -> int | None:
    """Tell how many right answers are significant at 5 %; None below five trials. Raises ListeningError."""
    _check(0, trials)
    return next((right for right in range(trials + 1) if p_of_score(right, trials) <= LEVEL), None)


def power(trials: int, rate: float = HEARING) -> float:
    """Compute how probably somebody with a true rate gets the needed score. Raises ListeningError."""
    needed = needed_score(trials)
    return 0.0 if needed is None else _at_least(needed, trials, rate)


def score(right: int, trials: int) -> Score:
    """Tell all of one listener's score. Raises ListeningError."""
    _check(right, trials)
    return Score(
        right=right,
        trials=trials,
        rate=right / trials,
        interval=interval_of_rate(right, trials),
        p=p_of_score(right, trials),
        needed=needed_score(trials),
        power=power(trials),
    )


def overall(right: ArrayLike, trials: ArrayLike) -> Overall:
    """Tell of all listeners' scores, the listener being the unit.

    `right` and `trials` are `(n_listeners,)` whole numbers. The interval is that of Student's t over the listeners'
    rates, widened to the exact one of all trials together where that reaches further: listeners who happen to agree, as
    when all are right each time, would have none. Raises ListeningError.
    """
    rights, totals = np.asarray(right, np.int64), np.asarray(trials, np.int64)
    if rights.shape != totals.shape or rights.ndim != 1:
        raise ListeningError("Each listener needs a score and a number of trials. Give as many of both.")
    for pair in zip(rights.tolist(), totals.tolist(), strict=True):
        _check(*pair)
    rates = rights / totals
    found, n_right, n_trials = mean(rates, (0.0, 1.0)), int(rights.sum()), int(totals.sum())
    if found.interval:
        pooled = interval_of_rate(n_right, n_trials)
        found = dataclasses.replace(found, interval=widened(found.interval, pooled))
    return Overall(rate=found, p=sign_flip_p(rates - GUESSING, one_sided=True), right=n_right, trials=n_trials)


def _check(right: int, trials: int) -> None:
    if not 0 <= right <= trials or trials < 1:
        raise ListeningError(f"{right} of {trials} is no score. Give 1 trial at least, and no more right than trials.")


def _at_least(right: int, trials: int, rate: float) -> float:
    return float(special.bdtrc(right - 1, trials, rate)) if right else 1.0
