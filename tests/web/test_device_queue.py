"""The queue in front of the device: turns in order, and fair between visitors."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styletransfer.web.server.device_queue import (
    MAX_WAITING,
    MAX_WAITING_OF_NETWORK,
    MAX_WAITING_OF_VISIT,
    BusyError,
    DeviceQueue,
    Ticket,
    Visitor,
)

A, B, C = (Visitor(name) for name in "abc")


def serve_all(queue: DeviceQueue, tickets: list[Ticket]) -> list[Ticket]:
    """The tickets in the order in which their turns come, each leaving at once."""
    order = []
    while tickets := [ticket for ticket in tickets if queue.ahead(ticket) is not None]:
        (ticket,) = (each for each in tickets if queue.ahead(each) == 0)
        assert queue.wait(ticket)
        queue.leave(ticket)
        order.append(ticket)
    return order


def test_turns_are_taken_in_order_and_can_be_given_up() -> None:
    queue = DeviceQueue()
    first, second, third = (queue.join(visitor) for visitor in (A, B, C))
    assert [queue.ahead(ticket) for ticket in (first, second, third)] == [0, 1, 2]
    assert queue.wait(first)
    assert queue.ahead(first) is None
    assert [queue.ahead(ticket) for ticket in (second, third)] == [1, 2]
    assert queue.leave(second)
    assert not queue.leave(second)
    assert not queue.wait(second)
    assert queue.ahead(third) == 1
    waited: list[bool] = []
    thread = threading.Thread(target=lambda: waited.append(queue.wait(third)))
    thread.start()
    assert not waited
    queue.leave(first)
    thread.join(5)
    assert waited == [True]
    assert queue.is_busy()
    queue.leave(third, keep_device=True)
    assert queue.is_busy()
    queue.leave(third)
    assert queue.wait_until_free(0)


def test_what_is_patient_comes_last_and_counts_for_nobody() -> None:
    queue = DeviceQueue()
    patient, visitor = queue.join(), queue.join(A)
    assert queue.ahead(visitor) == 0
    assert queue.length() == 1
    assert queue.wait(visitor)
    queue.leave(visitor)
    assert queue.wait(patient)
    late = queue.join(A)
    assert queue.ahead(late) == 0
    assert queue.patient_at_work()
    queue.leave(late)
    queue.leave(patient)
    assert not queue.is_busy()


def test_two_workers_take_two_at_a_time() -> None:
    queue = DeviceQueue(places=2)
    first, second, third = (queue.join(visitor) for visitor in (A, B, C))
    assert queue.wait(first)
    assert [queue.ahead(ticket) for ticket in (second, third)] == [0, 1]
    assert queue.wait(second)
    assert queue.ahead(third) == 2
    queue.leave(first)
    assert queue.ahead(third) == 0
    assert queue.wait(third)


def test_who_asked_twice_waits_for_who_asked_once() -> None:
    queue = DeviceQueue()
    running = queue.join(A)
    assert queue.wait(running)
    more, others = [queue.join(A) for _ in range(2)], [queue.join(visitor) for visitor in (B, C)]
    assert [queue.ahead(ticket) for ticket in (*others, *more)] == [1, 2, 3, 4]
    queue.leave(running)
    assert serve_all(queue, [*more, *others]) == [*others, *more]


def test_a_network_of_many_visits_takes_turns_with_others() -> None:
    """And the visits of it among themselves."""
    queue = DeviceQueue()
    school = [Visitor(f"pupil {i}", "198.51.100.7") for i in range(3)]
    home = Visitor("home", "203.0.113.5")
    eager = [queue.join(school[0]) for _ in range(2)]
    tickets = [*eager, *(queue.join(pupil) for pupil in school[1:]), queue.join(home)]
    order = serve_all(queue, tickets)
    assert [tickets.index(ticket) for ticket in order] == [0, 4, 2, 3, 1]


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::5", "2001:db8:1:3::5", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_addresses_of_one_customer(one: str, other: str, are_one: bool) -> None:
    assert (Visitor("", one).network == Visitor("", other).network) == are_one


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "testclient"])
def test_where_all_come_from_this_machine_visitors_have_no_network(address: str) -> None:
    assert Visitor("", address).network == ""


def test_a_visitor_has_a_share_of_the_queue() -> None:
    queue = DeviceQueue()
    at_work = queue.join(A)
    assert queue.wait(at_work)
    for _ in range(MAX_WAITING_OF_VISIT):
        queue.join(A)
    with pytest.raises(BusyError, match=r"^2 transfers of yours are waiting already\. Wait until one"):
        queue.join(A)
    queue.join(B)


def test_a_network_has_a_share_of_the_queue() -> None:
    queue = DeviceQueue()
    for i in range(MAX_WAITING_OF_NETWORK):
        queue.join(Visitor(f"{i}", "203.0.113.5"))
    with pytest.raises(BusyError, match=r"^8 transfers from your network are waiting already\. Try again"):
        queue.join(Visitor("one more", "203.0.113.5"))
    queue.join(Visitor("another", "203.0.113.6"))


def test_a_line_that_is_too_long_is_refused_in_a_sentence() -> None:
    queue = DeviceQueue()
    for i in range(MAX_WAITING):
        queue.join(Visitor(f"{i}"))
    with pytest.raises(BusyError, match=r"^25 transfers are waiting already\. Try again in a few minutes\.$"):
        queue.join(A)
    assert queue.join().is_patient


@given(st.lists(st.tuples(st.sampled_from(["join", "turn"]), st.integers(0, 3)), max_size=60))
def test_nobody_who_waits_is_overtaken_twice_by_the_same(events: list[tuple[str, int]]) -> None:
    """Whoever comes and goes, and whenever."""
    queue = DeviceQueue()
    waiting: dict[Ticket, Counter[Visitor]] = {}
    for kind, number in events:
        visitor = Visitor(f"{number}")
        if kind == "join":
            if sum(ticket.visitor == visitor for ticket in waiting) < MAX_WAITING_OF_VISIT:
                waiting[queue.join(visitor)] = Counter()
        elif waiting:
            ticket = next(ticket for ticket in waiting if queue.ahead(ticket) == 0)
            assert queue.wait(ticket)
            queue.leave(ticket)
            del waiting[ticket]
            for other, overtaken in waiting.items():
                if other.visitor != ticket.visitor:
                    overtaken[ticket.visitor or visitor] += 1
    first_of = {ticket.visitor: ticket for ticket in reversed(waiting)}
    assert all(count <= 2 for ticket in first_of.values() for count in waiting[ticket].values())
