"""ABX scores against tables, cases by hand, SciPy and statsmodels."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics import abx


@pytest.mark.parametrize(
    ("trials", "needed", "power"),
    [(8, 7, 0.50), (10, 9, 0.38), (12, 10, 0.56), (16, 12, 0.80), (20, 15, 0.80), (25, 18, 0.89), (30, 20, 0.97)],
)
def test_the_needed_score_and_its_power(trials: int, needed: int, power: float) -> None:
    assert abx.needed_score(trials) == needed
    assert abx.power(trials) == pytest.approx(power, abs=0.005)


def test_eight_of_ten_are_not_significant() -> None:
    """45 + 10 + 1 of the 1024 ways to guess; that of exactly 8 is 0.044."""
    assert abx.p_of_score(8, 10) == pytest.approx(56 / 1024)
    assert abx.score(8, 10).p > 0.05 > math.comb(10, 8) / 1024


@settings(deadline=None)
@given(st.integers(1, 40).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_a_score_is_that_of_scipy_and_of_statsmodels(case: tuple[int, int]) -> None:
    found, expected = abx.score(*case), scipy.stats.binomtest(*case, alternative="greater")
    assert found.p == pytest.approx(expected.pvalue)
    low, high = proportion_confint(*case, method="beta")
    ends = (0.0 if math.isnan(low) else low, 1.0 if math.isnan(high) else high)
    assert (found.interval.low, found.interval.high) == (pytest.approx(ends[0]), pytest.approx(ends[1]))
    assert 0 <= found.interval.low <= found.rate <= found.interval.high <= 1
    json.dumps(dataclasses.asdict(found), allow_nan=False)


@pytest.mark.parametrize("trials", [1, 4])
def test_few_trials_are_never_enough(trials: int) -> None:
    assert abx.needed_score(trials) is None
    assert abx.power(trials) == 0
    assert abx.score(trials, trials).needed is None


SCORES = st.lists(st.integers(0, 16), min_size=6, max_size=9)


@settings(deadline=None)
@given(SCORES, st.data())
def test_more_right_answers_never_have_a_larger_p(scores: list[int], data) -> None:
    before = abx.overall(scores, [16] * len(scores))
    better = list(scores)
    index = data.draw(st.integers(0, len(scores) - 1))
    better[index] = data.draw(st.integers(scores[index], 16))
    after = abx.overall(better, [16] * len(scores))
    assert before.p is not None
    assert after.p is not None
    assert 0 < after.p <= before.p + 1e-12 <= 1 + 1e-12
    assert abx.overall(scores[::-1], [16] * len(scores)) == before


def test_listeners_count_alike_however_many_trials_they_had() -> None:
    found = abx.overall([8, 15], [8, 30])
    assert found.rate.mean == 0.75
    assert (found.right, found.trials, found.p) == (23, 38, None)


def test_six_listeners_who_are_right_each_time() -> None:
    """Their rates have no deviation, so the interval is the exact one of 96 trials: 0.025 ** (1 / 96)."""
    found = abx.overall([16] * 6, [16] * 6)
    assert found.p == 1 / 64
    assert found.rate.interval
    assert (found.rate.interval.low, found.rate.interval.high) == (pytest.approx(0.025 ** (1 / 96)), 1)


def test_listeners_who_differ_have_the_interval_over_listeners() -> None:
    found = abx.overall([12, 12, 12, 8, 8, 8], [16] * 6)
    low, high = scipy.stats.t.interval(0.95, 5, 0.625, scipy.stats.sem([0.75, 0.75, 0.75, 0.5, 0.5, 0.5]))
    assert found.rate.interval
    assert (found.rate.interval.low, found.rate.interval.high) == (pytest.approx(low), pytest.approx(high))


def test_one_listener_has_no_interval_over_listeners_and_none_have_nothing() -> None:
    assert abx.overall([9], [16]).rate.interval is None
    assert abx.overall([], []).rate.mean is None


@pytest.mark.parametrize(("right", "trials"), [(-1, 8), (9, 8), (0, 0)])
def test_what_is_no_score_is_refused(right: int, trials: int) -> None:
    with pytest.raises(ListeningError, match="no score"):
        abx.score(right, trials)
    with pytest.raises(ListeningError, match="no score"):
        abx.overall([right], [trials])
    with pytest.raises(ListeningError, match="as many"):
        abx.overall([1, 2], [3])
