"""Jobs: what one visitor asked for, in a thread that takes its turn at the device, and where it stands.

A worker does the work, and the job's thread listens to it. `stopped` asks for the best so far, which comes as the
result; `abandoned` has the worker give up at its next step. A job of several strengths is one job: `stopped` ends it
after the strength that is under way. Report cards are measured within the job's turn too, after the results were handed
out. A job whose worker is lost is begun once more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from styletransfer.errors import StyleTransferError
from styletransfer.settings import Settings
from styletransfer.transfer import ReportCard, Result, Step
from styletransfer.web.server.device_queue import DeviceQueue, Visitor
from styletransfer.web.server.previews import LivePreview
from styletransfer.workers.protocol import (
    Event,
    Look,
    Made,
    Measured,
    Measurement,
    Stepped,
    Task,
    Transfer,
    Wish,
    WorkerLostError,
    Workers,
    events,
)

log = logging.getLogger(__name__)


GRACE_S, GRACE_SHARE = 30.0, 0.5
"""In which a worker is to end that was asked to, and what of the limit of time is added for a sound of the best so far;
then its process is ended, where it has one."""


class ClosingError(StyleTransferError):
    """The server ends."""

    def __init__(self) -> None:
        super().__init__(
            "The server is being stopped. Your recordings and settings stay in your browser: try again in some minutes."
        )


class SeriesPosition(NamedTuple):
    """Where a job of several strengths stands."""

    strength: float
    number: int
    """from 1, of the strength that is under way"""
    total: int
    order: tuple[float, ...] = ()
    """all strengths, as they are made"""


@dataclass(frozen=True)
class Update:
    """Where a job stands: all steps so far of the result that is under way, seconds since it was put in the queue or,
    later, at work, whether it was asked to stop, and at last the results."""

    steps: tuple[Step, ...]
    elapsed_s: float
    stopping: bool
    results: tuple[Result, ...] = ()
    """weakest first; none before all that will be made are there"""
    measuring: bool = False
    """whether the report cards of the results are still to come"""
    cards: tuple[ReportCard, ...] = ()
    """the report cards, one for each result; none before all are measured, or if measuring failed"""
    series_position: SeriesPosition | None = None
    """None for a single strength"""
    ahead: int | None = None
    """transfers of other visitors that come first; None once it is at work"""
    warming_up: bool = False
    """whether it waits for a program that is being compiled"""
    settings: Settings = field(default_factory=Settings)
    """that were asked for"""
    is_second_try: bool = False
    """whether its worker was lost, and another one makes it"""
    limit_reached_s: float | None = None
    """seconds of work after which it was stopped, if it was"""
    picture: np.ndarray | None = None
    """`(n_frames, n_freqs)` log magnitudes as they are now"""
    preview: Path | None = None
    """a WAV file of what it sounds like now; it is removed a few seconds after it was replaced"""

    @property
    def result(self) -> Result | None:
        """The strongest of the results, or the only one."""
        return self.results[-1] if self.results else None


class Job:
    """A task at work, or in the queue for the device. Hashable by identity.

    With `measured` report cards are wanted too. `on_device_left` is called when it gives the device to the next one.
    Raises BusyError where the queue has no place for it."""

    def __init__(
        self,
        visitor: Visitor,
        task: Transfer,
        *,
        measured: bool,
        workers: Workers,
        queue: DeviceQueue,
        live: LivePreview,
        max_seconds: float | None,
        on_device_left: Callable[[], object],
    ) -> None:
        self.steps: list[Step] = []
        self.live = live
        self.results: list[Result] = []
        self.cards: list[ReportCard] = []
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.abandoned = threading.Event()
        self.made = threading.Event()
        """Set when there will be no more results."""
        self.handed_out = threading.Event()
        """Set when who waits has taken and drawn the results, or will not."""
        self.ended = threading.Event()
        self.limit_reached_s: float | None = None
        self._task, self._is_measured, self._workers, self._queue = task, measured, workers, queue
        self._max_seconds, self._on_device_left = max_seconds, on_device_left
        self._is_second_try = False
        self._begun_s = time.monotonic()
        self._ticket = queue.join(visitor)
        # A daemon: a job in its thousandth step must not hold up the end of the program.
        threading.Thread(target=self._work, daemon=True).start()

    def abandon(self) -> None:
        """Leave the queue at once, or has the engine give up at its next step."""
        self.abandoned.set()
        self.handed_out.set()
        self._queue.leave(self._ticket, keep_device=True)

    def wind_up(self) -> None:
        """End soon, because the server does: with the best so far and no report card, or with ClosingError where it has
        not begun."""
        if not self.made.is_set():
            self._is_measured = False
        self.stopped.set()
        self.error = ClosingError()
        if not self._queue.leave(self._ticket, keep_device=True):
            self.error = None

    def update(self, *, final: bool = False) -> Update:
        """Where it stands."""
        ahead = self._queue.ahead(self._ticket)
        measuring = self._is_measured and self.made.is_set() and not final
        results = self._sorted_results() if measuring or final else []
        return Update(
            steps=tuple(self.steps),
            elapsed_s=time.monotonic() - self._begun_s,
            stopping=self.stopped.is_set(),
            results=tuple(results),
            measuring=measuring and bool(results),
            cards=tuple(self.cards) if final and len(self.cards) == len(results) else (),
            series_position=self._series_position(),
            ahead=ahead,
            warming_up=ahead == 0 and self._queue.patient_at_work(),
            settings=self._task.settings,
            is_second_try=self._is_second_try,
            limit_reached_s=self.limit_reached_s,
            picture=self.live.picture,
            preview=self.live.previews[-1] if self.live.previews else None,
        )

    def _sorted_results(self) -> list[Result]:
        if self._task.strengths is None:
            return list(self.results)
        return sorted(self.results, key=lambda result: result.settings.strength)

    def _series_position(self) -> SeriesPosition | None:
        strengths = self._task.strengths
        if strengths is None:
            return None
        done, total = len(self.results), len(strengths)
        return SeriesPosition(strengths[min(done, total - 1)], min(done + 1, total), total, strengths)

    def _work(self) -> None:
        try:
            if self._queue.wait(self._ticket):  # not where the visitor has left the queue: others are at work then
                self._work_on_device()
        except BaseException as error:  # it is raised again where somebody waits for the result
            self.error = error
        finally:
            self._queue.leave(self._ticket)
            self.ended.set()
            self.made.set()
            if self.abandoned.is_set():
                self.live.close()

    def _work_on_device(self) -> None:
        try:
            if not self.abandoned.is_set():
                self._begun_s = time.monotonic()
                self._make()
        finally:
            self._on_device_left()

    def _make(self) -> None:
        try:
            self._follow(self._task)
        except WorkerLostError:
            if self.results:  # of several strengths, those that were done
                log.warning("a worker was lost; its visitor keeps %d results", len(self.results))
            elif self._is_to_end():
                raise
            else:
                log.warning("a worker was lost; its transfer is begun once more")
                self.steps, self._is_second_try = [], True
                self._follow(self._task)
        self.made.set()
        if self._is_measured and self.results:
            # To draw them takes the device too, and what can be heard goes first.
            self.handed_out.wait()
            self._measure_all()

    def _measure_all(self) -> None:
        """Measure every result, weakest first. A fault costs the visitor the report cards, not the results."""
        asked = Measurement(results=self._sorted_results(), content=self._task.content, styles=self._task.styles)
        try:
            if not self.abandoned.is_set():
                self._follow(asked)
        except Exception:
            if not self.abandoned.is_set():  # at the program's end JAX is taken down while it works
                log.exception("a result could not be measured")

    def _is_to_end(self) -> bool:
        return self.stopped.is_set() or self.abandoned.is_set()

    def _follow(self, task: Task) -> None:
        """Have a worker do a task, to its end. Raises what went wrong."""
        for event in events(self._workers.submit(task), self._wish_of(task)):
            self._take(event)

    def _wish_of(self, task: Task) -> Callable[[], Wish]:
        """Looks, again and again, how a run is to end."""
        asked_s: float | None = None

        def wish() -> Wish:
            """What is wished now; the end at once where too little came of asking."""
            nonlocal asked_s
            now_s = time.monotonic()
            self._keep_to_limit(now_s)
            if not self._is_to_end():
                return Wish.GO_ON
            asked_s = now_s if asked_s is None else asked_s
            is_abandoned = self.abandoned.is_set()
            if not is_abandoned and isinstance(task, Measurement):
                return Wish.GO_ON
            if now_s - asked_s > GRACE_S + GRACE_SHARE * (self._max_seconds or 0) and (
                is_abandoned or self._max_seconds
            ):
                return Wish.KILL
            return Wish.ABANDON if is_abandoned else Wish.STOP

        return wish

    def _keep_to_limit(self, now_s: float) -> None:
        if self._max_seconds is not None and now_s - self._begun_s > self._max_seconds and not self._is_to_end():
            self.limit_reached_s = self._max_seconds
            self.stopped.set()

    def _take(self, event: Event) -> None:
        if isinstance(event, Look):
            self.live.take(event)
        elif isinstance(event, Stepped):
            self.steps.append(event.step)
        elif isinstance(event, Made):
            self.results.append(event.result)
            if len(self.results) < len(self._task.strengths or [0]) and not self._is_to_end():
                self.steps = []
        elif isinstance(event, Measured):
            self.cards.append(event.card)
