"""Ratings from 1 to 5 and scores from 0 to 100: figures of each row, and which rows differ.

A row is whatever has a mean of its own in the table: an item, a condition, or an item in a condition. All that a
listener said of a row is brought to the mean, and these means are what everything is computed from.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics.listeners import (
    DRAWS,
    FEWEST_FOR_P,
    SEED,
    Interval,
    Mean,
    bootstrap_mean,
    holm,
    mean,
    sign_flip_p,
    within,
)
from styletransfer.listening.statistics.widening import interval_of_answers, widened

DECIMALS = 9
"""To which means are rounded before they are ranked: those that are equal but for rounding are equal"""


MOST_PAIRS = 45
"""Of rows, above which none are compared: after Holm's method they could hardly be told apart"""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What can be answered."""

    low: float
    high: float
    edges: tuple[float, ...]
    """of the bins in which answers are counted; a bin has its lower edge, and the last both"""
    steps: int
    """from the one end to the other: answers that one more listener could give are so many and one"""

    @property
    def width(self) -> float:
        """How far the ends are apart."""
        return self.high - self.low


RATINGS = Scale(low=1, high=5, edges=(0.5, 1.5, 2.5, 3.5, 4.5, 5.5), steps=4)
SCORES = Scale(low=0, high=100, edges=tuple(range(0, 101, 10)), steps=10)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What listeners said of one row."""

    mean: Mean
    n_ratings: int
    histogram: tuple[int, ...]
    """ratings in each bin of the scale"""


@dataclass(frozen=True, kw_only=True)
class Friedman:
    """Whether any rows differ: Friedman's test over the listeners who rated all of them."""

    statistic: float
    df: int
    p: float | None
    n_listeners: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far one row is above another, over the listeners who rated both."""

    first: int
    second: int
    """indices of the rows"""
    mean: float | None
    """of the first less the second"""
    sd: float | None
    """between listeners, of their differences: what a next test is planned by"""
    interval: Interval | None
    """of `mean`, by drawing listeners again, widened where they hardly differ"""
    n_listeners: int
    p: float | None
    """Wilcoxon's signed rank test, two-sided"""
    p_holm: float | None
    """adjusted for the number of pairs"""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What listeners say of all rows."""

    rows: tuple[Row, ...]
    friedman: Friedman | None
    """None below three rows, without listeners who rated all, and where all ranks are tied"""
    differences: tuple[Difference, ...]
    """of each pair of rows; none where they are more than MOST_PAIRS"""
    n_listeners: int
    n_complete: int
    """listeners who rated all rows"""


def listener_means(listeners: ArrayLike, rows: ArrayLike, values: ArrayLike, n_rows: int) -> np.ndarray:
    """Bring ratings to the mean of each listener for each row.

    All are `(n_ratings,)`: who rated (any labels), the index of the row, and the value. Returns
    `(n_listeners, n_rows)` float64, NaN where a listener did not rate a row. The order of the listeners does not depend
    on their labels. Raises ListeningError.
    """
    labels, who = np.unique(np.asarray(listeners), return_inverse=True)
    row, value = np.asarray(rows, np.int64), np.asarray(values, np.float64)
    if not (who.shape == row.shape == value.shape and row.ndim == 1):
        raise ListeningError("Each rating needs a listener, a row and a value. Give as many of each.")
    if len(row) and (row.min() < 0 or row.max() >= n_rows):
        raise ListeningError(f"A rating is of one of {n_rows} rows. Number them from 0.")
    sums, counts = np.zeros((2, len(labels), n_rows))
    np.add.at(sums, (who, row), value)
    np.add.at(counts, (who, row), 1)
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means[np.lexsort(means.T)] if len(means) else means


def analyse(
    listeners: ArrayLike,
    rows: ArrayLike,
    values: ArrayLike,
    n_rows: int,
    scale: Scale = RATINGS,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Analysis:
    """Tell what listeners say of all rows: see `listener_means` for the arrays.

    Raises ListeningError, for values beyond the scale too.
    """
    row, value = np.asarray(rows, np.int64), np.asarray(values, np.float64)
    if len(value) and not (scale.low <= value.min() and value.max() <= scale.high):  # not so of NaN either
        raise ListeningError(f"A rating is from {scale.low:g} to {scale.high:g}. Leave others out.")
    means = listener_means(listeners, row, value, n_rows)
    is_rated = ~np.isnan(means)
    answers_each = _answers_each(len(value), int(np.count_nonzero(is_rated)))
    is_compared = math.comb(n_rows, 2) <= MOST_PAIRS
    return Analysis(
        rows=tuple(one_row(means[:, index], value[row == index], scale) for index in range(n_rows)),
        friedman=friedman(means),
        differences=differences(means, scale, answers_each, draws=draws, seed=seed) if is_compared else (),
        n_listeners=len(means),
        n_complete=int(is_rated.all(axis=1).sum()),
    )


def one_row(means: np.ndarray, values: np.ndarray, scale: Scale) -> Row:
    """Tell what listeners said of one row.

    `means` is `(n_listeners,)`, NaN for who did not rate it, and `values` has all ratings. The interval is that of
    Student's t, widened where they hardly differ: see `widening.interval_of_answers`.
    """
    known = means[~np.isnan(means)]
    found = mean(known, (scale.low, scale.high))
    if found.interval:
        answers = tuple(np.linspace(scale.low, scale.high, scale.steps + 1).tolist())
        chances = (1 / len(answers),) * len(answers)
        least = interval_of_answers(known, _answers_each(len(values), len(known)), answers, chances)
        found = dataclasses.replace(found, interval=widened(found.interval, least))
    counts, _ = np.histogram(values, scale.edges)
    return Row(mean=found, n_ratings=len(values), histogram=tuple(counts.tolist()))


def _answers_each(n_ratings: int, n_means: int) -> int:
    """How many ratings are in the mean of a listener, at least."""
    return max(1, n_ratings // max(1, n_means))


def friedman(means: np.ndarray) -> Friedman | None:
    """Test whether any rows differ (Friedman 1937, corrected for ties).

    `means` is as of `listener_means`; listeners who lack a row are left out. The statistic is compared with
    chi-squared. See `Analysis.friedman` for where there is none.
    """
    from scipy import stats  # takes long to load

    complete = means[~np.isnan(means).any(axis=1)]
    n_listeners, n_rows = complete.shape
    if n_rows < 3 or n_listeners == 0:
        return None
    ranks = stats.rankdata(complete.round(DECIMALS), axis=1) - (n_rows + 1) / 2
    spread = float(np.square(ranks).sum())
    if spread == 0:
        return None
    statistic = (n_rows - 1) * float(np.square(ranks.sum(axis=0)).sum()) / spread
    p = float(special.chdtrc(n_rows - 1, statistic)) if n_listeners >= FEWEST_FOR_P else None
    return Friedman(statistic=statistic, df=n_rows - 1, p=p, n_listeners=n_listeners)


def wilcoxon_p(values: ArrayLike, seed: int = SEED) -> float | None:
    """Test whether values of listeners lie around 0, two-sided (Wilcoxon 1945).

    `values` is `(n_listeners,)`, finite, such as differences. Zeros take part in the ranking and then drop out (Pratt
    1959). The sign-flip test of the signed ranks, so exact where that is, with ties too. None below FEWEST_FOR_P
    listeners.
    """
    from scipy import stats  # takes long to load

    found = np.asarray(values, np.float64).round(DECIMALS)
    return sign_flip_p(np.sign(found) * stats.rankdata(np.abs(found)), seed=seed)


def differences(
    means: np.ndarray, scale: Scale = RATINGS, answers_each: int = 1, *, draws: int = DRAWS, seed: int = SEED
) -> tuple[Difference, ...]:
    """Compare each pair of rows over the listeners who rated both.

    `means` is as of `listener_means`, each of so many ratings.
    """
    pairs = list(itertools.combinations(range(means.shape[1]), 2))
    apart = [means[:, first] - means[:, second] for first, second in pairs]
    apart = [each[~np.isnan(each)] for each in apart]
    p_values = [wilcoxon_p(each, seed) for each in apart]
    found = []
    for (first, second), values, p, p_holm in zip(pairs, apart, p_values, holm(p_values), strict=True):
        told = mean(values)
        found.append(
            Difference(
                first=first,
                second=second,
                mean=told.mean,
                sd=told.sd,
                interval=_interval(values, scale, answers_each, draws, seed),
                n_listeners=len(values),
                p=p,
                p_holm=p_holm,
            )
        )
    return tuple(found)


def _interval(values: np.ndarray, scale: Scale, answers_each: int, draws: int, seed: int) -> Interval | None:
    """Of the mean of differences: by drawing listeners again, widened where they hardly differ.

    One more answer is the difference of two ratings, each of which may be any.
    """
    found = bootstrap_mean(values, draws=draws, seed=seed)
    if found is None:
        return None
    steps = np.arange(-scale.steps, scale.steps + 1)
    chances = (scale.steps + 1 - np.abs(steps)) / (scale.steps + 1) ** 2
    possible = tuple((steps * scale.width / scale.steps).tolist())
    least = interval_of_answers(values, answers_each, possible, tuple(chances.tolist()))
    return within(widened(found, least), (-scale.width, scale.width))
