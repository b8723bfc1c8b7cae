"""Which items of a test the next listener gets, so that each is heard as often as the others."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FREED_AFTER = timedelta(minutes=30)
"""Without an answer, after which a session counts as abandoned"""


@dataclass(frozen=True)
class Attempt:
    """As much of a session as matters here."""

    session: str
    items: tuple[str, ...]
    is_complete: bool
    """whether all is answered, as it is in the figures, too, of who never presses Finish"""
    active: datetime
    """when it began, or its last answer was given"""


@dataclass(frozen=True)
class Cells:
    """How many listeners each item has."""

    completed: Mapping[str, int]
    all: Mapping[str, int]
    """those at it among them"""


def count(attempts: Iterable[Attempt], seen: Mapping[str, datetime], now: datetime) -> Cells:
    """How often each item was heard, or is being heard.

    An abandoned session counts no more; `seen` has when a session was last seen besides its answers.
    """
    completed: Counter[str] = Counter()
    under_way: Counter[str] = Counter()
    for attempt in attempts:
        active = max(attempt.active, seen.get(attempt.session, attempt.active))
        if attempt.is_complete:
            completed.update(attempt.items)
        elif now - active < FREED_AFTER:
            under_way.update(attempt.items)
    return Cells(completed, completed + under_way)


def draw(items: Sequence[str], wanted: int, cells: Cells, chance: random.Random) -> list[str]:
    """So many of the items (0: all), those with the fewest listeners, in random order.

    Of equal ones those come first that fewer have completed, then chance decides. So completed cells differ by at most
    1 whenever nobody is at it, if each listener came after the one before had answered all or been given up. They may
    differ by more for a while, until the next listeners have made up for it: among listeners at it together some of
    whom drop out, since nobody knows of an abandoned cell before FREED_AFTER, and where somebody comes back to a cell
    that another got meanwhile. Of 60 listeners who take 10 minutes each, 30 % of whom drop out, simulated 450 times:
    by at most 1 in the end if one comes every 20 minutes, by 2 in 2 % of the cases if every 10, by 2 or 3 in 27 % if
    every 5.
    """
    ranked = sorted(items, key=lambda item: (cells.all.get(item, 0), cells.completed.get(item, 0), chance.random()))
    return chance.sample(ranked[: wanted or None], min(wanted or len(items), len(items)))
