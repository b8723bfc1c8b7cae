"""Jobs: what one visitor asked for, in a thread that takes its turn at the device, and where it stands.

The engine works in a job's thread and reports through `on_step`. `stopped` asks it for its best so far, which comes as
the result; `abandoned` has it give up at its next step. A job of several strengths is one job: `stopped` ends it after
the strength that is under way. Report cards are measured within the job's turn too, after the results were handed out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, ReportCard, Result, Step
from styletransfer.web.server.device_queue import DeviceQueue
from styletransfer.web.server.previews import LivePreview

log = logging.getLogger(__name__)


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


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one visitor asks for."""

    content: np.ndarray
    styles: Sequence[np.ndarray]
    settings: Settings
    strengths: tuple[float, ...] | None = None
    """several, in the order in which they are made, or None for that of the settings alone"""
    measured: bool = False
    """whether report cards are wanted"""


class AbandonedError(Exception):
    """Raised into the engine when nobody waits for the result any more."""


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
    """A request at work, or in the queue for the device. Hashable by identity."""

    def __init__(
        self,
        request: Request,
        *,
        engine: Engine,
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
        self._request, self._engine, self._queue = request, engine, queue
        self._max_seconds, self._on_device_left = max_seconds, on_device_left
        self._begun_s = time.monotonic()
        self._ticket = queue.join()
        # A daemon: a job in its thousandth step must not hold up the end of the program.
        threading.Thread(target=self._work, daemon=True).start()

    def abandon(self) -> None:
        """Leave the queue at once, or has the engine give up at its next step."""
        self.abandoned.set()
        self.handed_out.set()
        self._queue.leave(self._ticket, keep_device=True)

    def update(self, *, final: bool = False) -> Update:
        """Where it stands."""
        ahead = self._queue.ahead(self._ticket)
        measuring = self._request.measured and self.made.is_set() and not final
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
            settings=self._request.settings,
            limit_reached_s=self.limit_reached_s,
            picture=self.live.picture,
            preview=self.live.previews[-1] if self.live.previews else None,
        )

    def _sorted_results(self) -> list[Result]:
        if self._request.strengths is None:
            return list(self.results)
        return sorted(self.results, key=lambda result: result.settings.strength)

    def _series_position(self) -> SeriesPosition | None:
        strengths = self._request.strengths
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
        asked = self._request
        sketch = self._engine.sketch(asked.content, asked.styles, asked.settings, on_step=self._on_sketch)
        if sketch is not None:
            self.live.offer(sketch)
        for result in self._results():
            self.results.append(result)
            # Between two strengths no step hears the wish to stop: the next would be stopped at its first.
            if self.stopped.is_set() or self.abandoned.is_set():
                break
            if len(self.results) < len(self._request.strengths or [0]):
                self.steps = []
        self.made.set()
        if self._request.measured:
            # To draw them takes the device too, and what can be heard goes first.
            self.handed_out.wait()
            self._measure_all()

    def _results(self) -> Iterable[Result]:
        asked = self._request
        given = asked.content, asked.styles, asked.settings
        if asked.strengths is None:
            return [self._engine.stylize(*given, on_step=self._on_step)]
        return self._engine.stylize_strengths(*given, strengths=asked.strengths, on_step=self._on_step)

    def _measure_all(self) -> None:
        """Measure every result, weakest first. A fault costs the visitor the report cards, not the results."""
        try:
            for result in self._sorted_results():
                if self.abandoned.is_set():
                    return
                self.cards.append(self._engine.measure(result, self._request.content, self._request.styles))
        except Exception:
            if not self.abandoned.is_set():  # at the program's end JAX is taken down while it works
                log.exception("a result could not be measured")

    def _on_sketch(self, _: Step) -> bool:
        if self.abandoned.is_set():
            raise AbandonedError
        return self.stopped.is_set()

    def _on_step(self, step: Step) -> bool:
        if self.abandoned.is_set():
            raise AbandonedError
        self.live.take(step)
        self.steps.append(step)
        at_work_s = time.monotonic() - self._begun_s
        if self._max_seconds is not None and at_work_s > self._max_seconds and not self.stopped.is_set():
            self.limit_reached_s = self._max_seconds
            self.stopped.set()
        return self.stopped.is_set()
