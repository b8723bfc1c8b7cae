"""Whatever waits is written together, and each is told of its own."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from styletransfer.listening.group_commit import GroupCommit, Request
from styletransfer.listening.plan import ListeningError


def doing(group: GroupCommit, number: int, results: dict[int, Any]) -> threading.Thread:
    def do() -> None:
        try:
            results[number] = group.do(lambda seen: (number * seen, [number]))
        except Exception as error:
            results[number] = str(error)

    thread = threading.Thread(target=do)
    thread.start()
    return thread


class Disk:
    """Writes when it is let, and knows what came together."""

    def __init__(self) -> None:
        self.is_free = threading.Event()
        self.is_reached = threading.Event()
        self.written: list[list[int]] = []

    def write(self, requests: list[Request]) -> None:
        self.is_reached.set()
        self.is_free.wait()
        made = [each for request in requests for each in request.attempt(10)]
        if 13 in made:
            raise OSError("no room")
        self.written.append(made)


def test_those_who_came_during_a_write_are_written_together() -> None:
    disk, results = Disk(), {}
    group = GroupCommit(disk.write)
    threads = [doing(group, 0, results)]
    disk.is_reached.wait()
    for number in range(1, 9):
        threads.append(doing(group, number, results))
        while group._waiting.qsize() < number:  # they wait in this order
            pass
    assert results == {}
    disk.is_free.set()
    for thread in threads:
        thread.join()
    assert disk.written == [[0], [1, 2, 3, 4, 5, 6, 7, 8]]
    assert results == {number: 10 * number for number in range(9)}
    group.close()


def test_a_write_that_fails_is_told_to_all_and_the_next_goes_on() -> None:
    disk, results = Disk(), {}
    disk.is_free.set()
    group = GroupCommit(disk.write)
    doing(group, 13, results).join()
    doing(group, 14, results).join()
    assert results == {13: "no room", 14: 140}

    def refuse(_seen: Any) -> Any:
        raise ListeningError("not like this")

    with pytest.raises(ListeningError, match="not like this"):
        group.do(refuse)
    group.close()


def test_closing_writes_what_waits_and_refuses_what_comes() -> None:
    disk, results = Disk(), {}
    group = GroupCommit(disk.write)
    threads = [doing(group, 1, results)]
    disk.is_reached.wait()
    threads.append(doing(group, 2, results))
    while group._waiting.empty():
        pass
    closing = threading.Thread(target=group.close)
    closing.start()
    while not group._is_closed:
        pass
    with pytest.raises(ListeningError, match="being closed"):
        group.do(lambda seen: (seen, []))
    disk.is_free.set()
    for thread in (*threads, closing):
        thread.join()
    assert results == {1: 10, 2: 20}
    group.close()
