"""How the command line is interrupted.

`Interruptions` turns the first SIGINT or SIGTERM into a wish that is granted after the current step, and the second
into an end at once.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from rich.console import Console

INTERRUPTED = 130
"""Exit status of a program that was interrupted: 128 and the number of SIGINT."""
GRACE_S = 1.0
"""How long Python may take to act on a signal. It cannot while compiled code runs, which may be for minutes."""


class Interruptions:
    """Context in which the first SIGINT or SIGTERM sets `asked` and the second raises KeyboardInterrupt.

    Until `something_to_keep` is set, the first already raises. KeyboardInterrupt lets temporary files be removed on its
    way out of the context, and then ends the process; if compiled code keeps it from being raised, a thread does.
    `last_words` is called before. To be entered in the main thread.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        self.asked = False
        self.something_to_keep = False
        self.last_words = last_words
        self._over = threading.Event()
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._watched, self._wakeup = socket.socketpair()
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._over.set()
        self._wakeup.close()
        if kind is KeyboardInterrupt:
            self._end()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if again or not self.something_to_keep:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        """Sees signals while the main thread is in compiled code, where no handler written in Python runs."""
        again = False
        while self._watched.recv(1):
            if (again or not self.something_to_keep) and not self._over.wait(GRACE_S):
                self._end()
            again = True
        self._watched.close()

    def _end(self) -> None:
        self.last_words()
        Console(stderr=True).show_cursor()  # a progress bar hides it
        # Not sys.exit: libraries that were interrupted while they were loading or compiling can crash on the way out.
        os._exit(INTERRUPTED)
