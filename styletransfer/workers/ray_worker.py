"""The actor that Ray starts on a machine of its cluster: sets the environment, and then loads what does the work.

Ray imports this module there before anything of the actor runs. It loads nothing heavy itself, for NumPy and JAX read
some of their environment when they are imported.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from styletransfer.workers.protocol import Task, Wish

ENVIRONMENT = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.9"}
"""Where the machine says nothing else. A graphics card is this actor's alone, but for what others take outside Ray."""
SET_BY_RAY = "OMP_NUM_THREADS"
"""To 1, for many actors on a machine; here one has the whole processor."""
CALLS = 4
"""At a time: `live`, a `poll` that waits, and `submit` or `cancel`."""


class Worker:
    """See `remote.Remote`, of which this hands on the methods."""

    def begin(self, engine: str, max_programs: int) -> str | BaseException:
        """Prepare this process. Returns the version of the program here, or why it cannot work."""
        os.environ.pop(SET_BY_RAY, None)
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        from styletransfer import __version__
        from styletransfer.errors import StyleTransferError
        from styletransfer.workers.remote import Remote

        try:
            self._remote = Remote(engine, max_programs)
        except StyleTransferError as error:
            return error
        return __version__

    def live(self) -> None:
        """Never return: this call fails at once where the process or its machine is lost."""
        threading.Event().wait()

    def submit(self, number: int, task: Task) -> bytes:
        """Begin a task, and tell what came of it."""
        return self._remote.submit(number, task)

    def poll(self, number: int, timeout_s: float) -> bytes:
        """What came of it since the last call."""
        return self._remote.poll(number, timeout_s)

    def cancel(self, number: int, wish: Wish) -> None:
        """Tell it what is wished."""
        self._remote.cancel(number, wish)
