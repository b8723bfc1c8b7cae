"""How fast the batches of a grid are made, from those that were."""

from __future__ import annotations

import statistics
import threading
from collections import deque

COUNTED = 7
"""The last batches that count: the first of a kind compile programs, which those after find."""


class Pace:
    """Seconds that a unit of work takes. For many threads."""

    def __init__(self) -> None:
        self._each_s: deque[float] = deque(maxlen=COUNTED)
        self._lock = threading.Lock()

    def take(self, work: float, seconds: float) -> None:
        """Take down a batch: its work, as `estimate.work`, and how long it took."""
        with self._lock:
            self._each_s.append(seconds / work)

    def seconds(self, work: float) -> float | None:
        """Estimate how long work will take one worker, None as long as nothing was made."""
        with self._lock:
            return work * statistics.median(self._each_s) if self._each_s else None
