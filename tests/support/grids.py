"""Grids of short sounds, made by engines that take no time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from styletransfer.errors import StyleTransferError
from styletransfer.grid import plan as plans
from styletransfer.grid import runs as grid_runs
from styletransfer.grid.driver import Driver, State
from styletransfer.grid.folder import GridFolder
from styletransfer.grid.leases import Leases
from styletransfer.grid.runs import Run, Runs
from styletransfer.grid.sources import Sources
from styletransfer.settings import Settings
from styletransfer.transfer import Result, Step
from styletransfer.workers.in_process import InProcess
from support.page_server import Stub, instant, instant_strengths, report_card

RATE_HZ = 44_100
TABLE = {"seconds": 0.5, "n_fft": 512, "hop_length": 256, "kernel_width": 4}
"""Settings that half a second is enough for."""


def write_tones(folder: Path, *names: str, seconds: float = 0.6) -> list[Path]:
    """A recording for each name, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    paths = [folder / name for name in names]
    for path in paths:
        pitch_hz = 200 + sum(map(ord, path.name)) % 500
        soundfile.write(path, 0.2 * np.sin(2 * np.pi * pitch_hz * times_s), RATE_HZ)
    return paths


def runs_of(folder: Path, **values: Any) -> Runs:
    """The runs of a plan whose files lie in a folder."""
    asked = {"presets": ["quick"], "settings": TABLE} | values
    return grid_runs.of_plan(plans.plan_of(asked, folder, default_title="Tones"), Sources())


class Heard:
    """Takes down what a driver tells."""

    def __init__(self) -> None:
        self.made_names: list[str] = []
        self.failures: list[tuple[str, bool]] = []
        self.waited = threading.Event()

    def stepped(self, run: Run, step: Step) -> None:
        pass

    def made(self, run: Run) -> None:
        self.made_names.append(run.name)

    def failed(self, run: Run, sentence: str, *, is_given_up: bool) -> None:
        self.failures.append((sentence, is_given_up))

    def waiting(self, n_batches: int) -> None:
        self.waited.set()


def tone_engine(**functions: Any) -> Stub:
    """An engine that takes no time, but for functions that are given."""
    given = {"stylize": instant, "stylize_strengths": instant_strengths, "measure": lambda *_: report_card()}
    return Stub(**(given | functions))


def drive(
    root: Path,
    runs: Runs,
    *,
    workers: Any = None,
    heard: Heard | None = None,
    is_over: Callable[[], bool] = lambda: False,
    batches: Sequence[Any] | None = None,
) -> State:
    """Make what is missing of runs in the folder of a grid, as the command does."""
    folder = GridFolder(root)
    folder.set_out("Tones", runs)
    folder.check(runs)
    with Leases(folder.leases) as leases:
        folder.clear(leases.tokens())
        made_by = workers or InProcess(tone_engine())
        driver = Driver(folder, leases, Sources(), made_by, heard or Heard(), is_over)
        return driver.run(runs.batches if batches is None else batches)


def failing(times: int, error: Exception | None = None) -> Callable[..., Result]:
    """An engine's `stylize` that fails so many times, and then works."""
    left = [times]

    def stylize(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: Any) -> Result:
        left[0] -= 1
        if left[0] >= 0:
            raise error or RuntimeError("a fault")
        return instant(content, styles, settings, on_step=on_step)

    return stylize


class RefusalError(StyleTransferError):
    """What a test has an engine refuse."""
