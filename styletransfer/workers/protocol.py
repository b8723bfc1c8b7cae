"""What is asked of workers, and what they tell: the one protocol between who wants results and what makes them.

`Workers.submit` takes a task that one of them begins at once, `Run.poll` tells what came of it since, `Run.cancel` asks
it to end, `Workers.close` ends them all. in_process.py, processes.py and ray_actors.py have the three kinds.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from styletransfer.errors import StyleTransferError
from styletransfer.settings import Settings
from styletransfer.transfer import ReportCard, Result, Step

POLL_S = 0.1
"""How often `events` asks what is wished."""
ENDING_S = 10.0
"""In which a run that nobody follows any more ends by itself; then its process is ended."""


class WorkerLostError(StyleTransferError):
    """A worker's process has ended before its task did."""


class EngineFaultError(Exception):
    """A fault of the program in another process; the text is its traceback."""


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A task: results of two or more recordings."""

    content: np.ndarray
    styles: Sequence[np.ndarray]
    settings: Settings
    strengths: tuple[float, ...] | None = None
    """several, in the order in which they are made, or None for that of the settings alone"""
    sketched: bool = False
    """whether what can be heard before the solve is wanted too"""
    measured: bool = False
    """whether the report card of each result is to follow it"""
    picture_s: float | None = None
    """between two spectrograms of what is being made, at least; None for none"""
    preview_s: float | None = None
    """between two sounds of it"""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A task: the report cards of results of the same recordings."""

    results: Sequence[Result]
    content: np.ndarray
    styles: Sequence[np.ndarray]


Task = Transfer | Measurement


@dataclass(frozen=True)
class Look:
    """An event: what is being made looks and sounds like this now; None for what was not due."""

    spectrogram: np.ndarray | None
    """`(n_frames, n_freqs)` log magnitudes"""
    sound: np.ndarray | None
    """`(n_samples,)`, or `(n_samples, 2)`"""


@dataclass(frozen=True)
class Stepped:
    """An event: a step was done, which cannot be looked at any more."""

    step: Step


@dataclass(frozen=True)
class Made:
    """An event: a result."""

    result: Result


@dataclass(frozen=True)
class Measured:
    """An event: a report card."""

    card: ReportCard


@dataclass(frozen=True)
class Ended:
    """The last event of a run: all was done that was not cancelled, or this went wrong."""

    error: BaseException | None = None


Event = Look | Stepped | Made | Measured | Ended


class Wish(enum.IntEnum):
    """How a run is to end: each more urgent than those before, and none is taken back."""

    GO_ON = 0
    STOP = 1
    """with the best so far, which becomes the result"""
    ABANDON = 2
    """without a result, at its next step"""
    KILL = 3
    """now, with the process that it runs in, where it has one of its own"""


class Run(Protocol):
    """A task that was submitted. For one thread."""

    def poll(self, timeout_s: float) -> Sequence[Event]:
        """What came since the last call, in order; waits so long for the first."""
        ...

    def cancel(self, wish: Wish) -> None:
        """Ask it to end. Returns at once."""
        ...


def events(run: Run, wish: Callable[[], Wish]) -> Generator[Event, None, None]:
    """Yield all that comes of a run but its end, while it is told what `wish` says now. Raises what went wrong.

    Closed before that, it has the run abandoned and waits for its end, so that the worker is free again; ENDING_S at
    most.
    """
    polled: Sequence[Event] = ()
    try:
        while True:
            run.cancel(wish())
            polled = run.poll(POLL_S)
            for event in polled:
                if not isinstance(event, Ended):
                    yield event
                elif event.error is not None:
                    raise event.error
                else:
                    return
    finally:
        if not _has_end(polled):
            _abandon(run)


def _abandon(run: Run) -> None:
    run.cancel(Wish.ABANDON)
    until_s = time.monotonic() + ENDING_S
    while time.monotonic() < until_s:
        if _has_end(run.poll(POLL_S)):
            return
    run.cancel(Wish.KILL)


def _has_end(polled: Sequence[Event]) -> bool:
    return bool(polled) and isinstance(polled[-1], Ended)


class Workers(Protocol):
    """Several workers, each for one run at a time. For any thread."""

    @property
    def count(self) -> int:
        """How many runs there can be at a time now."""
        ...

    def submit(self, task: Task) -> Run:
        """Give a task to a worker that is free; waits for one. Raises WorkerLostError where none can be started."""
        ...

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        ...
