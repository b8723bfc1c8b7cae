"""How far several results are, and how long the rest takes, told by what those before took."""

from __future__ import annotations

from collections.abc import Sequence

from styletransfer.web.results import progress
from styletransfer.web.server.jobs import Update


class Pace:
    """Counts what is behind. `works` are the results in units of `estimate.work`, of which one takes `unit_s` here, if
    that is known; results go by their indices."""

    def __init__(self, works: Sequence[float], unit_s: float | None) -> None:
        self._works, self._known_unit_s = list(works), unit_s
        self._behind = 0.0
        self._best_s: float | None = None
        """that a unit took of what is done: of the first much goes into compilation"""
        self._expected_s: float | None = None
        """that a unit takes, by the iterations of what was under way last"""

    def skip(self, index: int) -> None:
        """Count nothing for a result that was not made."""
        self._works[index] = 0.0

    def end(self, index: int, took_s: float) -> None:
        """Count a result that is done."""
        self._behind += self._works[index]
        if self._works[index]:
            unit_s = took_s / self._works[index]
            self._best_s = unit_s if self._best_s is None else min(unit_s, self._best_s)

    def share(self, index: int, update: Update) -> float:
        """How much of all is behind one that is under way: 0 to 1."""
        own = progress.eta_of(update).share(update.steps[-1]) if update.steps else 0.0
        own = 1.0 if update.results else own
        whole = sum(self._works)
        return min(1.0, (self._behind + own * self._works[index]) / whole) if whole else 0.0

    def left_s(self, index: int, update: Update) -> float | None:
        """Seconds until all are done, from one that is under way on; None as long as that cannot be told."""
        own_s = self._own_left_s(index, update)
        found = [each for each in (self._best_s, self._expected_s) if each is not None]
        unit_s = min(found) if found else self._known_unit_s
        if unit_s is None:
            return None
        if own_s is None:
            own_s = max(0.0, unit_s * self._works[index] - update.elapsed_s)
        return own_s + unit_s * sum(self._works[index + 1 :])

    def _own_left_s(self, index: int, update: Update) -> float | None:
        """Of the one that is under way, until it can be heard."""
        if update.results:
            return 0.0
        if not update.steps:
            return None
        eta, last = progress.eta_of(update), update.steps[-1]
        own_s, share = eta.seconds_left(last), eta.share(last)
        if own_s is not None and share < 1 and self._works[index]:
            self._expected_s = own_s / (1 - share) / self._works[index]
        return own_s
