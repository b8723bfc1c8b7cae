"""How many listeners are needed, and how far their figures reach."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import special

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, LEVEL, t_quantile

MOST_LISTENERS = 10_000
"""That are considered when asked how many are needed"""
POWER = 0.8
"""The share of all tests in which what is planned for is found"""


def fewest_for_pairs(n_pairs: int) -> int:
    """Tell below how many listeners no pair can be significant after Holm's method, whatever they say.

    The smallest p of so many listeners, two-sided, is 2 of all 2^n subsets: with 8 of them and the ten pairs of five
    rows it is 0.078.
    """
    return max(FEWEST_FOR_P, math.ceil(math.log2(2 * max(1, n_pairs) / LEVEL)))


def half_width(n_listeners: int, sd: float = 1.0) -> float:
    """Tell how far the interval of a mean reaches to each side.

    `sd` is the standard deviation between listeners. Raises ListeningError below two listeners.
    """
    if n_listeners < 2:
        raise ListeningError(f"{n_listeners} listener has no interval: 2 at least. Ask more of them.")
    return t_quantile(n_listeners) * sd / math.sqrt(n_listeners)


def least_apart(n_listeners: int, sd: float = 1.0) -> float:
    """Tell how far two means lie apart that can just be told apart.

    As far as the interval of their difference reaches, if what a listener says of one tells nothing of the other.
    Raises ListeningError below two listeners.
    """
    return math.sqrt(2) * half_width(n_listeners, sd)


def listeners_for_half_width(wanted: float, sd: float = 1.0) -> int:
    """Tell how many listeners make the interval of a mean reach no further than wanted to each side.

    `sd` is the standard deviation between listeners, of a pilot or 1. Raises ListeningError for what is not above 0,
    and where MOST_LISTENERS are too few.
    """
    _check_wanted(wanted, sd)
    return _fewest(lambda n_listeners: half_width(n_listeners, sd) <= wanted, 2)


def listeners_for_difference(wanted: float, sd: float = 1.0, n_pairs: int = 1) -> int:
    """Tell how many listeners are needed to find a difference of two means.

    `sd` is the standard deviation between listeners of their own differences. So many find a true difference of
    `wanted` in a share POWER of all tests, two-sided at LEVEL (the paired t-test), where the p of `n_pairs` pairs are
    adjusted: at LEVEL / n_pairs, as Holm's method asks of the first pair. Not fewer than can have a p that small.
    Raises ListeningError as `listeners_for_half_width`.
    """
    _check_wanted(wanted, sd)

    def finds(n_listeners: int) -> bool:
        centre, df = math.sqrt(n_listeners) * wanted / sd, n_listeners - 1
        edge = float(special.stdtrit(df, 1 - LEVEL / n_pairs / 2))
        # The other side, on which the first would be found to be below the second, is less than 0.0001 where the power
        # is POWER, and nctdtr has no value for much of it. Nor has it for what is far out, where all are found.
        return centre > edge + 10 or 1 - special.nctdtr(df, centre, edge) >= POWER

    return _fewest(finds, fewest_for_pairs(n_pairs))


def _check_wanted(wanted: float, sd: float) -> None:
    if not (wanted > 0 and sd > 0 and math.isfinite(wanted) and math.isfinite(sd)):
        raise ListeningError(f"{wanted:g} with a deviation of {sd:g} cannot be planned for. Give two numbers above 0.")


def _fewest(is_enough: Callable[[int], bool], fewest: int) -> int:
    """The smallest number of listeners that is enough, by halving."""
    low, high = fewest, MOST_LISTENERS
    if not is_enough(high):
        raise ListeningError(f"More than {MOST_LISTENERS} listeners would be needed. Ask for less.")
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low
