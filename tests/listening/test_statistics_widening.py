"""Intervals of listeners who hardly differ, against exact ones, SciPy's Dirichlet distribution and counts of cases."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from styletransfer.listening.statistics import preferences, ratings, widening
from styletransfer.listening.statistics.listeners import Interval, bootstrap_mean

ANSWERS = np.arange(1, 6)


def of_pair(outcomes: list[int]) -> preferences.Pair:
    """What is told of two, by listeners who chose once each."""
    n_listeners = len(outcomes)
    found = preferences.analyse(range(n_listeners), [0] * n_listeners, [1] * n_listeners, outcomes, 2, draws=100)
    return found.pairs[0]


def of_ratings(given_: list[int]) -> Interval:
    """Of the mean of ratings of one row, one of each listener."""
    found = ratings.analyse(range(len(given_)), [0] * len(given_), given_, 1).rows[0].mean.interval
    assert found
    return found


def of_difference(first: list[int], second: list[int]) -> Interval:
    """Of the difference of two rows, each rated once by each listener."""
    n_listeners = len(first)
    who, row = [*range(n_listeners)] * 2, np.repeat([0, 1], n_listeners)
    (found,) = ratings.analyse(who, row, [*first, *second], 2, draws=200).differences
    assert found.interval
    return found.interval


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval
    return interval.low, interval.high


@pytest.mark.parametrize(("wins", "losses"), [(3, 0), (8, 0), (0, 12), (7, 1), (5, 7), (36, 4)])
def test_choices_without_ties_have_the_exact_interval_of_statsmodels(wins: int, losses: int) -> None:
    expected = [2 * np.nan_to_num(end, nan=1.0) - 1 for end in proportion_confint(wins, wins + losses, method="beta")]
    expected[0] = expected[0] if wins else -1
    assert ends(widening.interval_of_choices(wins, 0, losses)) == pytest.approx(tuple(expected), abs=0.025)


def test_those_who_never_choose_may_choose_either() -> None:
    """With 95 % less than a share 1 - 0.025^(1 / 8) of all listeners would, and all of them might choose the same."""
    reach = 1 - 0.025 ** (1 / 8)
    assert ends(widening.interval_of_choices(0, 8, 0)) == pytest.approx((-reach, reach), abs=0.02)


COUNTS = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).filter(any)


@settings(deadline=None, max_examples=50)
@given(COUNTS)
def test_choices_have_an_interval_with_a_width_that_turns_with_them(counts: tuple[int, int, int]) -> None:
    wins, ties, losses = counts
    low, high = ends(widening.interval_of_choices(wins, ties, losses))
    assert -1 <= low < (wins - losses) / sum(counts) + 1e-9
    assert low + 0.05 < high <= 1
    assert ends(widening.interval_of_choices(losses, ties, wins)) == (-high, -low)


@pytest.mark.parametrize("n_listeners", [3, 6, 8, 12, 20])
@pytest.mark.parametrize("rate", [0.5, 0.8, 0.9])
def test_the_score_of_a_pair_is_covered(n_listeners: int, rate: float) -> None:
    """Exactly: of each number of choices of the first, how probable it is, and whether its interval has the truth."""
    covered = 0.0
    for wins in range(n_listeners + 1):
        low, high = ends(of_pair([1] * wins + [-1] * (n_listeners - wins)).score.interval)
        if low <= 2 * rate - 1 <= high:
            covered += float(scipy.stats.binom.pmf(wins, n_listeners, rate))
    assert covered >= 0.93


NEAR_THE_END = [(0.9, 0.05, 0.05, 0, 0), (0.8, 0.2, 0, 0, 0), (0.85, 0.13, 0.02, 0, 0), (0.6, 0.25, 0.1, 0.05, 0)]


@pytest.mark.parametrize("n_listeners", [3, 6, 8, 12, 20])
@pytest.mark.parametrize("shares", NEAR_THE_END)
def test_ratings_near_the_ends_of_the_scale_are_covered(
    n_listeners: int, shares: tuple[float, ...], rng: np.random.Generator
) -> None:
    """`shares` are those of 5, 4 and so on, of which one listener after the other is drawn; turned, of 1, 2 and on."""
    truth, n_tests = float(np.dot(shares, ANSWERS[::-1])), 400
    counts = rng.multinomial(n_listeners, shares, n_tests)
    covered = 0
    for each in counts:
        given_ = np.repeat(ANSWERS[::-1], each)
        low, high = ends(of_ratings(given_.tolist()))
        covered += low <= truth <= high
        assert ends(of_ratings((6 - given_).tolist())) == pytest.approx((6 - high, 6 - low))
    assert covered / n_tests >= 0.93


def test_who_agree_have_intervals_with_a_width() -> None:
    for n_listeners in (2, 3, 8, 30):
        undecided, one_way = (of_pair([each] * n_listeners).score.interval for each in (0, -1))
        same = [4] * n_listeners
        for low, high in (*map(ends, (undecided, one_way)), ends(of_ratings(same)), ends(of_difference(same, same))):
            assert high - low > 1 / n_listeners
        assert ends(of_difference([5] * n_listeners, same))[0] < 1


def test_ratings_have_the_interval_of_scipys_dirichlet_distribution() -> None:
    """Seven say 5 and one says 4: so many answers, and one more that is split over the five that there are."""
    drawn = scipy.stats.dirichlet([0.2, 0.2, 0.2, 1.2, 7.2]).rvs(40_000, random_state=1) @ ANSWERS
    low, high = ends(of_ratings([5] * 7 + [4]))
    assert (low, high) == pytest.approx((np.quantile(drawn, 0.025), 5), abs=0.03)


def test_listeners_with_several_answers_each_are_surer() -> None:
    """Five listeners who say 3 in each of four ratings are twenty answers."""
    answers, chances = tuple(ANSWERS.tolist()), (0.2,) * 5
    drawn = scipy.stats.dirichlet([0.2, 0.2, 20.2, 0.2, 0.2]).rvs(40_000, random_state=1) @ ANSWERS
    found = widening.interval_of_answers([3] * 5, 4, answers, chances)
    assert ends(found) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.03)
    row = ratings.analyse(np.repeat(range(5), 4), [0] * 20, [3] * 20, 1).rows[0]
    assert ends(row.mean.interval) == ends(found)


def test_who_differ_have_the_interval_that_they_had() -> None:
    given_ = [1, 2, 3, 3, 4, 5, 2, 4, 3, 3]
    assert ends(of_ratings(given_)) == pytest.approx(scipy.stats.t.interval(0.95, 9, 3, scipy.stats.sem(given_)))
    drawn = bootstrap_mean([each - 3 for each in given_], draws=200)
    assert of_difference(given_, [3] * 10) == drawn


def test_worths_have_no_interval_where_all_chose_alike() -> None:
    undecided = preferences.analyse(range(8), [0] * 8, [1] * 8, [0] * 8, 2, draws=100)
    one_of_four = [*range(8)] * 4, [0] * 32, [1] * 32, [1] * 24 + [-1] * 8
    for found in (undecided, preferences.analyse(*one_of_four, 2, draws=100)):
        assert found.worths
        assert found.is_finite
        assert [worth.interval for worth in found.worths] == [None, None]
