"""The server behind the page: one object that holds all that lives as long as the page does.

It is made in one place (web/launch.py, or a test), given to `page.build`, and closed by whoever made it. As many
transfers as there are workers are at work at a time; visitors wait in a queue.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletransfer.errors import SettingsError, StyleTransferError
from styletransfer.estimate import Lengths
from styletransfer.listening.store import Store
from styletransfer.runtime import malloc
from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.settings import Settings
from styletransfer.settings.series import strength_order
from styletransfer.web.guard.budgets import Budgets
from styletransfer.web.server import previews
from styletransfer.web.server.admission import Admission
from styletransfer.web.server.device_queue import DeviceQueue, Visitor
from styletransfer.web.server.jobs import ClosingError, Job, Update
from styletransfer.web.server.previews import LivePreview
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.web.server.timings import Timings
from styletransfer.workers.in_process import InProcess
from styletransfer.workers.protocol import Transfer, Workers

BYTES_A_SAMPLE = 24
"""Of a content: what its result takes on the disk, with the clips beside it and in some formats"""
NO_ROOM = "There is no room for results on this server just now. Try again in an hour."
LAST_STEP_S = 5.0
"""How long the end of the server waits for a running step to end; steps take a second or two."""
WIND_UP_S, FETCHING_S = 6.0, 1.5
"""How long jobs may take to end with their best so far, and browsers to fetch it. Who sends SIGTERM often sends SIGKILL
ten seconds later."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What visitors may take, and how often they are told."""

    max_seconds: float | None = None
    """of work, after which a transfer is stopped with its best so far"""
    max_length_s: float | None = None
    """that a result may last"""
    update_s: float = 0.5
    """between two updates of a transfer"""
    memory_bytes: int | None = None
    """of memory that a transfer may take; None for what is free on this machine"""
    preview_s: float = previews.PREVIEW_S
    """between two previews, at least"""
    max_programs: int = CompiledPrograms.MAX
    """compiled programs that are kept in memory"""


