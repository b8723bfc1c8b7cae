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
        self._behind = self._behind_s = 0.0

    def skip(self, index: int) -> None:
        """Count nothing for a result that was not made."""
        self._works[index] = 0.0

    def end(self, index: int, took_s: float) -> None:
        """Count a result that is done."""
        self._behind += self._works[index]
        self._behind_s += took_s

    def share(self, index: int, update: Update) -> float:
        """How much of all is behind one that is under way: 0 to 1."""
        own = progress.eta_of(update).share(update.steps[-1]) if update.steps else 0.0
        own = 1.0 if update.results else own
        whole = sum(self._works)
        return min(1.0, (self._behind + own * self._works[index]) / whole) if whole else 0.0

    def left_s(self, index: int, update: Update) -> float | None:
        """Seconds until all are done, from one that is under way on; None as long as that cannot be told."""
        own_s = progress.eta_of(update).seconds_left(update.steps[-1]) if update.steps else None
        own_s = 0.0 if update.results else own_s
        unit_s = self._unit_s(index, update, own_s)
        if unit_s is None:
            return None
        if own_s is None:
            own_s = max(0.0, unit_s * self._works[index] - update.elapsed_s)
        return own_s + unit_s * sum(self._works[index + 1 :])

    def _unit_s(self, index: int, update: Update, own_s: float | None) -> float | None:
        if self._behind:
            return self._behind_s / self._behind
        if own_s is not None and self._works[index]:
            return (update.elapsed_s + own_s) / self._works[index]
        return self._known_unit_s
