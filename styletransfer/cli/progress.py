"""What the command line shows while it works, and how it is interrupted.

`Progress` writes to standard error only: a bar on a terminal, a few plain lines elsewhere. `Interruptions` turns the
first SIGINT or SIGTERM into a wish that is granted after the current step, and the second into an end at once.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

import click
import rich.progress
from rich.console import Console
from rich.markup import escape

from styletransfer.eta import Pace

if TYPE_CHECKING:
    from styletransfer.transfer import Step

INTERRUPTED = 130
"""Exit status of a program that was interrupted: 128 and the number of SIGINT."""
GRACE_S = 1.0
"""How long Python may take to act on a signal. It cannot while compiled code runs, which may be for minutes."""

STAGE_NAMES = {"solve": "Solving the spectrogram", "phase": "Finding the phase", "refine": "Refining the sound"}

# Plain lines: one for every twentieth of a stage, but neither a flood in a fast run nor long silence in a slow one.
LINES_PER_STAGE = 20
MIN_PAUSE_S = 2.0
MAX_PAUSE_S = 30.0


class Interruptions:
    """Context in which the first SIGINT or SIGTERM sets `asked` and the second raises KeyboardInterrupt.

    Until `something_to_keep` is set, the first already raises. KeyboardInterrupt lets temporary files be removed on its
    way out of the context, and then ends the process; if compiled code keeps it from being raised, a thread does.
    `last_words` is called before. To be entered in the main thread.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        self.asked = False
        self.something_to_keep = False
        self._last_words = last_words
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
        self._last_words()
        Console(stderr=True).show_cursor()  # a progress bar hides it
        # Not sys.exit: libraries that were interrupted while they were loading or compiling can crash on the way out.
        os._exit(INTERRUPTED)


class Progress:
    """Context that shows each Step: stage, iteration, loss, iterations per second and the time left at most."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._pace = Pace()
        self._stage: str | None = None
        self._last_shown: Step | None = None
        self._noted: set[str] = set()
        self._task: rich.progress.TaskID | None = None
        self._bar: rich.progress.Progress | None = None
        # Rich can be told by the environment to take a file for a terminal; a bar redrawn in a log is of no use.
        if sys.stderr.isatty() and console.is_interactive:
            self._bar = rich.progress.Progress(
                rich.progress.SpinnerColumn(),
                "{task.description}",
                rich.progress.BarColumn(24),
                "{task.fields[text]}",
                console=console,
            )

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note_once(self, text: str) -> None:
        """Writes a line of its own, above the bar if there is one, unless it was written before."""
        if text in self._noted:
            return
        self._noted.add(text)
        if self._bar is not None:
            self._bar.console.print(escape(text), highlight=False)
        else:
            click.echo(text, err=True)

    def show(self, step: Step) -> None:
        """Shows one step; steps of one stage come in order."""
        if self._stage != step.stage:
            self._stage, self._last_shown, self._task = step.stage, None, None
        name = STAGE_NAMES.get(step.stage, step.stage)
        text = describe(step, self._pace.seconds_an_iteration(step))
        if self._bar is not None:
            if self._task is None:
                self._task = self._bar.add_task(name, total=step.iterations, text=text)
            self._bar.update(self._task, completed=step.iteration, text=text)
        elif self._is_due(step):
            self._last_shown = step
            click.echo(f"{name}: {text}", err=True)

    def _is_due(self, step: Step) -> bool:
        last = self._last_shown
        if last is None or step.iteration >= step.iterations:
            return True
        pause_s = step.elapsed_s - last.elapsed_s
        twentieth = (step.iteration - last.iteration) * LINES_PER_STAGE >= step.iterations
        return pause_s >= MAX_PAUSE_S or (twentieth and pause_s >= MIN_PAUSE_S)


def describe(step: Step, each_s: float | None) -> str:
    """One line on a step, such as `25/500, loss 619.2, 2.5 iterations/s, at most 3:10 left`."""
    parts = [f"{step.iteration}/{step.iterations}"]
    if math.isfinite(step.total):
        parts.append(f"loss {step.total:.4g}")
    if each_s:
        parts.append(f"{1 / each_s:.3g} iterations/s")
        if to_do := step.iterations - step.iteration:
            minutes, seconds = divmod(round(to_do * each_s), 60)
            parts.append(f"at most {minutes}:{seconds:02} left")
    return ", ".join(parts)
