"""What `styletransfer grid` shows while it works, on standard error: a bar on a terminal, a line for each run
elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import rich.progress

from styletransfer.cli.progress import bar_of, duration, say_above
from styletransfer.cli.saying import unheard
from styletransfer.eta import STAGE_TITLES
from styletransfer.grid.driver import Driver
from styletransfer.grid.folder import GridFolder
from styletransfer.grid.runs import Batch, Run
from styletransfer.transfer import Step
from styletransfer.workers.protocol import Workers


class GridProgress:
    """Hears of a driver (grid/driver.py has what of), and shows it. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_waiting = False
        self._n_runs = 0
        self._task: rich.progress.TaskID | None = None
        self._bar = bar_of(
            rich.progress.SpinnerColumn(),
            rich.progress.BarColumn(24),
            "{task.completed}/{task.total}{task.fields[left]}",
            "{task.description}",
        )

    def begin(self, driver: Driver, folder: GridFolder, batches: Sequence[Batch], workers: Workers) -> None:
        """Show from now on how far these batches are."""
        self._driver, self._folder, self._workers = driver, folder, workers
        self._runs = [run for batch in batches for run in batch.runs]
        self._n_runs = len(self._runs)
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("", total=self._n_runs, completed=self._count(), left="")

    def end(self) -> None:
        """Show nothing more of it."""
        if self._bar is not None:
            with unheard(err=True):
                self._bar.stop()

    def say(self, text: str) -> None:
        """Write a line of its own, above the bar if there is one."""
        say_above(self._bar, text)

    def stepped(self, run: Run, step: Step) -> None:
        """See `driver.Watcher`."""
        self._is_waiting = False
        if self._bar is not None and self._task is not None:
            stage = STAGE_TITLES.get(step.stage, step.stage)
            self._bar.update(self._task, description=f"{run.name}: {stage} {step.iteration}/{step.iterations}")

    def made(self, run: Run) -> None:
        """See `driver.Watcher`."""
        with self._lock:
            self._is_waiting = False
            n_done = self._count()
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=n_done, left=self._left())
            else:
                self.say(f"{n_done}/{self._n_runs} {run.name}{self._left()}")

    def failed(self, run: Run, sentence: str, *, is_given_up: bool) -> None:
        """See `driver.Watcher`."""
        self.say(f"{run.name}: {sentence} {'It is given up.' if is_given_up else 'It is tried again.'}")

    def waiting(self, n_batches: int) -> None:
        """See `driver.Watcher`."""
        with self._lock:
            if not self._is_waiting:
                self._is_waiting = True
                self.say(f"What is left ({n_batches}) is being made elsewhere; waiting for it.")

    def _count(self) -> int:
        return sum(map(self._folder.is_done, self._runs))

    def _left(self) -> str:
        seconds = self._driver.pace.seconds(self._driver.work_left())
        return f", about {duration(seconds / max(1, self._workers.count))} left" if seconds else ""
