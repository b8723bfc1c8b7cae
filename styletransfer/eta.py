"""What people are told of a running transfer: the names of its stages, how fast they go, and the time left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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
PHASE_COST, MOSAIC_COST, FINISHING_COST = 0.2, 14.0, 10.0
REFINE_COSTS = {"plain": 1.25, "fine": 3.3, "rich": 2.4}
"""What an iteration of these takes beside one of the solve, the last by `detail`; a mosaic and what makes the finished
sound of a window are one iteration each. Until they are measured, the time left is told by these."""
REFINE_BEGINS = 6.0
"""What comes before the first iteration of the refinement, as so many of its iterations."""
KNOWN_COST = 10.0
"""How much the pace of the stages before weighs in that of a stage: as so many iterations of the solve."""


class _Stage(NamedTuple):
    """What is to be done in a stage of one window, in iterations of the solve."""

    iterations: int
    """at most"""
    each: float
    before: float = 0.0

    @property
    def whole(self) -> float:
        return self.before + self.iterations * self.each


_Plan = dict[str, _Stage]


class Eta:
    """Takes the steps of a transfer in their order. `following` are the settings of others that come after it."""

    def __init__(self, settings: Settings, following: Sequence[Settings] = ()) -> None:
        self._plan = _plan(settings)
        self._following_cost = sum(_cost(_plan(each)) for each in following)
        self._first: Step | None = None
        self._start: Step | None = None
        self._unit_s: float | None = None
        """of one iteration of the solve"""
        self._unit_before_s: float | None = None
        """as it was when the stage began"""
        self._windows_begun_s: dict[int, float] = {}
        """by window; those that an earlier run has kept, and silent ones, take no time and no steps"""

    def take(self, step: Step) -> None:
        """Count a step."""
        self._windows_begun_s.setdefault(step.window, step.elapsed_s)
        if self._first is None or (self._first.stage, self._first.window) != (step.stage, step.window):
            self._first = self._start = step
            self._unit_before_s = self._unit_s
        if self._start is None or step.elapsed_s <= self._first.elapsed_s + TOGETHER_S:
            self._start = step
        done = step.iteration - self._start.iteration
        if done > 0 and step.stage != "phase":  # too short to be measured
            self._measure(done * self._plan[step.stage].each, step.elapsed_s - self._start.elapsed_s)

    def _measure(self, cost: float, took_s: float) -> None:
        """The pace of a stage, and as long as little of it is done that of those before."""
        known_cost = 0.0 if self._unit_before_s is None else KNOWN_COST
        self._unit_s = (took_s + known_cost * (self._unit_before_s or 0.0)) / (cost + known_cost)

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
        whole = _cost(self._plan)
        behind = whole - FINISHING_COST - self._cost_left(step)
        solved = whole - FINISHING_COST
        return ((step.window - 1) * solved + behind) / (step.windows * (whole + self._following_cost))

    def seconds_left(self, step: Step) -> float | None:
        """Until there is a sound, after all windows and what follows, from `step`, the last that was taken, on; None
        before it can be told."""
        solved, begun_s = _cost(self._plan) - FINISHING_COST, self._windows_begun_s
        first_s = next(iter(begun_s.values()))
        made = len(begun_s) - 1
        window_s = (begun_s[step.window] - first_s) / made if made else None
        unit_s = self._unit_s
        if unit_s is None and window_s is not None:
            unit_s = window_s / solved  # a mosaic is one step, and counts by windows
        if unit_s is None:
            return None
        left_s = unit_s * self._cost_left(step)
        if window_s is None:
            window_s = step.elapsed_s - first_s + left_s
        ending_s = unit_s * (FINISHING_COST + self._following_cost) * step.windows
        return left_s + (step.windows - step.window) * window_s + ending_s

    def _cost_left(self, step: Step) -> float:
        """Of the window of `step`, but for its finishing."""
        names = list(self._plan)
        later = names[names.index(step.stage) + 1 :]
        rest = (step.iterations - step.iteration) * self._plan[step.stage].each
        return rest + sum(self._plan[name].whole for name in later)


def _cost(plan: _Plan) -> float:
    return sum(stage.whole for stage in plan.values()) + FINISHING_COST


def _plan(settings: Settings) -> _Plan:
    if settings.engine == MOSAIC:
        return {"mosaic": _Stage(1, MOSAIC_COST)}
    each, refinements = REFINE_COSTS[settings.detail], settings.refinement_iterations if settings.refines else 0
    return {
        "solve": _Stage(settings.iterations, 1.0),
        "phase": _Stage(settings.griffin_lim_iterations, PHASE_COST),
        "refine": _Stage(refinements, each, REFINE_BEGINS * each if refinements else 0.0),
    }
