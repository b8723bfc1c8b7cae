"""A worker that is a thread of this process: begins at once, shares its memory, and cannot be ended from outside."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from styletransfer import transfer
from styletransfer.workers.perform import Engine, perform
from styletransfer.workers.protocol import Ended, Event, Task, Wish


class InProcess:
    """Workers of the kind; one, for there is one device."""

    count = 1

    def __init__(self, engine: Engine = transfer) -> None:
        self.engine = engine

    def submit(self, task: Task) -> _Run:
        """Begin a task in a thread of its own."""
        return _Run(task, self.engine)

    def close(self) -> None:
        """Nothing: threads end with the process."""


class _Run:
    def __init__(self, task: Task, engine: Engine) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._wish = Wish.GO_ON
        # A daemon: a task in its thousandth step must not hold up the end of the program.
        threading.Thread(target=self._work, args=(task, engine), daemon=True).start()

    def poll(self, timeout_s: float) -> Sequence[Event]:
        """See `protocol.Run`."""
        events: list[Event] = []
        try:
            events.append(self._events.get(timeout=timeout_s))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            return events

    def cancel(self, wish: Wish) -> None:
        """See `protocol.Run`."""
        self._wish = max(self._wish, wish)

    def _work(self, task: Task, engine: Engine) -> None:
        self._events.put(Ended(perform(task, engine, self._events.put, lambda: self._wish)))
