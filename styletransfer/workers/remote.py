"""A worker that is asked from another machine: each call is one message, and its answer another."""

from __future__ import annotations

import pickle
import threading
import time
from importlib import import_module
from typing import cast

from styletransfer.runtime import malloc
from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.runtime.prepare import prepare
from styletransfer.workers.child import portable
from styletransfer.workers.in_process import InProcess
from styletransfer.workers.perform import Engine
from styletransfer.workers.protocol import Ended, Event, Run, Task, Wish

FIRST_S = 1.0
"""How long the answer to a task waits for its first event."""
GATHER_S = 0.05
"""How long more events are waited for, to go along with the first."""


class Remote:
    """Performs one task after the other, each in a thread; a run goes by its number.

    `engine` is the module that makes results. Raises DeviceError as `prepare`."""

    def __init__(self, engine: str, max_programs: int) -> None:
        prepare()
        self._programs = CompiledPrograms(max_programs)
        self._workers = InProcess(cast(Engine, import_module(engine)))
        self._lock = threading.Lock()
        self._runs: dict[int, Run] = {}
        self._early: dict[int, Wish] = {}

    def submit(self, number: int, task: Task) -> bytes:
        """Begin a task, and answer as `poll`. That before it must have ended."""
        with self._lock:
            run = self._workers.submit(task)
            self._runs = {number: run}
            run.cancel(self._early.get(number, Wish.GO_ON))
        return self.poll(number, FIRST_S)

    def poll(self, number: int, timeout_s: float) -> bytes:
        """The events of a run since the last call, as `pickle` has them; waits so long for the first.

        As bytes, for arrays that a library hands over may stay in its own memory while somebody has them."""
        run = self._runs[number]
        events = [*run.poll(timeout_s)]
        if events and not isinstance(events[-1], Ended):
            time.sleep(GATHER_S)
            events += run.poll(0.0)
        return pickle.dumps(self._told(events), protocol=pickle.HIGHEST_PROTOCOL)

    def cancel(self, number: int, wish: Wish) -> None:
        """Tell a run what is wished: messages may overtake one another, and so also one that is yet to begin. A wish
        for one that has ended came too late."""
        with self._lock:
            if run := self._runs.get(number):
                run.cancel(wish)
            else:
                self._early = {number: max(wish, self._early.get(number, wish))}

    def _told(self, events: list[Event]) -> list[Event]:
        """Events as another machine understands them; after the last one tidies up."""
        if not events or not isinstance(end := events[-1], Ended):
            return events
        self._runs = {}
        self._programs.clear_if_full()
        malloc.trim()
        return [*events[:-1], Ended(portable(end.error))]
