"""What the command line shows while it works, on standard error: a bar on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Self

import rich.progress
from rich.console import Console
from rich.markup import escape

from styletransfer.cli.saying import say, unheard
from styletransfer.eta import STAGE_TITLES, Eta

if TYPE_CHECKING:
    from styletransfer.settings import Settings
    from styletransfer.transfer import Step


# Plain lines: one for every twentieth of a stage, but neither a flood in a fast run nor long silence in a slow one.
LINES_PER_STAGE = 20
MIN_PAUSE_S = 2.0
MAX_PAUSE_S = 30.0


def bar_of(*columns: str | rich.progress.ProgressColumn) -> rich.progress.Progress | None:
    """A bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    # Rich can be told by the environment to take a file for a terminal; a bar redrawn in a log is of no use.
    if sys.stderr is None or not (sys.stderr.isatty() and console.is_interactive):
        return None
    return rich.progress.Progress(*columns, console=console)


def say_above(bar: rich.progress.Progress | None, text: str) -> None:
    """Write a line on standard error, above a bar if there is one at work."""
    if bar is None or not bar.live.is_started:
        say(text, err=True)
    else:
        with unheard(err=True):
            bar.console.print(escape(text), highlight=False)


class Progress:
    """Context that shows each Step of a transfer with these settings: stage, iteration, loss, iterations per second and
    about what time is left for all."""

    def __init__(self, settings: Settings) -> None:
        self._eta = Eta(settings)
        self._stage: tuple[str, int] | None = None
        self._last_shown: Step | None = None
        self._noted: set[str] = set()
        self._task: rich.progress.TaskID | None = None
        self._bar = bar_of(
            rich.progress.SpinnerColumn(),
            "{task.description}",
            rich.progress.BarColumn(24),
            "{task.fields[text]}",
        )

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            with unheard(err=True):
                self._bar.stop()

    def note_once(self, text: str) -> None:
        """Writes a line of its own, above the bar if there is one, unless it was written before."""
        if text in self._noted:
            return
        self._noted.add(text)
        say_above(self._bar, text)

    def show(self, step: Step) -> None:
        """Shows one step; steps of one stage come in order."""
        if self._stage != (step.stage, step.window):
            self._stage, self._last_shown, self._task = (step.stage, step.window), None, None
        name = STAGE_TITLES.get(step.stage, step.stage)
        self._eta.take(step)
        text = describe(step, self._eta.seconds_an_iteration(step), self._eta.seconds_left(step))
        if self._bar is not None:
            if self._task is None:
                self._task = self._bar.add_task(name, total=step.iterations, text=text)
            self._bar.update(self._task, completed=step.iteration, text=text)
        elif self._is_due(step):
            self._last_shown = step
            say(f"{name}: {text}", err=True)

    def _is_due(self, step: Step) -> bool:
        last = self._last_shown
        if last is None or step.iteration >= step.iterations:
            return True
        pause_s = step.elapsed_s - last.elapsed_s
        twentieth = (step.iteration - last.iteration) * LINES_PER_STAGE >= step.iterations
        return pause_s >= MAX_PAUSE_S or (twentieth and pause_s >= MIN_PAUSE_S)


def describe(step: Step, each_s: float | None, left_s: float | None = None) -> str:
    """One line on a step, such as `25/500, loss 619.2, 2.5 iterations/s, about 3:10 left`."""
    parts = [f"window {step.window} of {step.windows}"] if step.windows > 1 else []
    parts.append(f"{step.iteration}/{step.iterations}")
    if math.isfinite(step.total):
        parts.append(f"loss {step.total:.4g}")
    if each_s:
        parts.append(f"{1 / each_s:.3g} iterations/s")
    if left_s:
        parts.append(f"about {duration(left_s)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people read them, such as `3:05` or `2:07:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
