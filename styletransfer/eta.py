"""What people are told of a running transfer: the names of its stages, how fast they go, and the time left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from styletransfer.settings import MOSAIC, Settings

if TYPE_CHECKING:
    from styletransfer.transfer import Step

STAGE_TITLES = {
    "solve": "Shaping the sound",
    "phase": "Turning it into sound",
    "refine": "Refining the sound",
    "mosaic": "Putting the mosaic together",
    "measure": "Measuring the result",
}
"""By `Step.stage`, and of what comes after the last step."""
TOGETHER_S = 0.05
"""Steps that come this soon after a stage's first were made on the device in one go with it: what they took went into
compilation, and counts for nothing."""
PHASE_COST = 0.12
REFINE_COSTS = {"plain": 1.3, "fine": 3.6, "rich": 2.1}
"""What an iteration of these stages takes beside one of the solve, the latter by `detail`: until they are measured, the
time left is told by these."""


class Eta:
    """Takes the steps of a transfer in their order. `following` are the settings of others that come after it."""

    def __init__(self, settings: Settings, following: Sequence[Settings] = ()) -> None:
        self._plan = _plan(settings)
        self._following_cost = sum(_cost(_plan(each)) for each in following)
        self._first: Step | None = None
        self._start: Step | None = None
        self._unit_s: float | None = None
        """of one iteration of the solve"""
        self._windows_begun_s: list[float] = []

    def take(self, step: Step) -> None:
        """Count a step."""
        if len(self._windows_begun_s) < step.window:
            self._windows_begun_s.append(step.elapsed_s)
        if self._first is None or (self._first.stage, self._first.window) != (step.stage, step.window):
            self._first = self._start = step
        if self._start is None or step.elapsed_s <= self._first.elapsed_s + TOGETHER_S:
            self._start = step
        each_s = self.seconds_an_iteration(step)
        if each_s is not None and step.stage != "phase":  # too short to be measured
            self._unit_s = each_s / self._plan.get(step.stage, (0, 1.0))[1]

    def seconds_an_iteration(self, step: Step) -> float | None:
        """Of the stage of `step`, the last that was taken; None as long as there is nothing to measure."""
        assert self._start is not None
        done = step.iteration - self._start.iteration
        return (step.elapsed_s - self._start.elapsed_s) / done if done > 0 else None

    def longer_by(self, asked: Settings) -> float:
        """Seconds that a transfer of one window would take longer with the iterations of other settings."""
        return (self._unit_s or 0.0) * (_cost(_plan(asked)) - _cost(self._plan))

    def share(self, step: Step) -> float:
        """How much of the work is behind `step`, the last that was taken: 0 to 1."""
        whole, names = _cost(self._plan), list(self._plan)
        done = names.index(step.stage) if step.stage in names else 0
        behind = sum(count * each for count, each in list(self._plan.values())[:done])
        behind += self._plan.get(step.stage, (0, 1.0))[1] * step.iteration
        windows = step.window - 1 + min(1.0, behind / whole)
        return windows * whole / (whole * step.windows + self._following_cost * step.windows)

    def seconds_left(self, step: Step) -> float | None:
        """Until the last step of all windows and of what follows, after `step`, the last that was taken; None before it
        can be told."""
        if self._unit_s is None and step.window == 1:
            return None
        unit_s = self._unit_s or 0.0  # a mosaic is one step, and counts by windows
        names = list(self._plan)
        later = names[names.index(step.stage) + 1 :] if step.stage in names else []
        cost = (step.iterations - step.iteration) * self._plan.get(step.stage, (0, 1.0))[1]
        left_s = unit_s * (cost + sum(count * each for count, each in map(self._plan.__getitem__, later)))
        if step.windows == 1:
            return left_s + unit_s * self._following_cost
        begun_s = self._windows_begun_s
        if step.window > 1:
            window_s = (begun_s[-1] - begun_s[0]) / (step.window - 1)
        else:
            window_s = step.elapsed_s - begun_s[0] + left_s
        return left_s + (step.windows - step.window) * window_s + unit_s * self._following_cost * step.windows


def _cost(plan: dict[str, tuple[int, float]]) -> float:
    return sum(count * each for count, each in plan.values())


def _plan(settings: Settings) -> dict[str, tuple[int, float]]:
    """By stage the most iterations, and what one of them takes."""
    if settings.engine == MOSAIC:
        return {"mosaic": (1, 1.0)}
    refinements = settings.refinement_iterations if settings.refines else 0
    return {
        "solve": (settings.iterations, 1.0),
        "phase": (settings.griffin_lim_iterations, PHASE_COST),
        "refine": (refinements, REFINE_COSTS[settings.detail]),
    }
