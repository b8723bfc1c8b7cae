"""The steps of a transfer as its caller hears of them, each with a look at what is being made.

A step's `preview` and `spectrogram` are made when they are called, from what is on the device at that moment: a caller
who does not ask pays nothing. They can be called until the callback that got the step returns, not later. Asking for
them changes nothing in the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import optimisers
from styletransfer.engine.solve import Solver

STAGES = ("mosaic", "solve", "phase", "refine")
PREVIEW_PHASE_ITERATIONS = 4
"""Of Griffin-Lim, from the content's phase: a preview is to take less than a tenth of a second."""


class Snapshot:
    """A look at what a transfer has made so far.

    `point` gives the point of a solve `(n_frames, n_freqs)` or a sound `(n_padded_samples,)`, as it is when it is
    called.
    """

    def __init__(self, solver: Solver, point: Callable[[], jax.Array]) -> None:
        self._source: tuple[Solver, Callable[[], jax.Array]] | None = (solver, point)

    def sound(self) -> np.ndarray:
        """Make the sound that the transfer would end with now, but for the notes and the beat that finishing adds.

        `(n_samples,)` or `(n_samples, 2)` float32, of the length and loudness of the content, or of the window of it
        that is being made, at most -1 dBFS. Raises RuntimeError once it is closed.
        """
        solver, point = self._take()
        sound = solver.draft(point, PREVIEW_PHASE_ITERATIONS) if point.ndim == 2 else point
        return solver.finishing.finish(sound, is_draft=True)

    def spectrogram(self) -> np.ndarray:
        """Make the spectrogram that the transfer has found so far.

        `(n_frames, n_freqs)` float32 log magnitudes. Raises RuntimeError once it is closed.
        """
        solver, point = self._take()
        return np.array(np.asarray(solver.frames_of(point))[: solver.n_frames])

    def close(self) -> None:
        """Let go of the device's memory."""
        self._source = None

    def _take(self) -> tuple[Solver, jax.Array]:
        if self._source is None:
            raise RuntimeError("A step can be looked at only until the callback that got it returns.")
        solver, point = self._source
        return solver, jnp.array(point(), copy=True)  # the optimiser's own array is given up at its next chunk


@dataclass(frozen=True, slots=True)
class Step:
    """One finished iteration.

    In the stage "phase" there is one every few iterations, and one for its beginning.
    """

    stage: str
    """ "solve", of the spectrogram, "phase", of Griffin-Lim, "refine", of the sound, or "mosaic\""""
    iteration: int
    """from 1 within the stage; 0 where "phase" begins"""
    iterations: int
    """most that the stage can take"""
    total: float
    """what is lowered: the weighted losses and, where the level is kept, what frames cost that are too loud"""
    content_loss: float
    style_loss: float
    correlation: float
    """Pearson's, of the output's and the content's log magnitudes"""
    elapsed_s: float
    """since the transfer began"""
    snapshot: Snapshot | None = field(default=None, repr=False, compare=False)
    window: int = 1
    """which window of a long content it is of, from 1"""
    windows: int = 1

    def preview(self) -> np.ndarray:
        """Make what the transfer sounds like now.

        `(n_samples,)` float32. Raises RuntimeError after the callback has returned.
        """
        return self._snapshot().sound()

    def spectrogram(self) -> np.ndarray:
        """Make what the transfer looks like now.

        `(n_frames, n_freqs)` float32 log magnitudes. Raises RuntimeError after the callback has returned.
        """
        return self._snapshot().spectrogram()

    def _snapshot(self) -> Snapshot:
        if self.snapshot is None:
            raise RuntimeError("This step was not made by a running transfer.")
        return self.snapshot


OnStep = Callable[[Step], bool | None]


class Recorder:
    """Turns the reports of optimisers and of Griffin-Lim into steps, keeps them, and hands them on."""

    def __init__(self, on_step: OnStep | None, elapsed: Callable[[], float]) -> None:
        self.on_step, self.elapsed = on_step, elapsed
        self.history: list[Step] = []
        self.window = self.windows = 1
        self._end: tuple[int, int] | None = None

    def begin_window(self, window: int, windows: int) -> None:
        """Count the steps to come to a window of a long content."""
        self.window, self.windows = window, windows

    def end_like_last(self) -> None:
        """End what comes next where the last step was, whatever the caller says from now on."""
        if self._end is None:
            self._end = _place(self.history[-1])

    def stage(self, name: str, iterations: int, solver: Solver) -> optimisers.OnIteration:
        """Make the callback for what runs a stage of a solver.

        `iterations` are the most that the stage can take.
        """

        def on_iteration(report: optimisers.Report) -> bool | None:
            """Note one iteration as a step."""
            content, style, correlation = report.terms
            snapshot = Snapshot(solver, report.point)
            step = Step(
                stage=name,
                iteration=report.iteration,
                iterations=iterations,
                total=report.value,
                content_loss=content,
                style_loss=style,
                correlation=correlation,
                elapsed_s=self.elapsed(),
                window=self.window,
                windows=self.windows,
                snapshot=snapshot,
            )
            self.history.append(step)
            try:
                asked = self.on_step(step) if self.on_step else None
            finally:
                snapshot.close()
            return asked if self._end is None else _place(step) >= self._end

        return on_iteration


def _place(step: Step) -> tuple[int, int]:
    return STAGES.index(step.stage), step.iteration
