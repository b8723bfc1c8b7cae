"""How many listeners are needed, against tables, statsmodels and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics import listeners, planning


@pytest.mark.parametrize(("n_pairs", "fewest"), [(0, 6), (1, 6), (3, 7), (10, 9)])
def test_so_many_listeners_can_find_a_pair_and_one_less_cannot(n_pairs: int, fewest: int) -> None:
    """The first pair is one that all agree on, the others are ones that nobody hears."""
    assert planning.fewest_for_pairs(n_pairs) == fewest

    def is_found(n_listeners: int) -> bool:
        p_values = [listeners.sign_flip_p([1] * n_listeners), *[1.0] * (n_pairs - 1)]
        first = listeners.holm(p_values)[0]
        return first is not None and first <= listeners.LEVEL

    assert is_found(fewest)
    assert not is_found(fewest - 1)


def test_intervals_are_so_wide_with_so_many_listeners() -> None:
    """2.365, 2.093 and 2.023 are in any table of Student's t."""
    for n_listeners, t in ((8, 2.365), (20, 2.093), (40, 2.023)):
        assert planning.half_width(n_listeners) == pytest.approx(t / n_listeners**0.5, abs=5e-4)
        assert planning.half_width(n_listeners, 20) == pytest.approx(20 * planning.half_width(n_listeners))
        assert planning.listeners_for_half_width(planning.half_width(n_listeners)) == n_listeners
    assert planning.listeners_for_half_width(0.45) == 22
    with pytest.raises(ListeningError, match="2 at least"):
        planning.half_width(1)


def test_ratings_of_the_paper_with_a_deviation_of_one_have_intervals_of_the_design(rng: np.random.Generator) -> None:
    """Whole ratings from 1 to 5 around the published means deviate by less than 1, since the scale ends."""
    means = np.array([2.38, 2.25, 3.75, 3.44, 2.5])
    for n_listeners, expected in ((8, 0.79), (20, 0.45), (40, 0.31)):
        ratings = np.clip(np.rint(rng.normal(means, 1, (n_listeners, 400, 5))), 1, 5).reshape(n_listeners, -1)
        found = [planning.half_width(n_listeners, float(sd)) for sd in ratings.std(axis=0, ddof=1)]
        assert np.mean(found) == pytest.approx(expected, abs=0.015)
    assert planning.least_apart(8, 0.79 / planning.half_width(8)) == pytest.approx(1.1, abs=0.05)


@pytest.mark.parametrize("n_pairs", [1, 3, 10, 28])
def test_so_many_listeners_have_the_power_of_statsmodels_and_one_less_has_not(n_pairs: int) -> None:
    """For many deviations: where there are few listeners, many of them, and anything between."""

    def power(n_listeners: int, sd: float) -> float:
        return TTestPower().power(1 / sd, n_listeners, 0.05 / n_pairs)

    for sd in np.arange(1, 12, 0.11):
        needed = planning.listeners_for_difference(1, sd, n_pairs)
        assert power(needed, sd) >= 0.8 - 1e-9, sd
        assert needed == planning.fewest_for_pairs(n_pairs) or power(needed - 1, sd) < 0.8, sd


@pytest.mark.parametrize(("wanted", "sd"), [(0.5, 1), (0.8, 1), (0.2, 0.7), (12, 20), (0.5, 1.3), (0.25, 0.97)])
def test_listeners_for_a_difference_are_those_of_statsmodels(wanted: float, sd: float) -> None:
    needed = TTestPower().solve_power(effect_size=wanted / sd, alpha=0.05, power=0.8)
    assert planning.listeners_for_difference(wanted, sd) == np.ceil(needed)


def test_a_difference_that_everybody_hears_takes_as_many_as_a_p_needs() -> None:
    assert planning.listeners_for_difference(50, 1) == listeners.FEWEST_FOR_P


def test_what_nobody_can_plan_is_refused() -> None:
    with pytest.raises(ListeningError, match="above 0"):
        planning.listeners_for_half_width(0)
    with pytest.raises(ListeningError, match="above 0"):
        planning.listeners_for_difference(1, 0)
    with pytest.raises(ListeningError, match="Ask for less"):
        planning.listeners_for_difference(0.001)
