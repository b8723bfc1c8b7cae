"""Makes what is missing in the folder of a grid: one thread for each worker, each with one batch at a time.

What is to be made is looked up in the folder again and again, so that several processes share it, and one that is
started again goes on where an earlier one has ended. A run fails in one of four ways: its recordings or settings are
`refused`, which will not change; a recording is `unread`, away or changed since the grid began, which the next start
forgets, having read them all anew; the engine has an `error`; or its worker, or the process that had its lease, is
`lost`. What cannot be written is no run's fault, and ends it all.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from styletransfer.errors import AudioError, StyleTransferError, WritingError
from styletransfer.grid import results
from styletransfer.grid.folder import Failure, GridFolder
from styletransfer.grid.leases import Claim, Leases
from styletransfer.grid.pace import Pace
from styletransfer.grid.runs import Batch, Run
from styletransfer.grid.sources import Sources
from styletransfer.transfer import Result, Step
from styletransfer.workers.perform import OutOfMemoryError
from styletransfer.workers.protocol import (
    Made,
    Measured,
    Stepped,
    Transfer,
    Wish,
    WorkerLostError,
    Workers,
    events,
)
from styletransfer.workers.protocol import Run as WorkersRun

MAX_FAILURES = {"refused": 1, "unread": 3, "error": 3, "lost": 8}
"""After which a run is given up. A worker may be lost without any fault of the run's, by whoever ends it or by a
machine that goes."""
ENDING_S = 10.0
"""In which what is under way ends when it is asked to; then it is left to end with the program."""
LOOK_S = 1.0
"""Between two looks at what other processes have done."""
FAULT = "The engine failed at it, which is a fault of this program: {}."
LOST = "The process that made it has ended before it was done."


class NoWorkersError(StyleTransferError):
    """There is nobody who could make anything; the message says why."""


class _WatcherError(Exception):
    """Who hears of what is done has failed, which is no run's fault."""


class _UnreadError(StyleTransferError):
    """A recording is not there any more as it was when the grid began."""


class Watcher(Protocol):
    """Who hears of what a driver does. From any thread."""

    def stepped(self, run: Run, step: Step) -> None:
        """A step of a run was done."""
        ...

    def made(self, run: Run) -> None:
        """A run is done."""
        ...

    def failed(self, run: Run, sentence: str, *, is_given_up: bool) -> None:
        """A run has failed."""
        ...

    def waiting(self, n_batches: int) -> None:
        """Other processes have the leases of all that is left."""
        ...


@dataclass
class State:
    """What a driver has done."""

    made: list[Run] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """sentences on runs that were given up, by their name"""
    error: BaseException | None = None
    """why no more can be done at all"""
    is_clean: bool = True
    """whether nothing is under way any more"""


def why_given_up(failures: Sequence[Failure]) -> str | None:
    """Say why a run that has so failed is given up: the last sentence, or None where it is to be tried again."""
    counts = Counter(failure.kind for failure in failures)
    return failures[-1].sentence if any(counts[kind] >= most for kind, most in MAX_FAILURES.items()) else None


