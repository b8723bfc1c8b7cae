"""Runs transfers for the page: one at a time on the device, watched from a generator, stopped within a step.

`run` is a generator. The engine works in a thread of its own and reports through `on_step`; the generator wakes twice a
second and yields what there is. It may end in three ways: the result comes, with everything that the visitor waited
for; `stop`, or the end of the time that one transfer may take, asks the engine for its best so far, which comes as the
result; or the generator is closed (the tab was closed, the visitor left), and the engine is made to give up at its next
step. A job of several strengths is one job: `stop` ends it after the strength that is under way. Report cards are
measured within the job's turn too, after the results were handed out.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from styletransfer.runtime import compile_cache, malloc
from styletransfer.settings import Settings
from styletransfer.transfer import Result, Step, strength_order, stylize, stylize_strengths
from styletransfer.web.server.device_queue import Turns
from styletransfer.web.server.previews import Live

UPDATE_S = 0.5
MAX_QUEUE_LENGTH = 20

# How long the end of the program waits for a running step to end; steps take a second or two. Who sends SIGTERM often
# sends SIGKILL ten seconds later.
LAST_STEP_S = 5.0

turns = Turns()
programs = compile_cache.Programs()
closing = threading.Event()
"""Set when the program ends."""

_longest_s: float | None = None
_jobs: defaultdict[str, set[_Job]] = defaultdict(set)
_jobs_lock = threading.Lock()

log = logging.getLogger(__name__)


class BusyError(Exception):
    """The line is too long; the message is a sentence."""


class AbandonedError(Exception):
    """Raised into the engine when nobody waits for the result any more."""


class Place(NamedTuple):
    """Where a job of several strengths stands."""

    strength: float
    number: int
    """from 1, of the strength that is under way"""
    count: int


@dataclass(frozen=True)
class Update:
    """Where a job stands: all steps so far of the result that is under way, seconds since it was put in line or, later,
    at work, whether it was asked to stop, and at last the results."""

    steps: tuple[Step, ...]
    elapsed_s: float
    stopping: bool
    results: tuple[Result, ...] = ()
    """weakest first; none before all that will be made are there"""
    measuring: bool = False
    """whether the report cards of the results are still to come"""
    measured: bool = False
    """whether they are there; they are not if measuring failed"""
    place: Place | None = None
    """None for a single strength"""
    ahead: int | None = None
    """transfers of other visitors that come first; None once it is at work"""
    warming_up: bool = False
    """whether it waits for a program that is being compiled"""
    refines: bool = False
    """whether the sound is refined after its phase was found"""
    longest_s: float | None = None
    """seconds of work after which it was stopped, if it was"""
    picture: np.ndarray | None = None
    """`(n_frames, n_freqs)` log magnitudes as they are now"""
    preview: Path | None = None
    """a WAV file of what it sounds like now; it is removed a few seconds after it was replaced"""

    @property
    def result(self) -> Result | None:
        """The strongest of the results, or the only one."""
        return self.results[-1] if self.results else None


class _Job:
    """What one visitor asked for, in a thread. Hashable by identity. `strengths` are several, or None for that of the
    settings alone; `measure` asks for report cards."""

    def __init__(
        self,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings,
        strengths: Sequence[float] | None = None,
        measure: bool = False,
    ) -> None:
        self.steps: list[Step] = []
        self.live = Live()
        self.results: list[Result] = []
        self.measured = False
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.abandoned = threading.Event()
        self.made = threading.Event()
        """Set when there will be no more results."""
        self.handed_out = threading.Event()
        """Set when who waits has taken and drawn the results, or will not."""
        self.ended = threading.Event()
        self.longest_s: float | None = None
        self._content, self._styles, self._settings = content, styles, settings
        self._strengths = None if strengths is None else strength_order(strengths)
        self._measure = measure
        self._begun_s = time.monotonic()
        self._ticket = turns.join()
        # A daemon: a job in its thousandth step must not hold up the end of the program.
        threading.Thread(target=self._work, daemon=True).start()

    def abandon(self) -> None:
        """Leaves the line at once, or has the engine give up at its next step."""
        self.abandoned.set()
        self.handed_out.set()
        turns.leave(self._ticket, keep_device=True)

    def update(self, *, final: bool = False) -> Update:
        """Where it stands."""
        ahead = turns.ahead(self._ticket)
        measuring = self._measure and self.made.is_set() and not final
        results = list(self.results) if measuring or final else []
        if self._strengths is not None:
            results.sort(key=lambda result: result.settings.strength)
        return Update(
            steps=tuple(self.steps),
            elapsed_s=time.monotonic() - self._begun_s,
            stopping=self.stopped.is_set(),
            results=tuple(results),
            measuring=measuring and bool(results),
            measured=final and self.measured,
            place=self._place(),
            ahead=ahead,
            warming_up=ahead == 0 and turns.patient_at_work(),
            refines=self._settings.refinement_iterations > 0,
            longest_s=self.longest_s,
            picture=self.live.picture,
            preview=self.live.previews[-1] if self.live.previews else None,
        )

    def _place(self) -> Place | None:
        if self._strengths is None:
            return None
        done, count = len(self.results), len(self._strengths)
        return Place(self._strengths[min(done, count - 1)], min(done + 1, count), count)

    def _work(self) -> None:
        try:
            if turns.wait(self._ticket):  # not where the visitor has left the line: others are at work then
                self._work_on_device()
        except BaseException as error:  # it is raised again where somebody waits for the result
            self.error = error
        finally:
            turns.leave(self._ticket)
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
            programs.clear_if_full()
            malloc.trim()

    def _make(self) -> None:
        for result in self._engine():
            self.results.append(result)
            # Between two strengths no step hears the wish to stop: the next would be stopped at its first.
            if self.stopped.is_set() or self.abandoned.is_set():
                break
            if len(self.results) < len(self._strengths or [0]):
                self.steps = []
        self.made.set()
        if self._measure:
            # To draw them takes the device too, and what can be heard goes first.
            self.handed_out.wait()
            self.measured = self._measure_all()

    def _engine(self) -> Iterable[Result]:
        given = self._content, self._styles, self._settings
        if self._strengths is None:
            return [stylize(*given, on_step=self._on_step)]
        return stylize_strengths(*given, strengths=self._strengths, on_step=self._on_step)

    def _measure_all(self) -> bool:
        """Has every result measure itself. A fault costs the visitor the report card, not the result."""
        try:
            for result in self.results:
                if self.abandoned.is_set():
                    return False
                _ = result.report_card
        except Exception:
            if not self.abandoned.is_set():  # at the program's end JAX is taken down while it works
                log.exception("a result could not be measured")
            return False
        return True

    def _on_step(self, step: Step) -> bool:
        if self.abandoned.is_set():
            raise AbandonedError
        self.live.take(step)
        self.steps.append(step)
        if _longest_s is not None and time.monotonic() - self._begun_s > _longest_s and not self.stopped.is_set():
            self.longest_s = _longest_s
            self.stopped.set()
        return self.stopped.is_set()


def limit(longest_s: float | None) -> None:
    """From now on a transfer that has worked for `longest_s` seconds is stopped with its best so far."""
    global _longest_s
    _longest_s = longest_s


def run(
    visitor: str,
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings,
    *,
    strengths: Sequence[float] | None = None,
    measure: bool = False,
) -> Generator[Update, None, None]:
    """Yields updates at most every UPDATE_S seconds, the last one with the result, or with one result for each of
    `strengths` that was made. With `measure` the results come twice: as soon as they can be heard, and at last when
    their report cards are there. Raises what `stylize` raises, and BusyError.

    `visitor` is the name by which `stop` finds the job. Closing the generator returns at once, for it happens on the
    server's event loop; the device is free when the current step has ended, and the next job waits for that.
    """
    if turns.length() >= MAX_QUEUE_LENGTH:
        raise BusyError(f"{MAX_QUEUE_LENGTH} transfers are waiting already. Try again in a few minutes.")
    job = _Job(content, styles, settings, strengths, measure)
    with _jobs_lock:
        _jobs[visitor].add(job)
    try:
        while not job.ended.is_set():
            update = job.update()
            yield update  # the first at once: from then on the visitor can stop the job
            if update.results:
                job.handed_out.set()
            # What can be heard is not kept back until the next update is due.
            (job.ended if job.made.is_set() else job.made).wait(UPDATE_S)
        if job.abandoned.is_set():
            return  # the program ends
        if job.error is not None:
            raise job.error
        yield job.update(final=True)
    finally:
        job.abandon()
        if job.ended.is_set():
            job.live.close()
        with _jobs_lock:
            _jobs[visitor].discard(job)
            if not _jobs[visitor]:
                del _jobs[visitor]


def stop(visitor: str) -> bool:
    """Asks the visitor's running job for its best so far. False if there is none."""
    with _jobs_lock:
        jobs = tuple(_jobs.get(visitor, ()))
    for job in jobs:
        job.stopped.set()
    return bool(jobs)


def is_at_work(visitor: str) -> bool:
    """Whether the visitor's job is at work, or its last update on the way: who waits in line has not begun."""
    with _jobs_lock:
        return any(job.update().ahead is None for job in _jobs.get(visitor, ()))


def device_is_busy() -> bool:
    """Whether a job is at work, or an abandoned one is ending its last step."""
    return turns.is_busy()


def abandon_all() -> bool:
    """Ends every job and waits a moment for the device, so that the process can end without a step half done. Whether
    the device is free in the end."""
    closing.set()
    with _jobs_lock:
        for job in (job for jobs in _jobs.values() for job in jobs):
            job.abandon()
    return turns.wait_until_free(LAST_STEP_S)


atexit.register(abandon_all)