class Server:
    """Runs transfers for the page, keeps visitors' files, and ends cleanly.

    `workers` make the results, a thread of this process if left out; `folder` is where the private folder for visitors'
    files is made (the system's folder for temporary files if left out); `data` is where listening tests are kept, if
    they are. Raises ListeningError where nothing can be kept there."""

    def __init__(
        self,
        workers: Workers | None = None,
        *,
        limits: Limits | None = None,
        folder: Path | None = None,
        data: Path | None = None,
    ) -> None:
        self.listening = None if data is None else Store(data)
        self.workers = workers or InProcess()
        self.limits = limits or Limits()
        self.files = PrivateFiles(folder)
        self.queue = DeviceQueue(self.workers.count)
        self.programs = CompiledPrograms(self.limits.max_programs)
        self.timings = Timings()
        self.counts = Budgets()
        self.admission = Admission.on_this_machine(
            self.limits.memory_bytes, self.limits.max_seconds, self.timings.unit_seconds, self.workers.count
        )
        self.closing = threading.Event()
        """Set when the server ends."""
        self._jobs: defaultdict[str, set[Job]] = defaultdict(set)
        self._lock = threading.Lock()

    def run(
        self,
        visitor: Visitor,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings,
        *,
        strengths: Sequence[float] | None = None,
        measured: bool = False,
        watched: bool = True,
        name: str = "",
    ) -> Generator[Update, None, None]:
        """Make a transfer, or one for each of `strengths`: yields updates at most every `limits.update_s` seconds.

        The last one has the result, or with `strengths` those that were made. With `measured` the results come twice:
        as soon as they can be heard, and at last with their report cards. With `watched` it can be seen and heard while
        it runs. `stop` finds the job by `name`, the visitor's visit if left out.
        Closing the generator returns at once, for it happens on the server's event loop; the device is free when the
        current step has ended, and the next job waits for that. Raises what the engine raises, SettingsError for a
        length that is not allowed here, AdmissionError for what would take too much, StyleTransferError where there is
        no room for results, BusyError, ClosingError while the server ends, and WorkerLostError."""
        self.check_length(settings)
        self.admission.check(settings, Lengths.of(content, styles), strengths or ())
        if not self.files.has_room(BYTES_A_SAMPLE * content.size * len(strengths or (0,))):
            raise StyleTransferError(NO_ROOM)
        task = Transfer(
            content=content,
            styles=styles,
            settings=settings,
            strengths=None if strengths is None else strength_order(strengths),
            sketched=watched,
            picture_s=previews.PICTURE_S if watched else None,
            preview_s=self.limits.preview_s if watched else None,
        )
        name = name or visitor.visit
        job = self._start(name, visitor, task, measured=measured)
        try:
            yield from self._updates(job)
        finally:
            job.abandon()
            if job.ended.is_set():
                job.live.close()
            with self._lock:
                self._jobs[name].discard(job)
                if not self._jobs[name]:
                    del self._jobs[name]

    def check_length(self, settings: Settings) -> None:
        """Raise SettingsError for a length that is not allowed here."""
        longest_s = self.limits.max_length_s
        if longest_s is not None and settings.seconds > longest_s:
            raise SettingsError(
                f"The length is {settings.seconds:g} s; on this server a result lasts {longest_s:g} s at most."
            )

    def _start(self, name: str, visitor: Visitor, task: Transfer, *, measured: bool) -> Job:
        with self._lock:
            if self.closing.is_set():
                raise ClosingError
            job = Job(
                visitor,
                task,
                measured=measured,
                workers=self.workers,
                queue=self.queue,
                live=LivePreview(self.files),
                max_seconds=self.limits.max_seconds,
                on_device_left=self._give_memory_back,
            )
            self._jobs[name].add(job)
        return job

    def _updates(self, job: Job) -> Generator[Update, None, None]:
        while not (job.ended.is_set() or job.abandoned.is_set()):
            update = job.update()
            yield update  # the first at once: from then on the visitor can stop the job
            if update.results:
                job.handed_out.set()
            # What can be heard is not kept back until the next update is due.
            (job.ended if job.made.is_set() else job.made).wait(self.limits.update_s)
        if job.abandoned.is_set():  # by the server: a visitor who leaves closes this generator
            raise ClosingError
        if job.error is not None:
            raise job.error
        yield job.update(final=True)

    def _give_memory_back(self) -> None:
        self.programs.clear_if_full()
        malloc.trim()

    def stop(self, name: str) -> bool:
        """Ask the running job of a visit, or of another name, for its best so far. False if there is none."""
        with self._lock:
            jobs = tuple(self._jobs.get(name, ()))
        for job in jobs:
            job.stopped.set()
        return bool(jobs)

    def is_at_work(self, visit: str) -> bool:
        """Whether the visit's job is at work, or its last update on the way: who waits in the queue has not begun."""
        with self._lock:
            return any(job.update().ahead is None for job in self._jobs.get(visit, ()))

    def wind_up(self) -> None:
        """Let nobody begin any more, end what runs with its best so far, and give all who wait a moment to get what
        there is for them. To be called before `close`, while the page is still served."""
        with self._lock:
            self.closing.set()
            jobs = self._all_jobs()
        for job in jobs:
            job.wind_up()
        end_s = time.monotonic() + WIND_UP_S
        while self._jobs and time.monotonic() < end_s:
            time.sleep(0.05)
        self._abandon_all()
        if jobs:
            time.sleep(FETCHING_S)

    def _all_jobs(self) -> list[Job]:
        return [job for jobs in self._jobs.values() for job in jobs]

    def _abandon_all(self) -> None:
        """Have all jobs give up; who waits for them is told that the server ends."""
        with self._lock:
            jobs = self._all_jobs()
        for job in jobs:
            job.abandon()

    def close(self) -> bool:
        """End every job, wait a moment for the device, and remove all files. Whether the device is free in the end, so
        that the process can end without a step half done."""
        self.closing.set()
        self._abandon_all()
        self.workers.close()
        is_free = self.queue.wait_until_free(LAST_STEP_S)
        if self.listening is not None:
            self.listening.close()
        self.files.remove()
        return is_free
