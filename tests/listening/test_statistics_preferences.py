"""Worths and tests of choices, against cases by hand, choix and a plain maximum of the likelihood."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import choix
import numpy as np
import pytest
import scipy.optimize
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics import listeners, preferences
from styletransfer.listening.statistics.preferences import FIRST, NEITHER, PRIOR_SD, SECOND

Choices = list[tuple[int, int, int, int]]


def analyse(choices: Choices, n_conditions: int) -> preferences.Preferences:
    who, firsts, seconds, outcomes = np.array(choices, np.int64).reshape(-1, 4).T
    return preferences.analyse(who, firsts, seconds, outcomes, n_conditions, draws=100)


def drawn(rng: np.random.Generator, log_worths: list[float], n_listeners: int, outcomes: tuple[int, ...]) -> Choices:
    """Choices between all pairs, those with ties drawn from the shares of Davidson's form with the parameter 1."""
    found = []
    for listener, (i, j) in itertools.product(range(n_listeners), itertools.combinations(range(len(log_worths)), 2)):
        logits = {FIRST: log_worths[i], SECOND: log_worths[j], NEITHER: (log_worths[i] + log_worths[j]) / 2}
        shares = np.exp([logits[outcome] for outcome in outcomes])
        found.append((listener, i, j, int(rng.choice(outcomes, p=shares / shares.sum()))))
    return found


def log_likelihood(parameters: np.ndarray, choices: Choices) -> float:
    """With the prior; one choice at a time."""
    *worths, tie = parameters
    total = -sum(each**2 for each in parameters) / (2 * PRIOR_SD**2)
    for _, i, j, outcome in choices:
        logits = {FIRST: worths[i], SECOND: worths[j], NEITHER: tie + (worths[i] + worths[j]) / 2}
        total += logits[outcome] - np.log(sum(math.exp(each) for each in logits.values()))
    return total


def log_worths(found: preferences.Preferences) -> list[float]:
    assert found.worths
    return [worth.log_worth for worth in found.worths]


def test_two_conditions_by_hand() -> None:
    """The worths are as 40 to 10, and the tie parameter is 30 / sqrt(40 * 10)."""
    choices = [(n % 8, 0, 1, outcome) for n, outcome in enumerate([FIRST] * 40 + [NEITHER] * 30 + [SECOND] * 10)]
    found = analyse(choices, 2)
    first, second = log_worths(found)
    assert first - second == pytest.approx(math.log(4), rel=0.01)
    assert first + second == pytest.approx(0)
    assert found.tie == pytest.approx(1.5, rel=0.01)
    (pair,) = found.pairs
    assert (pair.wins, pair.ties, pair.losses, found.n_choices, found.n_listeners) == (40, 30, 10, 80, 8)
    json.dumps(dataclasses.asdict(found), allow_nan=False)


def test_without_ties_the_worths_are_those_of_choix(rng: np.random.Generator) -> None:
    choices = drawn(rng, [0.0, 0.5, 1.0, -1.0], 12, (FIRST, SECOND))
    won = [(i, j) if outcome == FIRST else (j, i) for _, i, j, outcome in choices]
    found = analyse(choices, 4)
    expected = choix.opt_pairwise(4, won, alpha=1 / (2 * PRIOR_SD**2))
    np.testing.assert_allclose(log_worths(found), expected, atol=1e-4)
    np.testing.assert_allclose(log_worths(found), choix.ilsr_pairwise(4, won), atol=0.05)  # without a prior
    assert found.tie == 0


def test_with_ties_the_likelihood_is_highest_there(rng: np.random.Generator) -> None:
    choices = drawn(rng, [0.0, 1.0, -0.7], 15, (FIRST, NEITHER, SECOND))
    found = analyse(choices, 3)
    best = scipy.optimize.minimize(lambda parameters: -log_likelihood(parameters, choices), np.zeros(4), tol=1e-9)
    np.testing.assert_allclose(log_worths(found), best.x[:3], atol=1e-5)
    assert found.tie == pytest.approx(math.exp(best.x[3]), rel=1e-4)


COUNTS = st.lists(st.sampled_from([0, 0, 1, 3, 1000]), min_size=9, max_size=9)


