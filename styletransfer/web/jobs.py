"""Runs transfers for the page: one at a time on the device, watched from a generator, stopped within a step.

`run` is a generator. The engine works in a thread of its own and reports through `on_step`; the generator wakes twice a
second and yields what there is. It may end in three ways: the result comes, with everything that the visitor waited
for; `stop`, or the end of the time that one transfer may take, asks the engine for its best so far, which comes as the
result; or the generator is closed (the tab was closed, the visitor left), and the engine is made to give up at its next
step.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletransfer.settings import Settings
from styletransfer.transfer import Result, Step, stylize
from styletransfer.web.live import Live
from styletransfer.web.turns import Turns

UPDATE_S = 0.5
LONGEST_LINE = 20

# How long the end of the program waits for a running step to end; steps take a second or two. Who sends SIGTERM often
# sends SIGKILL ten seconds later.
LAST_STEP_S = 5.0

turns = Turns()
closing = threading.Event()
"""Set when the program ends."""

_longest_s: float | None = None
_jobs: defaultdict[str, set[_Job]] = defaultdict(set)
_jobs_lock = threading.Lock()


class BusyError(Exception):
    """The line is too long; the message is a sentence."""


class AbandonedError(Exception):
    """Raised into the engine when nobody waits for the result any more."""


@dataclass(frozen=True)
class Update:
    """Where a job stands: all steps so far, seconds since its start, whether it was asked to stop, and at last the
    result."""

    steps: tuple[Step, ...]
    elapsed_s: float
    stopping: bool
    result: Result | None = None
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


class _Job:
    """One call of `stylize` in a thread. Hashable by identity."""

    def __init__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        self.steps: list[Step] = []
        self.live = Live()
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.abandoned = threading.Event()
        self.ended = threading.Event()
        self.longest_s: float | None = None
        self._start_s = self._begun_s = time.monotonic()
        self._refines = settings.refinement_iterations > 0
        self._ticket = turns.join()
        # A daemon: a job in its thousandth step must not hold up the end of the program.
        thread = threading.Thread(target=self._work, args=(content, styles, settings), daemon=True)
        thread.start()

    def abandon(self) -> None:
        """Leaves the line at once, or has the engine give up at its next step."""
        self.abandoned.set()
        turns.leave(self._ticket, keep_device=True)

    def update(self, *, final: bool = False) -> Update:
        """Where it stands."""
        ahead = turns.ahead(self._ticket)
        return Update(
            steps=tuple(self.steps),
            elapsed_s=time.monotonic() - self._start_s,
            stopping=self.stopped.is_set(),
            result=self.result if final else None,
            ahead=ahead,
            warming_up=ahead == 0 and turns.patient_at_work(),
            refines=self._refines,
            longest_s=self.longest_s,
            picture=self.live.picture,
            preview=self.live.previews[-1] if self.live.previews else None,
        )

    def _work(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        try:
            if turns.wait(self._ticket) and not self.abandoned.is_set():
                self._begun_s = time.monotonic()
                self.result = stylize(content, styles, settings, on_step=self._on_step)
        except BaseException as error:  # it is raised again where somebody waits for the result
            self.error = error
        finally:
            turns.leave(self._ticket)
            self.ended.set()
            if self.abandoned.is_set():
                self.live.close()

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
    visitor: str, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings
) -> Generator[Update, None, None]:
    """Yields updates at most every UPDATE_S seconds, the last one with the result. Raises what `stylize` raises, and
    BusyError.

    `visitor` is the name by which `stop` finds the job. Closing the generator returns at once, for it happens on the
    server's event loop; the device is free when the current step has ended, and the next job waits for that.
    """
    if turns.length() >= LONGEST_LINE:
        raise BusyError(f"{LONGEST_LINE} transfers are waiting already. Try again in a few minutes.")
    job = _Job(content, styles, settings)
    with _jobs_lock:
        _jobs[visitor].add(job)
    try:
        pause_s = 0.0  # the first update comes at once: from then on the visitor can stop the job
        while not job.ended.wait(pause_s):
            yield job.update()
            pause_s = UPDATE_S
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
