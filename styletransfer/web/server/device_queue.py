"""The queue in front of the device: fair between visitors, one at a time or as many as there are workers.

Networks take turns, and within a network its visits, whoever asked how often: start-time fair queueing (Goyal, Vin &
Cheng 1997) of jobs that count the same. What can wait, the warm-up, goes when no visitor is there. A ticket stands in
the queue until it is its turn, and holds its place at the device until it leaves. Leaving is possible at any time, from
any thread.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from styletransfer.errors import StyleTransferError
from styletransfer.web.guard import proxies

MAX_WAITING = 25
MAX_WAITING_OF_VISIT = 2
MAX_WAITING_OF_NETWORK = 8
"""Of visits that are known to come from one network, such as a school's."""


class BusyError(StyleTransferError):
    """There is no place in the queue, or there will be none."""


class Visitor(NamedTuple):
    """Who waits."""

    visit: str
    """a name that nobody else has"""
    address: str = ""
    """where the visit comes from, if that is known"""

    @property
    def network(self) -> str:
        """What many addresses of one visitor have in common; empty where visitors cannot be told apart by it, as behind
        a tunnel, all of whose visitors come from this machine."""
        address = proxies.parsed(self.address)
        return "" if address is None or address.is_loopback else proxies.key_of(address)


@dataclass(frozen=True, eq=False)
class Ticket:
    """A place in the queue; one of nobody is patient, and lets everybody else go first."""

    visitor: Visitor | None

    @property
    def is_patient(self) -> bool:
        """Whether it is nobody's."""
        return self.visitor is None


@dataclass
class _Turns:
    """Who has had how many turns, in virtual time: it is as late as the last turn was taken."""

    now: float = 0.0
    next_by_name: dict[str, float] = field(default_factory=dict)

    def of(self, name: str, place: int) -> float:
        """When the ticket of a name has its turn that stands at this place, from 0, among those of its name."""
        return max(self.now, self.next_by_name.get(name, 0.0)) + place

    def take(self, name: str) -> None:
        """Take down that a name had its turn."""
        self.now = self.of(name, 0)
        self.next_by_name[name] = self.now + 1
        self.next_by_name = {each: turn for each, turn in self.next_by_name.items() if turn > self.now}


class DeviceQueue:
    """A queue, and who is at work; `places` are how many at a time."""

    def __init__(self, places: int = 1) -> None:
        self.places = places
        self._changed = threading.Condition()
        self._waiting: list[Ticket] = []
        self._at_work: list[Ticket] = []
        self._networks = _Turns()
        self._visits: defaultdict[str, _Turns] = defaultdict(_Turns)

    def join(self, visitor: Visitor | None = None) -> Ticket:
        """A ticket at the end of the queue, for somebody or for the warm-up. Raises BusyError."""
        ticket = Ticket(visitor)
        with self._changed:
            if visitor is not None:
                self._check(visitor)
            self._waiting.append(ticket)
        return ticket

    def wait(self, ticket: Ticket) -> bool:
        """Returns True when it is the ticket's turn, False when it has left the queue."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_next(ticket) or ticket not in self._waiting)
            if ticket not in self._waiting:
                return False
            self._waiting.remove(ticket)
            self._at_work.append(ticket)
            if ticket.visitor is not None:
                self._take_turn(ticket.visitor)
            self._changed.notify_all()  # there may be a place for the next one, too
            return True

    def leave(self, ticket: Ticket, *, keep_device: bool = False) -> bool:
        """Gives up the ticket's place in the queue, and the device unless `keep_device`. Whether it stood in the
        queue."""
        with self._changed:
            stood = ticket in self._waiting
            if stood:
                self._waiting.remove(ticket)
            elif ticket in self._at_work and not keep_device:
                self._at_work.remove(ticket)
            self._changed.notify_all()
            return stood

    def ahead(self, ticket: Ticket) -> int | None:
        """How many visitors' tickets come before this one, as the queue is now; None if it is not in the queue."""
        with self._changed:
            if ticket not in self._waiting:
                return None
            order = self._in_order()
            before = order[: order.index(ticket)]
            at_work = self._at_work if len(self._at_work) >= self.places else []
            return sum(not other.is_patient for other in (*before, *at_work))

    def length(self) -> int:
        """How many visitors' tickets stand in the queue."""
        with self._changed:
            return len(self._visitors())

    def patient_at_work(self) -> bool:
        """Whether what is under way is nobody's transfer."""
        return any(ticket.is_patient for ticket in self._at_work)

    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._at_work)

    def wait_until_free(self, timeout_s: float) -> bool:
        """Whether nothing is under way any more before the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._at_work, timeout_s)

    def _check(self, visitor: Visitor) -> None:
        """Raise BusyError where the queue, or the visitor's share of it, is full."""
        visitors = self._visitors()
        of_network = [each for each in visitors if each.network and each.network == visitor.network]
        if sum(each.visit == visitor.visit for each in visitors) >= MAX_WAITING_OF_VISIT:
            raise BusyError(
                f"{MAX_WAITING_OF_VISIT} transfers of yours are waiting already. Wait until one of them has begun."
            )
        for waiting, most, of in (
            (of_network, MAX_WAITING_OF_NETWORK, " from your network"),
            (visitors, MAX_WAITING, ""),
        ):
            if len(waiting) >= most:
                raise BusyError(f"{most} transfers{of} are waiting already. Try again in a few minutes.")

    def _visitors(self) -> list[Visitor]:
        return [ticket.visitor for ticket in self._waiting if ticket.visitor is not None]

    def _take_turn(self, visitor: Visitor) -> None:
        self._networks.take(visitor.network)
        self._visits[visitor.network].take(visitor.visit)
        there = {each.network for each in self._visitors()} | self._networks.next_by_name.keys()
        for network in self._visits.keys() - there:
            del self._visits[network]

    def _is_next(self, ticket: Ticket) -> bool:
        return len(self._at_work) < self.places and ticket is self._in_order()[0]

    def _in_order(self) -> list[Ticket]:
        """All who wait, as they will have their turn if nobody else comes."""
        visitors = [ticket for ticket in self._waiting if ticket.visitor is not None]
        by_network: dict[str, list[Ticket]] = {}
        for network, tickets in _grouped(visitors, lambda visitor: visitor.network).items():
            turns = self._visits.get(network, _Turns())
            by_network[network] = _merged(_grouped(tickets, lambda visitor: visitor.visit), turns, self._waiting)
        patient = [ticket for ticket in self._waiting if ticket.is_patient]
        return [*_merged(by_network, self._networks, self._waiting), *patient]


def _grouped(tickets: Iterable[Ticket], name_of: Callable[[Visitor], str]) -> dict[str, list[Ticket]]:
    groups: defaultdict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        assert ticket.visitor is not None
        groups[name_of(ticket.visitor)].append(ticket)
    return groups


def _merged(groups: dict[str, list[Ticket]], turns: _Turns, arrivals: Sequence[Ticket]) -> list[Ticket]:
    """Tickets by their turn; of the same turn by their arrival."""
    turn_by_ticket = {ticket: turns.of(name, i) for name, tickets in groups.items() for i, ticket in enumerate(tickets)}
    return sorted(turn_by_ticket, key=lambda ticket: (turn_by_ticket[ticket], arrivals.index(ticket)))
