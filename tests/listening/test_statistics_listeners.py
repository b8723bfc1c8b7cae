"""Means and tests over listeners, against cases by hand, SciPy and statsmodels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics import listeners

VALUES = st.lists(st.integers(-8, 8).map(lambda value: value / 4), min_size=6, max_size=12)


def test_a_mean_has_the_interval_of_students_t() -> None:
    found = listeners.mean([1, 2, 3, 4, 5, 3, 3, 3])
    low, high = scipy.stats.t.interval(0.95, 7, 3, scipy.stats.sem([1, 2, 3, 4, 5, 3, 3, 3]))
    assert found.interval
    assert (found.mean, found.n_listeners) == (3, 8)
    assert (found.interval.low, found.interval.high) == (pytest.approx(low), pytest.approx(high))
    cut = listeners.mean([1, 1, 1, 5], (1, 5)).interval
    assert cut
    assert cut.low == 1 < cut.high < 5.001


def test_one_listener_has_a_figure_and_no_interval() -> None:
    assert listeners.mean([]) == listeners.Mean(mean=None, sd=None, interval=None, n_listeners=0)
    assert listeners.mean([4]) == listeners.Mean(mean=4, sd=None, interval=None, n_listeners=1)
    assert listeners.bootstrap_mean([4]) is None
    assert listeners.mean([4, 5]).interval is not None


@pytest.mark.parametrize("given_", [[1, float("nan")], [[1, 2]], [float("inf")]])
def test_what_is_no_value_for_each_listener_is_refused(given_: list) -> None:
    for function in (listeners.mean, listeners.sign_flip_p, listeners.bootstrap_mean):
        with pytest.raises(ListeningError, match="finite"):
            function(given_)


def by_all_signs(values: list[float], one_sided: bool) -> float:
    """p by the definition: the sums under all signs, one at a time."""
    sums = [
        sum(s * v for s, v in zip(signs, values, strict=True))
        for signs in itertools.product([1, -1], repeat=len(values))
    ]
    found = sum(values)
    if not one_sided:
        sums, found = [abs(each) for each in sums], abs(found)
    return sum(each >= found - 1e-9 for each in sums) / len(sums)


@settings(deadline=None)
@given(VALUES.filter(lambda values: len(values) <= 9), st.booleans())
def test_the_sign_flip_test_is_that_of_its_definition(values: list[float], one_sided: bool) -> None:
    assert listeners.sign_flip_p(values, one_sided=one_sided) == pytest.approx(by_all_signs(values, one_sided))


@settings(deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_swapping_mirrors(values: list[float], chance) -> None:
    p, interval = listeners.sign_flip_p(values), listeners.bootstrap_mean(values, draws=200)
    assert p is not None
    assert interval
    assert 0 < p <= 1
    swapped = [-value for value in values]
    mirrored = listeners.bootstrap_mean(swapped, draws=200)
    assert mirrored
    assert listeners.sign_flip_p(swapped) == p
    assert (mirrored.low, mirrored.high) == (pytest.approx(-interval.high), pytest.approx(-interval.low))
    chance.shuffle(values)
    assert listeners.sign_flip_p(values) == p
    assert listeners.bootstrap_mean(values, draws=200) == interval


def test_six_listeners_of_one_mind_and_five_have_this_p() -> None:
    assert listeners.sign_flip_p([0.3] * 6) == 2 / 64
    assert listeners.sign_flip_p([0.3] * 6, one_sided=True) == 1 / 64
    assert listeners.sign_flip_p([-0.3] * 6, one_sided=True) == 1
    assert listeners.sign_flip_p([0.3] * 5) is None
    assert listeners.sign_flip_p([0.0] * 6) == 1


def test_of_many_listeners_subsets_are_drawn(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    values = rng.normal(0.35, 1, 26)
    exact = listeners.sign_flip_p(values)
    monkeypatch.setattr(listeners, "EXACT_UP_TO", 10)
    drawn = listeners.sign_flip_p(values)
    assert exact
    assert drawn == pytest.approx(exact, abs=0.02)
    assert drawn != exact
    assert listeners.sign_flip_p(rng.permutation(values)) == drawn
    assert listeners.sign_flip_p([1] * 40) == 2 / (listeners.DRAWS + 1), "never 0"


def test_an_interval_of_draws_is_as_wide_as_students_t_where_values_are_normal() -> None:
    for n_listeners, tolerance in ((3, 0.03), (8, 0.12), (40, 0.03)):
        values = scipy.stats.norm.ppf((np.arange(n_listeners) + 0.5) / n_listeners)
        drawn, student = listeners.bootstrap_mean(values), listeners.mean(values).interval
        assert drawn
        assert student
        assert drawn.high == pytest.approx(student.high, rel=tolerance)


def test_draws_are_seeded_and_draw_as_many_as_there_are() -> None:
    counts = listeners.drawn_again(7, 100)
    assert counts.shape == (100, 7)
    np.testing.assert_array_equal(counts.sum(axis=1), 7)
    np.testing.assert_array_equal(counts, listeners.drawn_again(7, 100))
    assert not np.array_equal(counts, listeners.drawn_again(7, 100, seed=1))


def test_holm_is_that_of_statsmodels(rng: np.random.Generator) -> None:
    for n_tests in (1, 2, 3, 6, 10, 28):
        p_values = [float(p) for p in rng.beta(0.3, 3, n_tests).round(2)]
        expected = np.asarray(multipletests(p_values, method="holm")[1])
        assert listeners.holm(p_values) == pytest.approx(tuple(expected))
        assert listeners.holm([None, *p_values]) == (None, *listeners.holm(p_values))


def test_holm_by_hand() -> None:
    assert listeners.holm([0.04, 0.01, None, 0.5, 0.03]) == (pytest.approx(0.09), 0.04, None, 0.5, pytest.approx(0.09))
    assert listeners.holm([]) == ()
