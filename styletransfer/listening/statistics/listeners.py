"""Figures whose unit is the listener: means with intervals, tests, listeners drawn again.

The answers of one listener resemble one another, so that no number of them makes up for few listeners: whatever a
listener says is brought to one value, and what is told of all of them comes from these values. Nothing depends on their
order.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from styletransfer.listening.plan import ListeningError

FEWEST_FOR_P = 6
"""Listeners below which there are figures and intervals, but no p"""
CONFIDENCE = 0.95
"""Of all intervals"""
LEVEL = 0.05
"""At or below which p counts as significant"""
EXACT_UP_TO = 28
"""Listeners whose subsets are all looked at, the sums of two halves being sorted (2^14 each); of more they are drawn"""
DRAWS, DRAWS_AT_ONCE = 10_000, 1000
SEED = 16


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a figure lies with a confidence of 95 %."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean over listeners."""

    mean: float | None
    """None without listeners"""
    sd: float | None
    """between listeners; None below two"""
    interval: Interval | None
    """likewise"""
    n_listeners: int


def values_of(given: ArrayLike) -> np.ndarray:
    """Return values as an array, one for each listener.

    `(n_listeners,)` float64, sorted. Raises ListeningError for what is not finite or has another shape.
    """
    values = np.sort(np.asarray(given, np.float64))
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ListeningError("A value for a listener is missing or no number. Give one finite value for each.")
    return values


def mean(values: ArrayLike, bounds: tuple[float, float] | None = None) -> Mean:
    """Compute the mean over listeners with the interval of Student's t.

    `values` is `(n_listeners,)`, finite. `bounds` are the ends of the scale, beyond which the interval does not reach.
    Raises ListeningError.
    """
    found = values_of(values)
    n_listeners = len(found)
    if n_listeners < 2:
        only = float(found[0]) if n_listeners else None
        return Mean(mean=only, sd=None, interval=None, n_listeners=n_listeners)
    centre, sd = float(found.mean()), float(found.std(ddof=1))
    half = t_quantile(n_listeners) * sd / math.sqrt(n_listeners)
    interval = within(Interval(low=centre - half, high=centre + half), bounds)
    return Mean(mean=centre, sd=sd, interval=interval, n_listeners=n_listeners)


def within(interval: Interval, bounds: tuple[float, float] | None) -> Interval:
    """Cut an interval at the ends of a scale."""
    if bounds is None:
        return interval
    low, high = (float(np.clip(end, *bounds)) for end in (interval.low, interval.high))
    return Interval(low=low, high=high)


def sign_flip_p(values: ArrayLike, *, one_sided: bool = False, seed: int = SEED) -> float | None:
    """Test whether a mean over listeners differs from 0, or is above it if `one_sided`.

    `values` is `(n_listeners,)`, finite. If there were nothing, each value could as well have the other sign. Their sum
    is at least as high after flipping the signs of some listeners where the values of these sum to 0 at most: p is the
    share of all subsets of listeners for which that is so. Exact up to EXACT_UP_TO listeners; above that DRAWS subsets
    are drawn, and p is (hits + 1) / (DRAWS + 1). None below FEWEST_FOR_P. Raises ListeningError.
    """
    found = values_of(values)
    if len(found) < FEWEST_FOR_P:
        return None
    if not one_sided and found.sum() < 0:
        found = -found[::-1]
    slack = 1e-9 * float(np.abs(found).sum())  # sums that are equal but for rounding are equal
    share = _share_of_subsets(found, slack) if len(found) <= EXACT_UP_TO else _share_of_draws(found, slack, seed)
    return share if one_sided else min(1.0, 2 * share)


def _share_of_subsets(values: np.ndarray, at_most: float) -> float:
    """The share of all subsets whose sum is at most so much."""
    first, second = _subset_sums(values[::2]), np.sort(_subset_sums(values[1::2]))
    fitting = np.searchsorted(second, at_most - first, side="right")
    return float(fitting.sum() / (len(first) * len(second)))


def _subset_sums(values: np.ndarray) -> np.ndarray:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


def _share_of_draws(values: np.ndarray, at_most: float, seed: int) -> float:
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        subsets = rng.integers(0, 2, (DRAWS_AT_ONCE, len(values))).astype(np.float64)
        hits += int(np.count_nonzero(subsets @ values <= at_most))
    return (hits + 1) / (DRAWS + 1)


@functools.lru_cache(maxsize=4)
def drawn_again(n_listeners: int, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Draw as many listeners as there are, with replacement, again and again.

    Returns how often each was drawn, `(draws, n_listeners)` float64, not to be written to; `draws` is even. Each draw
    has its mirror, in which the last listener takes the place of the first: of sorted values, with their signs turned,
    the same means come with their signs turned.
    """
    rng = np.random.default_rng(seed)
    half = rng.multinomial(n_listeners, np.full(n_listeners, 1 / n_listeners), size=draws // 2)
    counts = np.concatenate([half, half[:, ::-1]]).astype(np.float64)
    counts.flags.writeable = False
    return counts


def interval_of_draws(estimate: float, drawn: np.ndarray, n_listeners: int) -> Interval | None:
    """Turn the estimates of listeners drawn again into an interval.

    `drawn` is `(draws,)`. Plain percentiles are too narrow for few listeners (with 8 they cover 89 % in place of 95 %).
    So percentiles further out are taken: the expanded percentile interval, which for a mean of normal values is as
    wide as that of Student's t (Hesterberg, "What teachers should know about the bootstrap", 2015). Below
    FEWEST_FOR_P listeners no percentile is far enough out, and it is that of Student's t around `estimate` with the
    deviation of the draws. None below two listeners.
    """
    if n_listeners < 2:
        return None
    reach = t_quantile(n_listeners) * math.sqrt(n_listeners / (n_listeners - 1))
    if n_listeners < FEWEST_FOR_P:
        half = reach * float(drawn.std())
        return Interval(low=estimate - half, high=estimate + half)
    share = float(special.ndtr(-reach))
    low, high = np.quantile(drawn, [share, 1 - share])
    return Interval(low=float(low), high=float(high))


def bootstrap_mean(values: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Interval | None:
    """Find the interval of a mean by drawing listeners again.

    `values` is `(n_listeners,)`, finite. See `interval_of_draws`. Raises ListeningError.
    """
    found = values_of(values)
    if len(found) < 2:
        return None
    drawn = drawn_again(len(found), draws, seed) @ found / len(found)
    return interval_of_draws(float(found.mean()), drawn, len(found))


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjust p for the number of tests by Holm's method.

    In the order given, each at most 1. Where there is None there was no test, and it stays.
    """
    tested = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, index) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * p))
        adjusted[index] = highest
    return tuple(adjusted)


def t_quantile(n_listeners: int) -> float:
    """Find how many standard errors the interval of a mean reaches to each side."""
    return float(special.stdtrit(n_listeners - 1, (1 + CONFIDENCE) / 2))