@settings(deadline=None, max_examples=60)
@given(COUNTS.filter(any))
def test_newtons_method_ends_at_the_top_whatever_was_chosen(counts: list[int]) -> None:
    """A little away from it, in each direction, the likelihood with the prior is lower."""
    outcomes = itertools.product([(0, 1), (0, 2), (1, 2)], [FIRST, NEITHER, SECOND])
    cases = [(0, *pair, outcome) for pair, outcome in outcomes]
    assume(any(counts[1::3]))  # else the tie parameter is 0, and has no logarithm
    wins, ties = np.zeros((2, 1, 3, 3))
    for (_, i, j, outcome), count in zip(cases, counts, strict=True):
        kind = ties if outcome == NEITHER else wins
        kind[0, i, j] += count * (outcome != SECOND)
        kind[0, j, i] += count * (outcome != FIRST)
    (worths,), (tie,) = preferences.fit(wins, ties)
    top = np.array([*worths, math.log(tie)])

    def total(parameters: np.ndarray) -> float:
        prior = float(-np.square(parameters).sum() / (2 * PRIOR_SD**2))
        pairs = zip(cases, counts, strict=True)
        likelihood = (n * (log_likelihood(parameters, [case]) - log_likelihood(parameters, [])) for case, n in pairs)
        return sum(likelihood, prior)

    for direction in np.eye(4):
        assert total(top) >= max(total(top + 1e-3 * direction), total(top - 1e-3 * direction))


def test_what_wins_each_time_has_a_finite_worth_and_no_interval() -> None:
    choices = [(listener, i, 2, SECOND) for listener in range(8) for i in (0, 1)]
    choices += [(listener, 0, 1, FIRST if listener % 2 else SECOND) for listener in range(8)]
    found = analyse(choices, 3)
    assert not found.is_finite
    assert found.worths
    assert 3 < log_worths(found)[2] < 10
    assert log_worths(found)[0] == pytest.approx(log_worths(found)[1])
    assert all(worth.interval is None for worth in found.worths)
    assert {pair.p for pair in found.pairs if pair.second == 2} == {2 / 256}
    assert {pair.p_holm for pair in found.pairs if pair.second == 2} == {6 / 256}


def test_there_are_no_worths_before_all_conditions_have_met() -> None:
    found = analyse([(0, 0, 1, FIRST), (1, 0, 1, SECOND)], 3)
    assert found.worths is None
    assert [pair.score.n_listeners for pair in found.pairs] == [2, 0, 0]
    empty = analyse([], 2)
    assert (empty.worths, empty.n_listeners, empty.pairs[0].score.mean) == (None, 0, None)


def test_the_unit_is_the_listener() -> None:
    """A hundred choices of one listener weigh as much in the test of a pair as one choice of another."""
    choices = [(0, 0, 1, FIRST)] * 100 + [(listener, 0, 1, SECOND) for listener in range(1, 7)]
    (pair,) = analyse(choices, 2).pairs
    assert pair.score.mean == pytest.approx(-5 / 7)
    assert pair.p == listeners.sign_flip_p([1, -1, -1, -1, -1, -1, -1])
    few = analyse(choices[:104], 2)
    assert few.pairs[0].p is few.pairs[0].p_holm is None
    assert few.worths
    assert few.worths[0].interval, "a figure and an interval below six listeners"


CHOICES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from([(0, 1), (1, 2), (2, 0)]), st.sampled_from([FIRST, NEITHER, SECOND])),
    min_size=1,
    max_size=40,
).map(lambda found: [(listener, *pair, outcome) for listener, pair, outcome in found])


@settings(deadline=None, max_examples=40)
@given(CHOICES, st.randoms(use_true_random=False))
def test_labels_and_order_change_nothing_and_turning_mirrors(choices: Choices, chance) -> None:
    found = analyse(choices, 3)
    labels = chance.sample(range(90), 8)
    relabelled = [(labels[listener], i, j, outcome) for listener, i, j, outcome in choices]
    chance.shuffle(relabelled)
    assert analyse(relabelled, 3) == found
    turned = [(listener, j, i, -outcome) for listener, i, j, outcome in choices]
    assert analyse(turned, 3) == found
    opposite = analyse([(listener, i, j, -outcome) for listener, i, j, outcome in choices], 3)
    if found.worths:
        np.testing.assert_allclose(log_worths(opposite), [-each for each in log_worths(found)], atol=1e-7)
    for one, other in zip(found.pairs, opposite.pairs, strict=True):
        assert (one.wins, one.ties, one.losses) == (other.losses, other.ties, other.wins)
        assert (one.p, one.p_holm) == (other.p, other.p_holm)
        assert one.p is None or 0 < one.p <= 1


@pytest.mark.parametrize("choice", [(0, 0, 0, 1), (0, 0, 2, 1), (0, -1, 1, 1), (0, 0, 1, 2)])
def test_what_is_no_choice_is_refused(choice: tuple[int, int, int, int]) -> None:
    with pytest.raises(ListeningError):
        analyse([choice], 2)
    with pytest.raises(ListeningError, match="as many"):
        preferences.analyse([0, 1], [0], [1], [1], 2)
