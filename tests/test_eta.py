"""The time left: of runs whose stages take other times than expected, near the truth from a quarter of them on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from styletransfer.eta import FINISHING_COST, MOSAIC_COST, PHASE_COST, REFINE_BEGINS, REFINE_COSTS, Eta
from styletransfer.settings import Settings, preset
from styletransfer.transfer import Step


def run_of(settings: Settings, windows: int, pace: tuple[float, float, float], compiles_s: float = 0.0) -> list[Step]:
    """The steps of a whole run; `pace` says how many times longer each stage takes than expected."""
    each_s = 0.1 * REFINE_COSTS[settings.detail] * pace[2]
    plan = [
        ("solve", settings.iterations, 0.1 * pace[0], 0.0),
        ("phase", settings.griffin_lim_iterations, 0.1 * PHASE_COST * pace[1], 0.0),
        ("refine", settings.refinement_iterations, each_s, REFINE_BEGINS * each_s),
    ]
    now_s, steps = 0.5, []
    for window in range(1, windows + 1):
        for stage, count, each_s, begins_s in plan:
            now_s += begins_s + (compiles_s if window == 1 else 0.0)
            for i in range(1, count + 1):
                now_s += each_s
                steps.append(Step(stage, i, count, 1.0, 1.0, 1.0, 0.5, now_s, window=window, windows=windows))
    return steps


def whole_run_s(steps: list[Step], pace: float = 1.0) -> float:
    """With the finishing of its windows, which takes so many times longer than expected."""
    return steps[-1].elapsed_s + 0.1 * FINISHING_COST * pace * steps[-1].windows


def told(settings: Settings, steps: list[Step], pace: float = 1.0) -> Iterator[tuple[float, float | None]]:
    """Of each step the part of the run that is done, and the time left that is told of it."""
    eta, whole_s = Eta(settings), whole_run_s(steps, pace)
    for step in steps:
        eta.take(step)
        yield step.elapsed_s / whole_s, eta.seconds_left(step)


@pytest.mark.parametrize("name", ["quick", "balanced", "studio"])
@pytest.mark.parametrize("windows", [1, 2, 9])
@pytest.mark.parametrize("pace", [(1, 1, 1), (2, 2, 2), (1, 2, 1.2), (1.2, 0.5, 1)])
def test_the_time_left_is_near_the_truth(name: str, windows: int, pace: tuple[float, float, float]) -> None:
    settings = preset(name)
    steps = run_of(settings, windows, pace)
    whole_s = whole_run_s(steps, pace[0])
    for done, left_s in told(settings, steps, pace[0]):
        if 0.25 < done < 0.95 and left_s is not None:
            assert left_s == pytest.approx((1 - done) * whole_s, rel=0.3, abs=1), done


def test_nothing_is_told_before_it_is_known() -> None:
    first, second = run_of(preset("quick"), 1, (1, 1, 1))[:2]
    assert [left for _, left in told(preset("quick"), [first])] == [None]
    assert next(left for _, left in told(preset("quick"), [first, second]) if left) > 0


def test_only_the_finishing_is_left_at_the_end() -> None:
    steps = run_of(preset("balanced"), 3, (1, 1, 1))
    assert list(told(preset("balanced"), steps))[-1][1] == pytest.approx(3 * 0.1 * FINISHING_COST)


def test_what_went_into_compilation_is_no_pace() -> None:
    settings = preset("balanced")
    slow_start = run_of(settings, 1, (1, 1, 1), compiles_s=5.0)
    left_s = [left for _, left in told(settings, slow_start[:10])][-1]
    assert left_s == pytest.approx([left for _, left in told(settings, run_of(settings, 1, (1, 1, 1))[:10])][-1])


def test_a_mosaic_is_told_by_its_windows() -> None:
    steps = [Step("mosaic", 1, 1, 1.0, 1.0, 1.0, 0.5, 3.0 * i, window=i, windows=4) for i in range(1, 5)]
    finishing_s = 4 * 3.0 * FINISHING_COST / MOSAIC_COST
    lefts_s = [left for _, left in told(preset("instant"), steps)]
    assert lefts_s == [None, *(pytest.approx(finishing_s + left_s) for left_s in (6.0, 3.0, 0.0))]


def test_windows_that_were_kept_take_no_time() -> None:
    """A run that goes on after two of five windows, which an earlier one has made."""
    settings = preset("quick")
    steps = [dataclasses.replace(step, window=step.window + 2, windows=5) for step in run_of(settings, 3, (1, 1, 1))]
    whole_s = steps[-1].elapsed_s + 5 * 0.1 * FINISHING_COST
    eta = Eta(settings)
    for step in steps:
        eta.take(step)
        left_s = eta.seconds_left(step)
        if step.elapsed_s > 0.25 * whole_s:
            assert left_s == pytest.approx(whole_s - step.elapsed_s, rel=0.3, abs=1), (step.window, step.stage)
