"""The server behind the page: one object that holds all that lives as long as the page does.

It is made in one place (web/launch.py, or a test), given to `page.build`, and closed by whoever made it. One transfer
at a time is on the device; visitors wait in a queue.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletransfer import transfer
from styletransfer.errors import SettingsError, StyleTransferError
from styletransfer.estimate import Lengths
from styletransfer.listening.store import Store
from styletransfer.runtime import malloc
from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.settings import Settings
from styletransfer.settings.series import strength_order
from styletransfer.web.server import previews
from styletransfer.web.server.admission import Admission
from styletransfer.web.server.device_queue import DeviceQueue
from styletransfer.web.server.jobs import Engine, Job, Request, Update
from styletransfer.web.server.previews import LivePreview
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.web.server.timings import Timings

LAST_STEP_S = 5.0
"""How long the end of the server waits for a running step to end; steps take a second or two. Who sends SIGTERM often
sends SIGKILL ten seconds later."""


class BusyError(StyleTransferError):
    """The queue is too long."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What visitors may take, and how often they are told."""

    max_seconds: float | None = None
    """of work, after which a transfer is stopped with its best so far"""
    max_length_s: float | None = None
    """that a result may last"""
    max_queue_length: int = 20
    update_s: float = 0.5
    """between two updates of a transfer"""
    memory_bytes: int | None = None
    """that a transfer may take; None for what is free on this machine"""
    preview_s: float = previews.PREVIEW_S
    """between two previews, at least"""
    max_programs: int = CompiledPrograms.MAX
    """compiled programs that are kept in memory"""


class Server:
    """Runs transfers for the page, keeps visitors' files, and ends cleanly.

    `engine` makes the results; `folder` is where the private folder for visitors' files is made (the system's folder
    for temporary files if left out); `data` is where listening tests are kept, if they are. Raises ListeningError where
    nothing can be kept there."""

    def __init__(
        self,
        engine: Engine = transfer,
        *,
        limits: Limits | None = None,
        folder: Path | None = None,
        data: Path | None = None,
    ) -> None:
        self.listening = None if data is None else Store(data)
        self.engine = engine
        self.limits = limits or Limits()
        self.files = PrivateFiles(folder)
        self.queue = DeviceQueue()
        self.programs = CompiledPrograms(self.limits.max_programs)
        self.timings = Timings()
        self.admission = Admission.on_this_machine(
            self.limits.memory_bytes, self.limits.max_seconds, self.timings.unit_seconds
        )
        self.closing = threading.Event()
        """Set when the server ends."""
        self._jobs: defaultdict[str, set[Job]] = defaultdict(set)
        self._lock = threading.Lock()

    def run(
        self,
        visitor: str,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        settings: Settings,
        *,
        strengths: Sequence[float] | None = None,
        measured: bool = False,
    ) -> Generator[Update, None, None]:
        """Make a transfer, or one for each of `strengths`: yields updates at most every `limits.update_s` seconds.

        The last one has the result, or with `strengths` those that were made. With `measured` the results come twice:
        as soon as they can be heard, and at last with their report cards. `visitor` is the name by which `stop` finds
        the job. Closing the generator returns at once, for it happens on the server's event loop; the device is free
        when the current step has ended, and the next job waits for that. Raises what the engine raises,
        SettingsError for a length that is not allowed here, AdmissionError for what would take too much, and
        BusyError."""
        longest_s = self.limits.max_length_s
        if longest_s is not None and settings.seconds > longest_s:
            raise SettingsError(
                f"The length is {settings.seconds:g} s; on this server a result lasts {longest_s:g} s at most."
            )
        self.admission.check(settings, Lengths.of(content, styles), strengths or ())
        if self.queue.length() >= self.limits.max_queue_length:
            waiting = f"{self.limits.max_queue_length} transfers are waiting already"
            raise BusyError(f"{waiting}. Try again in a few minutes.")
        order = None if strengths is None else strength_order(strengths)
        request = Request(content=content, styles=styles, settings=settings, strengths=order, measured=measured)
        job = self._start(request)
        with self._lock:
            self._jobs[visitor].add(job)
        try:
            yield from self._updates(job)
        finally:
            job.abandon()
            if job.ended.is_set():
                job.live.close()
            with self._lock:
                self._jobs[visitor].discard(job)
                if not self._jobs[visitor]:
                    del self._jobs[visitor]

    def _start(self, request: Request) -> Job:
        return Job(
            request,
            engine=self.engine,
            queue=self.queue,
            live=LivePreview(self.files, preview_s=self.limits.preview_s),
            max_seconds=self.limits.max_seconds,
            on_device_left=self._give_memory_back,
        )

    def _updates(self, job: Job) -> Generator[Update, None, None]:
        while not job.ended.is_set():
            update = job.update()
            yield update  # the first at once: from then on the visitor can stop the job
            if update.results:
                job.handed_out.set()
            # What can be heard is not kept back until the next update is due.
            (job.ended if job.made.is_set() else job.made).wait(self.limits.update_s)
        if job.abandoned.is_set():
            return  # the server ends
        if job.error is not None:
            raise job.error
        yield job.update(final=True)

    def _give_memory_back(self) -> None:
        self.programs.clear_if_full()
        malloc.trim()

    def stop(self, visitor: str) -> bool:
        """Ask the visitor's running job for its best so far. False if there is none."""
        with self._lock:
            jobs = tuple(self._jobs.get(visitor, ()))
        for job in jobs:
            job.stopped.set()
        return bool(jobs)

    def is_at_work(self, visitor: str) -> bool:
        """Whether the visitor's job is at work, or its last update on the way: who waits in the queue has not begun."""
        with self._lock:
            return any(job.update().ahead is None for job in self._jobs.get(visitor, ()))

    def close(self) -> bool:
        """End every job, wait a moment for the device, and remove all files. Whether the device is free in the end, so
        that the process can end without a step half done."""
        self.closing.set()
        with self._lock:
            for job in (job for jobs in self._jobs.values() for job in jobs):
                job.abandon()
        is_free = self.queue.wait_until_free(LAST_STEP_S)
        if self.listening is not None:
            self.listening.close()
        self.files.remove()
        return is_free
