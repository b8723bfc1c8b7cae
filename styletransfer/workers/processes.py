"""Workers that are processes of their own: one that dies takes nothing with it but its run, and is replaced at once."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from multiprocessing import connection

from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.workers import child
from styletransfer.workers.protocol import Ended, Event, Task, Wish, WorkerLostError

START_S = 120.0
"""In which a worker has begun, on any machine."""
MAX_PAUSE_S = 30.0
"""Between two attempts to start one that does not live long enough to begin."""
LOST = "The transfer ended with the process that made it. Try again; if that happens once more, use a shorter length."
NOT_STARTED = "The engine could not be started. Try again in a few minutes."


class Processes:
    """So many workers, each a process that was spawned.

    `max_programs` are the compiled programs that each keeps in memory, `memory_bytes` what a task may take. With
    `on_replaced` somebody hears of a new process in a lost one's place, in a thread that must not be kept."""

    def __init__(
        self,
        count: int = 1,
        *,
        max_programs: int = CompiledPrograms.MAX,
        memory_bytes: int | None = None,
        on_replaced: Callable[[], object] = lambda: None,
    ) -> None:
        self.count = count
        self.on_replaced = on_replaced
        self._options = max_programs, memory_bytes
        self._changed = threading.Condition()
        self._is_closed = False
        self._workers = [_Worker(*self._options) for _ in range(count)]
        self._numbers = itertools.count()
        for place in range(count):
            threading.Thread(target=self._keep, args=[place], name=f"worker-{place}", daemon=True).start()

    def wait_until_ready(self, timeout_s: float = START_S) -> None:
        """Wait for the first worker. Raises DeviceError as `prepare`, and WorkerLostError after that time."""
        self._free_worker(timeout_s, take=False)

    def submit(self, task: Task) -> _Run:
        """See `protocol.Workers`."""
        while True:
            worker = self._free_worker(START_S)
            number = next(self._numbers)
            if worker.tell(child.Order(number, task)):
                return _Run(worker, number, self._give_back)

    def process_ids(self) -> list[int]:
        """Those of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def close(self) -> None:
        """See `protocol.Workers`."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.end()

    def _free_worker(self, timeout_s: float, *, take: bool = True) -> _Worker:
        def free() -> _Worker | None:
            return next((worker for worker in self._workers if worker.is_free), None)

        with self._changed:
            self._changed.wait_for(lambda: free() or self._error() or self._is_closed, timeout_s)
            worker = free()
            if worker is None:
                raise self._error() or WorkerLostError(NOT_STARTED)
            worker.is_free = not take
            return worker

    def _error(self) -> BaseException | None:
        return next((worker.error for worker in self._workers if worker.error), None)

    def _give_back(self, worker: _Worker) -> None:
        with self._changed:
            worker.is_free = True
            self._changed.notify_all()

    def _keep(self, place: int) -> None:
        """See one worker begin, wait for its end, and put another in its place."""
        pause_s = 0.0
        while not self._is_closed:
            worker = self._workers[place]
            has_begun = worker.begin(START_S)
            with self._changed:
                worker.is_free = has_begun
                self._changed.notify_all()
            connection.wait([worker.process.sentinel])
            worker.end()
            with self._changed:
                worker.is_free = False
                if self._changed.wait_for(lambda: self._is_closed, 0.0 if has_begun else pause_s):
                    return
                # Ended before it was told what to do, a new one cannot be had: the old one, which cannot begin, stays
                # until the next attempt.
                with contextlib.suppress(OSError):
                    self._workers[place] = _Worker(*self._options)
            pause_s = 0.0 if has_begun else min(2 * pause_s + 1, MAX_PAUSE_S)
            if self._workers[place] is not worker:
                self.on_replaced()


class _Worker:
    """A process, and the line to it."""

    def __init__(self, max_programs: int, memory_bytes: int | None) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.is_free = False
        self.error: BaseException | None = None
        """why it could not begin, where that is known"""
        self.process = context.Process(
            target=child.main, args=(theirs, max_programs, memory_bytes), name="styletransfer-worker", daemon=True
        )
        self.process.start()
        theirs.close()

    def begin(self, timeout_s: float) -> bool:
        """Wait until it can be used. Whether it can."""
        try:
            told = self.line.recv() if self.line.poll(timeout_s) else None
        except (EOFError, OSError):
            told = None
        self.error = told if isinstance(told, BaseException) else None
        if told != child.READY:
            self.process.kill()
        return told == child.READY

    def tell(self, order: child.Order) -> bool:
        """Whether it could be told."""
        try:
            self.line.send(order)
        except OSError:
            return False
        return True

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()


class _Run:
    def __init__(self, worker: _Worker, number: int, give_back: Callable[[_Worker], None]) -> None:
        self._worker, self._number, self._give_back = worker, number, give_back
        self._wish = Wish.GO_ON

    def poll(self, timeout_s: float) -> Sequence[Event]:
        """See `protocol.Run`."""
        events: list[Event] = []
        try:
            while self._worker.line.poll(0.0 if events else timeout_s):
                events.append(self._worker.line.recv())
                if isinstance(events[-1], Ended):
                    self._give_back(self._worker)
                    break
        except (EOFError, OSError):
            events.append(Ended(WorkerLostError(LOST)))
        return events

    def cancel(self, wish: Wish) -> None:
        """See `protocol.Run`."""
        if wish <= self._wish:
            return
        self._wish = wish
        if wish == Wish.KILL:
            self._worker.process.kill()
        else:
            self._worker.tell(child.Order(self._number, wish=wish))
