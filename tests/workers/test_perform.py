"""What a task tells while it is done, whoever does it: steps, looks, results, and how it ends."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
from support.page_looks import seen, until_stopped
from support.page_server import Stub, instant, instant_strengths, report_card

from styletransfer.settings import Settings
from styletransfer.workers.perform import NO_MEMORY, Looks, perform
from styletransfer.workers.protocol import Event, Look, Made, Measured, Measurement, Stepped, Transfer, Wish

NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, 44_100).astype(np.float32)
TASK = Transfer(content=NOISE, styles=[NOISE], settings=Settings())
STUB = Stub(stylize=instant, stylize_strengths=instant_strengths, measure=lambda *_: report_card())


def told(task: Any, engine: Any = STUB, wishes: list[Wish] | None = None) -> tuple[list[Event], BaseException | None]:
    """The events of a task and what went wrong; the last of the wishes stays."""
    left, events = list(wishes or [Wish.GO_ON]), []
    return events, perform(task, engine, events.append, lambda: left.pop(0) if len(left) > 1 else left[0])


def test_steps_come_without_a_hold_on_the_device_and_then_the_result() -> None:
    events, error = told(TASK, Stub(stylize=until_stopped), [*[Wish.GO_ON] * 6, Wish.STOP])
    assert error is None
    *steps, made = events
    assert made == Made("the best so far")  # pyright: ignore[reportArgumentType]
    assert len(steps) == 4
    assert all(isinstance(step, Stepped) and step.step.snapshot is None for step in steps)


def test_several_strengths_end_after_that_at_which_the_wish_was_heard() -> None:
    asked = dataclasses.replace(TASK, strengths=(50.0, 100.0, 0.0))
    assert [event.result.settings.strength for event in told(asked)[0] if isinstance(event, Made)] == [50, 100, 0]
    quiet = Stub(stylize_strengths=lambda *_, strengths, **__: iter(strengths))
    assert len(told(asked, quiet, [Wish.GO_ON, Wish.STOP])[0]) == 2


def test_what_is_abandoned_tells_nothing_more_and_is_no_error() -> None:
    events, error = told(TASK, Stub(stylize=until_stopped), [Wish.GO_ON, Wish.GO_ON, Wish.ABANDON])
    assert error is None
    assert len(events) == 1


def test_a_measurement_is_a_card_for_each_result() -> None:
    made = instant(NOISE, [NOISE], Settings(), on_step=lambda _: None)
    task = Measurement(results=[made, made], content=NOISE, styles=[NOISE])
    assert told(task) == ([Measured(report_card())] * 2, None)
    assert told(task, wishes=[Wish.GO_ON, Wish.ABANDON]) == ([Measured(report_card())], None)


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("INTERNAL: Out of memory allocating 9 bytes.")])
def test_out_of_memory_is_told_in_a_sentence(fault: Exception) -> None:
    def engine(*_: Any, **__: Any) -> None:
        raise fault

    error = told(TASK, Stub(stylize=engine))[1]
    assert str(error) == NO_MEMORY


def test_nothing_is_looked_at_that_nobody_wants() -> None:
    assert Looks(None, None).take(seen()) is None
    look = Looks(0.0, None).take(seen(3))
    assert isinstance(look, Look)
    assert look.spectrogram is not None
    assert look.sound is None


@pytest.mark.timing
def test_looking_takes_a_tenth_at_most() -> None:
    looks = Looks(0.0, 0.0)
    start_s = time.monotonic()
    taken = 0
    for number in range(100):
        look = looks.take(seen(number, takes_s=0.01))
        taken += look is not None and look.spectrogram is not None
        time.sleep(0.01)
    assert 2 <= taken <= 3 + (time.monotonic() - start_s) / 0.1
