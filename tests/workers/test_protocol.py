"""`events`: a run that is left before its end ends all the same, and its worker is free again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from styletransfer.workers import protocol
from styletransfer.workers.protocol import Ended, Event, Look, Wish, events

LOOK = Look(None, None)


class Told:
    """A run that tells batches of events, and after them nothing."""

    def __init__(self, *batches: Sequence[Event]) -> None:
        self.left = list(batches)
        self.wishes: list[Wish] = []
        self.polls_after_end = 0
        self._has_ended = False

    def poll(self, timeout_s: float) -> Sequence[Event]:
        self.polls_after_end += self._has_ended
        polled = self.left.pop(0) if self.left else []
        self._has_ended = any(isinstance(event, Ended) for event in polled)
        return polled

    def cancel(self, wish: Wish) -> None:
        self.wishes.append(wish)


def left_at_first(run: Told) -> None:
    following = events(run, lambda: Wish.GO_ON)
    next(following)
    following.close()


def test_a_run_that_is_left_is_abandoned_and_followed_to_its_end() -> None:
    run = Told([LOOK], [LOOK], [], [LOOK, Ended()])
    left_at_first(run)
    assert (run.left, run.wishes) == ([], [Wish.GO_ON, Wish.ABANDON])


def test_an_end_that_has_come_already_is_not_waited_for() -> None:
    run = Told([LOOK, LOOK, Ended()])
    left_at_first(run)
    assert (run.wishes, run.polls_after_end) == ([Wish.GO_ON], 0)
    run = Told([LOOK], [Ended(RuntimeError("a fault"))])
    with pytest.raises(RuntimeError, match="a fault"):
        list(events(run, lambda: Wish.GO_ON))
    assert (run.wishes, run.polls_after_end) == ([Wish.GO_ON] * 2, 0)


def test_a_run_that_does_not_end_is_ended_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "ENDING_S", 0.02)
    run = Told([LOOK])
    left_at_first(run)
    assert run.wishes == [Wish.GO_ON, Wish.ABANDON, Wish.KILL]


def test_a_wish_that_fails_leaves_no_run_behind() -> None:
    def fails() -> Wish:
        raise RuntimeError("nobody knows")

    run = Told([Ended()])
    with pytest.raises(RuntimeError, match="nobody knows"):
        list(events(run, fails))
    assert (run.left, run.wishes) == ([], [Wish.ABANDON])
