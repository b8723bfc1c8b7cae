"""How far an interval reaches at least, where listeners hardly differ.

Student's t and listeners drawn again take the deviation from what was said: where all say the same it is 0, though
the next listener might say something else. So their intervals are widened to one of all answers, each taken for a
listener's, with one more answer that nobody knows, where that reaches further. Where listeners differ it seldom does.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike

from styletransfer.listening.statistics.listeners import CONFIDENCE, SEED, Interval, values_of

SHARES = 10_000
"""Times that the shares of all answers are drawn"""
TAIL = (1 - CONFIDENCE) / 2


def widened(interval: Interval, least: Interval) -> Interval:
    """Make an interval reach as far as another one on either side."""
    return Interval(low=min(interval.low, least.low), high=max(interval.high, least.high))


def interval_of_choices(wins: int, ties: int, losses: int) -> Interval:
    """Find the interval of the mean of choices that count 1, 0 and -1.

    After Gaffke ("Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
    variable", 2005; Learned-Miller and Thomas, "A new confidence interval for the mean of a bounded random variable",
    2019): the shares of all answers are drawn from Dirichlet's distribution, and one more answer is the lowest for the
    lower end, and the highest for the upper one. Without ties it is the exact one of Clopper and Pearson.
    """
    return Interval(low=-_reaches(losses, ties, wins), high=_reaches(wins, ties, losses))


@functools.lru_cache(maxsize=256)
def _reaches(more: int, ties: int, less: int) -> float:
    """The upper end."""
    rng = np.random.default_rng(SEED)
    first, neither, second = (rng.standard_gamma(shape, SHARES) for shape in (more + 1, ties, less))
    return float(np.quantile((first - second) / (first + neither + second), 1 - TAIL))


def interval_of_answers(
    values: ArrayLike, answers_each: int, possible: tuple[float, ...], chances: tuple[float, ...]
) -> Interval:
    """Find the interval of the mean of answers of which a few values are possible.

    `values` is `(n_listeners,)`, what each of them said in the mean of so many answers. The shares of all answers are
    drawn from Dirichlet's distribution, and one more answer is split over those `possible`, by their `chances`, which
    sum to 1 and are the same from either end: Rubin's Bayesian bootstrap (1981) with the prior of Perks ("Some
    observations on inverse probability including a new indifference rule", 1947). Raises ListeningError.
    """
    found = values_of(values)
    drawn = _shares(len(found), answers_each, chances) @ np.concatenate([found, possible])
    low, high = np.quantile(drawn, [TAIL, 1 - TAIL])
    return Interval(low=float(low), high=float(high))


@functools.lru_cache(maxsize=4)
def _shares(n_listeners: int, answers_each: int, chances: tuple[float, ...]) -> np.ndarray:
    """What share each listener has, and each possible answer, `(SHARES, n_listeners + n_possible)` float64.

    As with listeners drawn again each draw has its mirror, so that turning the scale turns the interval.
    """
    shapes = np.concatenate([np.full(n_listeners, float(answers_each)), chances])
    half = np.random.default_rng(SEED).standard_gamma(shapes, (SHARES // 2, len(shapes)))
    mirrored = np.concatenate([half[:, :n_listeners][:, ::-1], half[:, n_listeners:][:, ::-1]], axis=1)
    drawn = np.concatenate([half, mirrored])
    drawn /= drawn.sum(axis=1, keepdims=True)
    drawn.flags.writeable = False
    return drawn
