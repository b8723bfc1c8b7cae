"""How much may be asked for within a time: of each visit, from each address, and of the server as a whole.

These are guards against floods, far above what musicians and listeners do: a hundred listeners behind one address, who
answer every two seconds, pass. What a job may take, and how many wait, is decided elsewhere. The counts are in memory
and end with the server.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from styletransfer.web.guard.refusals import Refused

MIB = 2**20
MOST_KEYS = 1000
"""Addresses and visits that are counted before those with nothing left to count are forgotten"""


@dataclass(frozen=True)
class Budget:
    """What is counted, and how much of it is let through; `what` is its name in a sentence."""

    name: str
    what: str
    visit: RateLimitItem
    address: RateLimitItem
    in_all: RateLimitItem


JOBS = Budget("jobs", "transfers", RateLimitItemPerMinute(30), RateLimitItemPerMinute(120), RateLimitItemPerMinute(300))
CALLS = Budget(
    "calls", "actions", RateLimitItemPerMinute(1200), RateLimitItemPerMinute(6000), RateLimitItemPerMinute(20_000)
)
"""All else that the page asks Python for, as when a slider is moved"""
UPLOADS = Budget(
    "uploads", "uploads", RateLimitItemPerHour(2000), RateLimitItemPerHour(2000), RateLimitItemPerHour(8000)
)
"""In MiB, of addresses and in all: an upload tells no visit. Within an hour it is less than visitors' files may take,
and what is older than that makes room (see server/private_files.py)."""
ANSWERS = Budget(
    "answers", "answers", RateLimitItemPerMinute(240), RateLimitItemPerMinute(12_000), RateLimitItemPerMinute(30_000)
)
"""What listeners send: also that they begin, and that they are done"""
TESTS = Budget(
    "tests", "listening tests", RateLimitItemPerHour(10), RateLimitItemPerHour(30), RateLimitItemPerHour(100)
)
"""Listening tests that are made: they stay"""
VISITS = Budget(
    "visits", "new visits", RateLimitItemPerHour(400), RateLimitItemPerHour(400), RateLimitItemPerHour(20_000)
)
"""Fewer from an address than Gradio keeps the state of, so that none has everybody else's forgotten"""
LOGINS = Budget("logins", "logins", RateLimitItemPerMinute(20), RateLimitItemPerMinute(20), RateLimitItemPerMinute(300))


class Budgets:
    """The counts of one server."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._n_left = 0

    def spend(self, budget: Budget, *, address: str, visit: str = "", amount: int = 1, in_all: bool = True) -> None:
        """Count something, and raise Refused (429) where that is more than is let through.

        An empty address is one that many share, an empty visit is unknown: neither is counted; nor is it for all
        together without `in_all`, where it was before."""
        parts = (
            (budget.address, "address", address),
            (budget.visit, "visit", visit),
            (budget.in_all, "all", "all" if in_all else ""),
        )
        counted = [(item, kind, key) for item, kind, key in parts if key]
        for item, *keys in counted:
            if not self._limiter.test(item, budget.name, *keys, cost=amount):
                resets = self._limiter.get_window_stats(item, budget.name, *keys).reset_time
                raise _refused(budget, resets - time.time())
        for item, *keys in counted:
            self._limiter.hit(item, budget.name, *keys, cost=amount)
        self._forget()

    def _forget(self) -> None:
        # All are looked at each time that they have doubled, not at each request.
        if len(self._storage.events) > max(MOST_KEYS, 2 * self._n_left):
            for key in [key for key, entries in self._storage.events.items() if not entries]:
                self._storage.clear(key)
            self._n_left = len(self._storage.events)


def _refused(budget: Budget, wait_s: float) -> Refused:
    wait_s = max(1.0, wait_s)
    when = f"{wait_s:.0f} seconds" if wait_s < 90 else f"{wait_s / 60:.0f} minutes"
    return Refused(429, f"Too many {budget.what} in a short time. Try again in {when}.", retry_s=wait_s)