class Driver:
    """Makes batches with workers. `is_over` tells, again and again, whether to end soon and leave the rest."""

    def __init__(
        self,
        folder: GridFolder,
        leases: Leases,
        sources: Sources,
        workers: Workers,
        watcher: Watcher,
        is_over: Callable[[], bool],
    ) -> None:
        self.state = State()
        self.pace = Pace()
        self._folder, self._leases, self._sources = folder, leases, sources
        self._workers, self._watcher, self._is_over = workers, watcher, is_over
        self._changed = threading.Condition()
        self._left: deque[Batch] = deque()
        self._at_work = 0

    def run(self, batches: Sequence[Batch]) -> State:
        """Make all that is missing of batches, until nothing is left to do or `is_over`."""
        self._left.extend(batches)
        threads: list[threading.Thread] = []
        ending_s: float | None = None
        while True:
            threads = [thread for thread in threads if thread.is_alive()]
            if self._is_ending():
                ending_s = ending_s or time.monotonic()
                self.state.is_clean = not threads
                if not threads or time.monotonic() - ending_s > ENDING_S:
                    return self.state
            elif not threads and not self._left:
                return self.state
            # At least one: it waits for a first worker, and says why there is none.
            while len(threads) < max(1, self._workers.count) and not self._is_ending() and self._left:
                threads.append(threading.Thread(target=self._work, name="grid", daemon=True))
                threads[-1].start()
            if threads:
                threads[0].join(LOOK_S / 4)

    def work_left(self) -> float:
        """Estimate the work that is not done, without what is under way."""
        with self._changed:
            return sum(batch.work for batch in self._left)

    def missing(self, batch: Batch) -> list[Run]:
        """Find the runs of a batch that are neither done nor given up."""
        return [run for run in batch.runs if not self._folder.is_done(run) and not self._is_given_up(run)]

    def _is_ending(self) -> bool:
        return self.state.error is not None or self._is_over()

    def _work(self) -> None:
        """Make one batch after the other, in a thread."""
        try:
            while (batch := self._next()) is not None:
                try:
                    self._make(batch)
                finally:
                    self._leases.release(batch.key)
                    with self._changed:
                        self._at_work -= 1
                        self._changed.notify_all()
        except BaseException as error:  # it is raised where somebody waits for the driver
            self.state.error = self.state.error or error

    def _next(self) -> Batch | None:
        """A batch that is to be made, with its lease; None where there is nothing left to do."""
        while not self._is_ending():
            with self._changed:
                batch = self._claimed()
                if batch is not None:
                    self._at_work += 1
                    return batch
                if not self._left and not self._at_work:
                    return None
                if self._left and not self._at_work:
                    self._watcher.waiting(len(self._left))
                self._changed.wait(LOOK_S)
        return None

    def _claimed(self) -> Batch | None:
        """The first batch that something is missing of and nobody else makes; those that are complete are put away."""
        for _ in range(len(self._left)):
            batch = self._left.popleft()
            if not self.missing(batch):
                continue
            claim = self._leases.claim(batch.key)
            if claim is not Claim.HELD:
                missing = self.missing(batch)
                if claim is Claim.TAKEN_OVER and missing:
                    self._fail(missing[0], Failure("lost", LOST))
                if self.missing(batch):
                    return batch
                self._leases.release(batch.key)
            else:
                self._left.append(batch)
        return None

    def _is_given_up(self, run: Run) -> bool:
        sentence = why_given_up(self._folder.failures(run))
        if sentence is not None:
            self.state.failed[run.name] = sentence
        return sentence is not None

    def _make(self, batch: Batch) -> None:
        """Make what is missing of a batch. What fails is put back, or given up."""
        try:
            self._follow(batch)
        except WorkerLostError:
            self._fail_next(batch, Failure("lost", LOST))
        except OutOfMemoryError as error:
            self._fail_next(batch, Failure("error", str(error)))
        except (WritingError, NoWorkersError, _WatcherError):
            raise
        except StyleTransferError as error:
            kind = "unread" if isinstance(error, _UnreadError) else "refused"
            for run in self.missing(batch):
                self._fail(run, Failure(kind, str(error)))
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            last = details.strip().splitlines()[-1].rstrip(".")
            self._fail_next(batch, Failure("error", FAULT.format(last), details))
        if self.missing(batch):
            with self._changed:
                self._left.append(batch)

    def _fail_next(self, batch: Batch, failure: Failure) -> None:
        missing = self.missing(batch)
        if missing:
            self._fail(missing[0], failure)

    def _fail(self, run: Run, failure: Failure) -> None:
        self._folder.fail(run, failure)
        self._watcher.failed(run, failure.sentence, is_given_up=self._is_given_up(run))

    def _follow(self, batch: Batch) -> None:
        """Have a worker make a batch up to the last run that is missing, and keep what is."""
        missing = {run.id for run in self.missing(batch)}
        recordings = self._read(batch)
        content, *styles = recordings
        task = Transfer(
            content=content, styles=styles, settings=batch.settings, strengths=batch.strengths, measured=True
        )
        begun_s = time.monotonic()
        coming = iter(batch.runs)
        run, made = next(coming), None

        def wish() -> Wish:
            """The end, without a result, once all is there or nobody wants more."""
            return Wish.ABANDON if not missing or self._is_ending() else Wish.GO_ON

        with closing(events(self._submit(task), wish)) as coming_events:
            for event in coming_events:
                if isinstance(event, Stepped):
                    self._tell(self._watcher.stepped, run, event.step)
                elif isinstance(event, Made):
                    made = event.result
                elif isinstance(event, Measured) and missing:
                    assert isinstance(made, Result)
                    if run.id in missing:
                        results.keep(run, made, event.card, recordings, self._folder, self._leases.token)
                        self.state.made.append(run)
                        missing.discard(run.id)
                        self._tell(self._watcher.made, run)
                    run = next(coming, run)
        if not missing:
            self.pace.take(batch.work, time.monotonic() - begun_s)

    @staticmethod
    def _tell(hear: Callable[..., None], *told: object) -> None:
        try:
            hear(*told)
        except Exception as error:
            raise _WatcherError from error

    def _read(self, batch: Batch) -> list[np.ndarray]:
        try:
            return results.read(batch.runs[0], self._sources, self._folder)
        except WritingError:
            raise
        except AudioError as error:
            raise _UnreadError(str(error)) from error

    def _submit(self, task: Transfer) -> WorkersRun:
        try:
            return self._workers.submit(task)
        except StyleTransferError as error:  # which is no run's fault
            raise NoWorkersError(str(error)) from error
