"""Runs transfers for the page: one at a time on the device, watched from a generator, stopped within a step.

`run` is a generator. The engine works in a thread of its own and reports through `on_step`; the generator wakes twice a
second and yields what there is. It may end in three ways: the result comes, with everything that the visitor waited
for; `stop` asks the engine for its best so far, which comes as the result; or the generator is closed (the tab was
closed, the visitor left), and the engine is made to give up at its next step.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from styletransfer.settings import Settings
from styletransfer.transfer import Result, Step, stylize

UPDATE_S = 0.5

# How long the end of the program waits for a running step to end; steps take a second or two.
LAST_STEP_S = 10.0

_device = threading.Lock()
_jobs: defaultdict[str, set[_Job]] = defaultdict(set)
_jobs_lock = threading.Lock()


class _AbandonedError(Exception):
    """Raised into the engine when nobody waits for the result any more."""


@dataclass(frozen=True)
class Update:
    """Where a job stands: all steps so far, seconds since its start, whether it was asked to stop, and at last the
    result."""

    steps: tuple[Step, ...]
    elapsed_s: float
    stopping: bool
    result: Result | None = None


class _Job:
    """One call of `stylize` in a thread. Hashable by identity."""

    def __init__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        self.steps: list[Step] = []
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.abandoned = threading.Event()
        self.ended = threading.Event()
        # A daemon: a job in its thousandth step must not hold up the end of the program.
        self._thread = threading.Thread(target=self._work, args=(content, styles, settings), daemon=True)
        self._thread.start()

    def _work(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        try:
            with _device:
                if not self.abandoned.is_set():
                    self.result = stylize(content, styles, settings, on_step=self._on_step)
        except BaseException as error:  # it is raised again where somebody waits for the result
            self.error = error
        finally:
            self.ended.set()

    def _on_step(self, step: Step) -> bool:
        if self.abandoned.is_set():
            raise _AbandonedError
        self.steps.append(step)
        return self.stopped.is_set()


def run(
    visitor: str, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings
) -> Generator[Update, None, None]:
    """Yields updates at most every UPDATE_S seconds, the last one with the result. Raises what `stylize` raises.

    `visitor` is the name by which `stop` finds the job. Closing the generator returns at once, for it happens on the
    server's event loop; the device is free when the current step has ended, and the next job waits for that.
    """
    start_s = time.monotonic()
    job = _Job(content, styles, settings)
    with _jobs_lock:
        _jobs[visitor].add(job)
    try:
        pause_s = 0.0  # the first update comes at once: from then on the visitor can stop the job
        while not job.ended.wait(pause_s):
            yield Update(tuple(job.steps), time.monotonic() - start_s, job.stopped.is_set())
            pause_s = UPDATE_S
        if job.abandoned.is_set():
            return  # the program ends
        if job.error is not None:
            raise job.error
        yield Update(tuple(job.steps), time.monotonic() - start_s, job.stopped.is_set(), job.result)
    finally:
        job.abandoned.set()
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
    return _device.locked()


def abandon_all() -> None:
    """Ends every job and waits a moment for the device, so that the process can end without a step half done."""
    with _jobs_lock:
        for job in (job for jobs in _jobs.values() for job in jobs):
            job.abandoned.set()
    if _device.acquire(timeout=LAST_STEP_S):
        _device.release()


atexit.register(abandon_all)
