"""Ratings against cases by hand and SciPy."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics import ratings


def long_format(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Listener, row and value of each rating of a matrix that is not NaN."""
    who, row = np.nonzero(~np.isnan(matrix))
    return who, row, matrix[who, row]


@pytest.fixture
def matrix(rng: np.random.Generator) -> np.ndarray:
    """Twelve listeners with tastes of their own, four rows."""
    taste = rng.normal(0, 0.7, (12, 1))
    return np.clip(np.rint(taste + rng.normal([2.2, 2.6, 3.4, 3.5], 0.8, (12, 4))), 1, 5)


def test_a_row_by_hand() -> None:
    """Anna says 1 and 3, Ben 4: two listeners, whose means are 2 and 4."""
    found = ratings.analyse(["anna", "anna", "ben"], [0, 0, 0], [1, 3, 4], 2)
    row, empty = found.rows
    assert (row.mean.mean, row.mean.n_listeners, row.n_ratings, row.histogram) == (3, 2, 3, (1, 0, 1, 1, 0))
    assert row.mean.interval
    assert (row.mean.interval.low, row.mean.interval.high) == (1, 5), "3 +- 12.7, cut at the ends of the scale"
    assert (empty.mean.mean, empty.mean.interval, empty.n_ratings, empty.histogram) == (None, None, 0, (0,) * 5)
    assert found.differences == (
        ratings.Difference(first=0, second=1, mean=None, sd=None, interval=None, n_listeners=0, p=None, p_holm=None),
    )
    json.dumps(dataclasses.asdict(found), allow_nan=False)


def test_scores_are_counted_by_tens() -> None:
    found = ratings.analyse([0, 1, 2, 3], [0] * 4, [0, 9, 10, 100], 1, ratings.SCORES)
    assert found.rows[0].histogram == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    assert found.rows[0].mean.mean == 29.75


def test_friedmans_test_is_that_of_scipy(matrix: np.ndarray) -> None:
    expected = scipy.stats.friedmanchisquare(*matrix.T)
    with_another = np.vstack([matrix, [5, np.nan, 1, 1]])  # who lacks a row, and takes no part
    found = ratings.analyse(*long_format(with_another), 4)
    assert found.friedman
    assert (found.friedman.df, found.friedman.n_listeners, found.n_listeners) == (3, 12, 13)
    assert found.friedman.statistic == pytest.approx(expected.statistic)
    assert found.friedman.p == pytest.approx(expected.pvalue)


def test_there_is_no_friedmans_test_where_it_has_no_value() -> None:
    assert ratings.friedman(np.full((8, 4), 3.0)) is None
    assert ratings.friedman(np.ones((8, 2))) is None
    assert ratings.friedman(np.full((8, 3), np.nan)) is None
    few = ratings.friedman(np.array([[1.0, 2, 3]] * 5))
    assert few
    assert (few.statistic, few.p) == (10, None), "12 / (5 * 3 * 4) * (5^2 + 10^2 + 15^2) - 3 * 5 * 4"


def scipys_wilcoxon_p(values: list[float], **options: Any) -> float:
    found: Any = scipy.stats.wilcoxon(values, **options)
    return float(found.pvalue)


@pytest.mark.parametrize(
    "values", [[0, 0, 0, 0, 0, 1], [0, 1, -1, 2, 2, 3], [-3, -3, -3, 1, 1, 0, 2], [5, 5, -2, 0, 0, 1, 4, -5, 1]]
)
def test_wilcoxons_test_with_ties_and_zeros_is_that_of_scipy(values: list[float]) -> None:
    every_sign = scipy.stats.PermutationMethod(n_resamples=2**9)
    expected = scipys_wilcoxon_p(values, zero_method="pratt", method=every_sign)
    assert ratings.wilcoxon_p(values) == pytest.approx(expected)


def test_wilcoxons_test_without_ties_is_that_of_scipy_and_of_tables(rng: np.random.Generator) -> None:
    for n_listeners in (6, 15, 25):
        values = rng.normal(0.4, 1, n_listeners).tolist()
        assert ratings.wilcoxon_p(values) == pytest.approx(scipys_wilcoxon_p(values, method="exact"))
    assert ratings.wilcoxon_p([1, 2, 3, 4, 5, 6]) == 2 / 64
    assert ratings.wilcoxon_p([1, 2, 3, 4, 5]) is None
    assert ratings.wilcoxon_p([0.0] * 6) == 1


def test_differences_are_of_the_listeners_who_rated_both(matrix: np.ndarray) -> None:
    matrix[0, 0] = np.nan
    found = ratings.analyse(*long_format(matrix), 4).differences
    assert [(each.first, each.second) for each in found] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    first = found[1]
    apart = matrix[1:, 0] - matrix[1:, 2]
    assert (first.n_listeners, first.mean) == (11, pytest.approx(apart.mean()))
    assert first.sd == pytest.approx(apart.std(ddof=1))
    assert first.interval
    low, high = scipy.stats.t.interval(0.95, 10, apart.mean(), scipy.stats.sem(apart))
    assert (first.interval.low, first.interval.high) == (pytest.approx(low, abs=0.2), pytest.approx(high, abs=0.2))
    assert first.p is not None
    assert first.p_holm is not None
    assert first.p <= first.p_holm <= 6 * first.p + 1e-12


MATRICES = st.lists(
    st.lists(st.sampled_from([float("nan"), 1.0, 2.0, 2.5, 5.0]), min_size=3, max_size=3), min_size=1, max_size=9
).map(np.array)


@settings(deadline=None, max_examples=50)
@given(MATRICES, st.randoms(use_true_random=False))
def test_labels_and_order_change_nothing_and_turning_the_scale_mirrors(matrix: np.ndarray, chance) -> None:
    who, row, value = long_format(matrix)
    found = ratings.analyse(who, row, value, 3, draws=200)
    names = np.array(chance.sample("abcdefghi", 9))
    order = chance.sample(range(len(who)), len(who))
    assert ratings.analyse(names[who][order], row[order], value[order], 3, draws=200) == found
    turned = ratings.analyse(who, row, 6 - value, 3, draws=200)
    for one, other in zip(found.differences, turned.differences, strict=True):
        assert (one.p, one.p_holm, one.n_listeners) == (other.p, other.p_holm, other.n_listeners)
        assert one.p is None or 0 < one.p <= 1
        if one.interval and other.interval:
            assert one.interval.low == pytest.approx(-other.interval.high)
    if found.friedman and turned.friedman:
        assert found.friedman.statistic == pytest.approx(turned.friedman.statistic)


@pytest.mark.parametrize(
    ("rows", "values", "says"),
    [([0], [6], "1 to 5"), ([0], [float("nan")], "1 to 5"), ([2], [3], "one of 2"), ([0, 1], [1], "as many")],
)
def test_what_is_no_rating_is_refused(rows: list[int], values: list[float], says: str) -> None:
    with pytest.raises(ListeningError, match=says):
        ratings.analyse([0], rows, values, 2)
