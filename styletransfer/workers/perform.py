"""Performs a task with an engine, in whatever process this is, and tells of it as events."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np

from styletransfer.errors import StyleTransferError
from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, ReportCard, Result, Step
from styletransfer.workers.protocol import Event, Look, Made, Measured, Measurement, Stepped, Task, Transfer, Wish

MAX_SHARE = 0.1
"""Of the work's time that looking at it may take."""
JAX_OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "Out of memory")
NO_MEMORY = "There was not enough memory for this transfer. Use a shorter length, or the preset quick."


class Engine(Protocol):
    """What makes results and measures them: the module `styletransfer.transfer`, or what a test puts in its place."""

    def stylize(
        self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep
    ) -> Result:
        """One result."""
        ...

    def sketch(
        self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep
    ) -> Result | None:
        """What can be heard before the result is solved for, if there is anything."""
        ...

    def stylize_strengths(
        self,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings,
        *,
        strengths: Sequence[float],
        on_step: OnStep,
    ) -> Iterable[Result]:
        """One result for each strength, in `strength_order`."""
        ...

    def measure(self, result: Result, content: np.ndarray, styles: Sequence[np.ndarray]) -> ReportCard:
        """The report card of a result."""
        ...


class OutOfMemoryError(StyleTransferError):
    """A task took more memory than there was."""


class _AbandonedError(Exception):
    """Raised into the engine when nobody wants the result any more."""


def perform(
    task: Task, engine: Engine, emit: Callable[[Event], object], wish: Callable[[], Wish]
) -> BaseException | None:
    """Do all of a task, and hand what comes of it to `emit`, but for the end. `wish` tells, at each step, whether it is
    to go on. Returns what went wrong, if anything did."""
    try:
        if isinstance(task, Measurement):
            _measure(task, engine, emit, wish)
        else:
            _transfer(task, engine, emit, wish)
    except _AbandonedError:
        return None
    except BaseException as error:  # it is raised again where somebody waits for the result
        return _in_words(error)
    return None


def _in_words(error: BaseException) -> BaseException:
    """Out of memory in a sentence; JAX has texts for it, and no type."""
    if isinstance(error, MemoryError) or any(text in str(error) for text in JAX_OUT_OF_MEMORY):
        sentence = OutOfMemoryError(NO_MEMORY)
        sentence.__cause__ = error
        return sentence
    return error


def _transfer(task: Transfer, engine: Engine, emit: Callable[[Event], object], wish: Callable[[], Wish]) -> None:
    looks = Looks(task.picture_s, task.preview_s)

    def hear() -> bool:
        wished = wish()
        if wished >= Wish.ABANDON:
            raise _AbandonedError
        return wished == Wish.STOP

    def on_step(step: Step) -> bool:
        hear()
        look = looks.take(step)
        if look is not None:
            emit(look)
        emit(Stepped(dataclasses.replace(step, snapshot=None)))
        return hear()

    given = task.content, task.styles, task.settings
    sketch = engine.sketch(*given, on_step=lambda _: hear()) if task.sketched else None
    if sketch is not None:
        emit(Look(sketch.spectrogram, sketch.sound))

    def made(result: Result) -> None:
        emit(Made(result))
        if task.measured:
            emit(Measured(engine.measure(result, task.content, task.styles)))

    if task.strengths is None:
        made(engine.stylize(*given, on_step=on_step))
        return
    for result in engine.stylize_strengths(*given, strengths=task.strengths, on_step=on_step):
        made(result)
        # Between two strengths no step hears the wish to stop: the next would be stopped at its first.
        if hear():
            return


def _measure(task: Measurement, engine: Engine, emit: Callable[[Event], object], wish: Callable[[], Wish]) -> None:
    for result in task.results:
        if wish() >= Wish.ABANDON:
            return
        emit(Measured(engine.measure(result, task.content, task.styles)))


class Throttle:
    """When something is due that is done every `every_s` seconds, or as seldom as its cost demands; never, if None."""

    def __init__(self, every_s: float | None) -> None:
        self.every_s = every_s
        self.due_s = 0.0
        self.done_before = False

    def is_due(self, now_s: float) -> bool:
        """Whether it is time."""
        return self.every_s is not None and now_s >= self.due_s

    def done(self, start_s: float, end_s: float) -> None:
        """Take down when it was done."""
        # The first time includes compilation, which the transfer needs anyway.
        cost_s = end_s - start_s if self.done_before else 0.0
        self.done_before = True
        self.due_s = end_s + max(self.every_s or 0.0, cost_s / MAX_SHARE)


class Looks:
    """What is seen and heard of a transfer while it runs, so seldom that it never takes more than MAX_SHARE of the
    time. Arguments are those of `Transfer`."""

    def __init__(self, picture_s: float | None, preview_s: float | None) -> None:
        self._pictures, self._sounds = Throttle(picture_s), Throttle(preview_s)

    def take(self, step: Step) -> Look | None:
        """Take from a step, within its callback, what is due."""
        if step.snapshot is None:
            return None
        picture = _take(self._pictures, step.spectrogram)
        sound = _take(self._sounds, step.preview)
        return None if picture is None and sound is None else Look(picture, sound)


def _take(throttle: Throttle, make: Callable[[], np.ndarray]) -> np.ndarray | None:
    start_s = time.monotonic()
    if not throttle.is_due(start_s):
        return None
    made = make()
    throttle.done(start_s, time.monotonic())
    return made
