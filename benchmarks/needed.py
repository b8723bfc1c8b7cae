"""Tables of how many trials and listeners are needed, which `python -m benchmarks.listeners` writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from styletransfer.listening.plan import ABX_TRIALS
from styletransfer.listening.statistics import abx
from styletransfer.listening.statistics.planning import (
    half_width,
    least_apart,
    listeners_for_difference,
    listeners_for_half_width,
)

PUBLISHED = (2.38, 2.25, 3.75, 3.44, 2.5)
"""Means of the paper's listening test"""
PAIRS = (1, 3, 10)
"""That are compared, of two, three and five ways"""


def abx_table() -> str:
    """Make a table of needed scores, exact."""
    rows = ["| trials of ABX | needed | p of that | power at 80 % |", "|--:|--:|--:|--:|"]
    for trials in sorted({*ABX_TRIALS, 10, 12, 20}):
        needed = abx.needed_score(trials)
        p = f"{abx.p_of_score(needed, trials):.4f}" if needed is not None else ""
        rows.append(f"| {trials} | {needed} | {p} | {abx.power(trials):.2f} |")
    return "\n".join(rows)


def width_table(counts: Sequence[int]) -> str:
    """Make a table of how far intervals of mean ratings reach, for SD 1 and for ratings that the scale's ends bring
    nearer to one another."""
    rng = np.random.default_rng(0)
    rows = [
        "| listeners | half-width, SD 1 | ratings around the published means | rows told apart from |",
        "|--:|--:|--:|--:|",
    ]
    for n_listeners in counts:
        given = np.clip(np.rint(rng.normal(PUBLISHED, 1, (n_listeners, 4000, len(PUBLISHED)))), 1, 5)
        sd = float(given.std(axis=0, ddof=1).mean())
        cells = (half_width(n_listeners), half_width(n_listeners, sd), least_apart(n_listeners, sd))
        rows.append(f"| {n_listeners} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    return "\n".join(rows)


def listeners_table() -> str:
    """Make a table of how many listeners are needed at SD 1, exact."""
    pairs = " | ".join(f"to find it in {n_pairs} pair{'s' * (n_pairs > 1)}" for n_pairs in PAIRS)
    rows = [f"| wanted, SD 1 | for an interval of that half-width | {pairs} |", f"|--:|--:|{'--:|' * len(PAIRS)}"]
    for wanted in (0.3, 0.5, 0.8, 1.0):
        needed = (listeners_for_difference(wanted, 1.0, n_pairs) for n_pairs in PAIRS)
        rows.append(f"| {wanted} | {listeners_for_half_width(wanted)} | {' | '.join(map(str, needed))} |")
    return "\n".join(rows)
