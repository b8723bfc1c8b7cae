"""What figures mean, in words for whoever asked the listeners."""

from __future__ import annotations

from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, LEVEL, Interval, Mean
from styletransfer.listening.statistics.planning import fewest_for_pairs

FEW = f"Fewer than {FEWEST_FOR_P} listeners"
NO_P = f"{FEW}: there are figures and intervals, but no p, for so few cannot tell chance from taste."
NO_P_OVER_ALL = f"{FEW}: there is no p over all of them, for so few do not stand for others. Each one's own p is exact."


def p_value(p: float | None) -> str:
    """Write a p as people read it: 0.031, or that it is below 0.0001; a dash where there is none.

    What is above 0.05 is never written as 0.05: it has as many digits as that takes.
    """
    if p is None:
        return "-"
    if p < 0.0001:
        return "< 0.0001"
    written = [f"{p:.{digits}g}" for digits in range(2, 18)] if p < 0.1 else [f"{p:.2f}"]
    return next(each for each in written if (float(each) <= LEVEL) == (p <= LEVEL))


def meaning(p: float | None, if_nothing: str, seen: str, not_seen: str) -> str:
    """Say what a p means: `if_nothing` is what would be so if there were no difference, the others what follows."""
    if p is None:
        return NO_P
    equals = "" if p < 0.0001 else "= "
    told = f"p {equals}{p_value(p)}: {if_nothing}, chance alone would show as much or more in {_share(p)} of all tests."
    return f"{told} {seen if p <= LEVEL else not_seen}"


def says(p: float | None, mean: float | None, above: str, below: str, n_tested: int, n_listeners: int) -> str:
    """Say in a few words what a p of two compared means: `above` and `below` are for the sign of their difference.

    `n_tested` pairs were compared, by so many listeners at most.
    """
    if p is None or mean is None:
        return "too few listeners for a p"
    if p <= LEVEL:
        return above if mean > 0 else below
    return "too few listeners to tell" if n_listeners < fewest_for_pairs(n_tested) else "no difference shown"


def too_few(n_tested: int, n_listeners: int) -> str:
    """Say that no pair can be shown to differ, whatever so many listeners say; "" where one can, or none has a p."""
    fewest = fewest_for_pairs(n_tested)
    if not FEWEST_FOR_P <= n_listeners < fewest:
        return ""
    return (
        f"{n_listeners} listeners cannot show that two differ, whatever they say: the smallest p that they can have, "
        f"times {n_tested} pairs, is above {LEVEL:g}. It takes {fewest}."
    )


def _share(p: float) -> str:
    percent = 100 * p
    return "less than 0.01 %" if percent < 0.01 else f"{100 * float(p_value(p)):.6g} %"


def number(value: float | None, digits: int = 2) -> str:
    """Write a figure with so many digits after the point, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def interval(found: Interval | None, digits: int = 2) -> str:
    """Write an interval, or a dash."""
    return "-" if found is None else f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def percent(share: float | None) -> str:
    """Write a share as "80 %", or a dash."""
    return "-" if share is None else f"{100 * share:.0f} %"


def mean(found: Mean, digits: int = 2) -> str:
    """Write a mean with its interval."""
    return f"{number(found.mean, digits)} ({interval(found.interval, digits)})"


def count(n: int, one: str, many: str = "") -> str:
    """Write a number of things: "1 listener", "8 listeners"."""
    return f"{n} {one if n == 1 else many or one + 's'}"
