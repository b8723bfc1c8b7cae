"""One thread that writes for many: whatever waits while it writes is written together, next time.

Making a write safe takes a disk about as long for a hundred answers as for one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from styletransfer.listening.plan import ListeningError

MOST = 256
"""Requests that are written together"""
Result = TypeVar("Result")
Operation = Callable[[Any], tuple[Result, list[Any]]]
"""Looks at what there is, and returns its result and what is to be written; raises ListeningError to refuse."""


class Request:
    """One operation that somebody waits for."""

    def __init__(self, operation: Operation[Any]) -> None:
        self._operation = operation
        self._done = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def attempt(self, seen: Any) -> list[Any]:
        """What it has to write, given what there is: nothing where it refuses."""
        try:
            self._result, made = self._operation(seen)
        except Exception as error:  # it is raised where the operation came from
            self._error = error
            return []
        return made

    def settle(self, error: BaseException | None) -> None:
        """Let go whoever waits: all is written, or nothing for this error."""
        self._error = self._error or error
        self._done.set()

    def wait(self) -> Any:
        """The operation's result, once it is written. Raises what went wrong."""
        self._done.wait()
        if isinstance(self._error, ListeningError):
            raise ListeningError(str(self._error)) from self._error  # one error may be told to many threads
        if self._error:
            raise self._error
        return self._result


class GroupCommit:
    """The thread, and the queue before it.

    `together(requests)` attempts each in turn, in one transaction, and writes what they have made; where it raises,
    nothing of it is written.
    """

    def __init__(self, together: Callable[[list[Request]], None]) -> None:
        self._together = together
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="listening-writer", daemon=True)
        self._thread.start()

    def do(self, operation: Operation[Result]) -> Result:
        """Have an operation done; returns its result when all is written. Raises ListeningError."""
        request = Request(operation)
        with self._gate:
            if self._is_closed:
                raise ListeningError("The listening tests are being closed. Try again in a while.")
            self._waiting.put(request)
        return request.wait()

    def close(self) -> None:
        """Write what waits, then end the thread. Whoever comes later is refused."""
        with self._gate:
            if not self._is_closed:
                self._is_closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            requests, goes_on = self._all_that_wait()
            if requests:
                error = None
                try:
                    self._together(requests)
                except Exception as raised:
                    error = raised
                for request in requests:
                    request.settle(error)

    def _all_that_wait(self) -> tuple[list[Request], bool]:
        """At least one, unless it is over, which is the second value."""
        requests: list[Request] = []
        each = self._waiting.get()
        while each is not None:
            requests.append(each)
            if len(requests) == MOST or self._waiting.empty():
                return requests, True
            each = self._waiting.get()
        return requests, False
