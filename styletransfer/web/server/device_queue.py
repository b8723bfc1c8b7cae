"""The queue in front of the device: one at a time, first come, first served, and visitors before what can wait.

A ticket stands in the queue until it is its turn, and holds the device until it leaves. Leaving is possible at any
time, from any thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Ticket:
    """A place in the queue; one that is `patient` lets everybody else go first."""

    patient: bool = False


class DeviceQueue:
    """A queue and who is at work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[Ticket] = []
        self._at_work: Ticket | None = None

    def join(self, *, patient: bool = False) -> Ticket:
        """A ticket at the end of the queue."""
        ticket = Ticket(patient)
        with self._changed:
            self._queue.append(ticket)
        return ticket

    def wait(self, ticket: Ticket) -> bool:
        """Returns True when it is the ticket's turn, False when it has left the queue."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_next(ticket) or ticket not in self._queue)
            if ticket not in self._queue:
                return False
            self._queue.remove(ticket)
            self._at_work = ticket
            return True

    def leave(self, ticket: Ticket, *, keep_device: bool = False) -> None:
        """Gives up the ticket's place in the queue, and the device unless `keep_device`."""
        with self._changed:
            if ticket in self._queue:
                self._queue.remove(ticket)
            elif ticket is self._at_work and not keep_device:
                self._at_work = None
            self._changed.notify_all()

    def ahead(self, ticket: Ticket) -> int | None:
        """How many visitors' tickets come before this one; None if it is not in the queue."""
        with self._changed:
            if ticket not in self._queue:
                return None
            before = self._queue[: self._queue.index(ticket)]
            return sum(not other.patient for other in (*before, self._at_work) if other)

    def length(self) -> int:
        """How many visitors' tickets stand in the queue."""
        with self._changed:
            return sum(not ticket.patient for ticket in self._queue)

    def patient_at_work(self) -> bool:
        """Whether what is under way is nobody's transfer."""
        at_work = self._at_work
        return at_work is not None and at_work.patient

    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return self._at_work is not None

    def wait_until_free(self, timeout_s: float) -> bool:
        """Whether nothing is under way any more before the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._at_work is None, timeout_s)

    def _is_next(self, ticket: Ticket) -> bool:
        if self._at_work is not None:
            return False
        return ticket is next(
            (other for other in self._queue if not other.patient), self._queue[0] if self._queue else None
        )
