"""The process of a worker: performs one task after the other, and ends with the process that has started it.

It tells READY once it has a device, and the events of each task. What it is told are tasks and wishes, each with the
number of a run: a wish for another run than that under way came too late.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path

from styletransfer import transfer
from styletransfer.errors import StyleTransferError
from styletransfer.runtime import malloc
from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.runtime.prepare import is_on_cpu, prepare
from styletransfer.workers.perform import perform
from styletransfer.workers.protocol import Ended, EngineFaultError, Task, Wish

READY = "ready"
NICENESS = 5
"""Pages and sounds that are asked for meanwhile go first."""
FIRST_OUT_OF_MEMORY = "1000"
"""For the system that is out of it: this process, not the one that started it."""
SPARE, SPARE_BYTES = 1.25, 256 * 2**20
"""What an estimate of the memory that a task takes may be off by."""


@dataclass(frozen=True)
class Order:
    """What the process is told: to begin a task, or what is wished of that under way."""

    number: int
    """of the run"""
    task: Task | None = None
    wish: Wish = Wish.GO_ON


def main(orders: connection.Connection, max_programs: int, memory_bytes: int | None) -> None:
    """Work until there is nobody who could ask for anything. `memory_bytes` is what a task may take, if that is
    limited."""
    _be_second()
    try:
        prepare()
    except StyleTransferError as error:
        orders.send(error)
        return
    if memory_bytes is not None:
        _limit(memory_bytes)
    programs = CompiledPrograms(max_programs)
    with contextlib.suppress(EOFError, OSError):
        orders.send(READY)
        while True:
            order: Order = orders.recv()
            if order.task is None:
                continue
            error = perform(order.task, transfer, orders.send, _Wishes(orders, order.number))
            del order
            programs.clear_if_full()
            malloc.trim()
            orders.send(Ended(portable(error)))


class _Wishes:
    """The most urgent wish so far for a run."""

    def __init__(self, orders: connection.Connection, number: int) -> None:
        self._orders, self._number, self._wish = orders, number, Wish.GO_ON

    def __call__(self) -> Wish:
        while self._orders.poll():
            order: Order = self._orders.recv()
            if order.number == self._number:
                self._wish = max(self._wish, order.wish)
        return self._wish


def _be_second() -> None:
    """Leave signals to the process that started this one, end with it, and let it go first in all else."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_OUT_OF_MEMORY)
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(0)


def _limit(memory_bytes: int) -> None:
    """Have the system refuse what is far beyond an estimate, on Linux and without a graphics card, whose driver maps
    far more than it uses."""
    status = Path("/proc/self/status")
    if not status.exists() or not is_on_cpu():
        return
    import resource

    now_bytes = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmData" in line)
    most = now_bytes + round(SPARE * memory_bytes) + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def portable(error: BaseException | None) -> BaseException | None:
    """An error that the other process knows; of others their traceback."""
    if error is None or isinstance(error, StyleTransferError):
        return error
    return EngineFaultError("".join(traceback.format_exception(error)))
