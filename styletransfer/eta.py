"""What people are told of a stage: its name, and how fast it goes, counted from its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from styletransfer.transfer import Step

STAGE_TITLES = {
    "solve": "Shaping the spectrogram",
    "phase": "Finding the phase",
    "refine": "Refining the sound",
    "mosaic": "Putting the mosaic together",
    "measure": "Measuring the result",
}
"""By `Step.stage`, and of what comes after the last step."""
TOGETHER_S = 0.05
"""Steps that come this soon after a stage's first were made on the device in one go with it: what they took went into
compilation, and counts for nothing."""


class Eta:
    """Takes the steps of a transfer in their order."""

    def __init__(self) -> None:
        self._first: Step | None = None
        self._start: Step | None = None

    def seconds_an_iteration(self, step: Step) -> float | None:
        """Of the stage of `step`, as measured so far; None as long as there is nothing to measure."""
        if self._first is None or self._first.stage != step.stage:
            self._first = self._start = step
        if self._start is None or step.elapsed_s <= self._first.elapsed_s + TOGETHER_S:
            self._start = step
        done = step.iteration - self._start.iteration
        return (step.elapsed_s - self._start.elapsed_s) / done if done > 0 else None
