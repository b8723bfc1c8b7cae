"""How long presets take here: told by a whole transfer, and by a short one of the same kind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from styletransfer.eta import PHASE_COST, REFINE_COSTS
from styletransfer.settings import PRESETS, Settings, preset
from styletransfer.transfer import Losses, Result, Step
from styletransfer.web.parts import preset_choice
from styletransfer.web.server.timings import Timings
from styletransfer.web.server.warmup import COUNTS

EACH_S, REST_S = 0.1, 1.5
"""Of one iteration of the solve, and of all that is done once"""


def run(settings: Settings, stop_reason: str = "iteration limit") -> Result:
    """A result whose stages take what their costs say."""
    plan = {
        "solve": (settings.iterations, EACH_S),
        "phase": (settings.griffin_lim_iterations, EACH_S * PHASE_COST),
        "refine": (settings.refinement_iterations, EACH_S * REFINE_COSTS[settings.detail]),
    }
    now_s, history = REST_S, []
    for stage, (count, each_s) in plan.items():
        for i in range(1, count + 1):
            now_s += each_s
            history.append(Step(stage, i, count, 1.0, 1.0, 1.0, 0.5, now_s))
    losses, sound = Losses(0.0, 0.0, 0.0), np.zeros(441_000, np.float32)
    frames = np.zeros((1, 1025), np.float32)
    return Result(sound, 44_100, frames, tuple(history), losses, losses, stop_reason, settings, {"solve": now_s}, {})


@pytest.mark.parametrize("name", ["quick", "balanced", "studio"])
def test_a_short_run_tells_what_the_whole_takes(name: str) -> None:
    few = dataclasses.replace(PRESETS[name], **dict.fromkeys(COUNTS, 4))
    short, whole = Timings(), Timings()
    short.take(run(few), PRESETS[name])
    whole.take(run(PRESETS[name]))
    assert whole.seconds(name, 10) == pytest.approx(sum(run(PRESETS[name]).seconds_by_stage.values()))
    assert short.seconds(name, 10) == pytest.approx(whole.seconds(name, 10), rel=0.02)


def test_sliders_leave_a_preset_what_it_is_and_other_changes_do_not() -> None:
    timings = Timings()
    timings.take(run(preset("quick", strength=30, seconds=60)))
    assert timings.seconds("quick", 10) is not None
    timings.take(run(preset("balanced", iterations=3)))
    timings.take(run(preset("studio"), "stopped"))
    assert timings.seconds("balanced", 10) is timings.seconds("studio", 10) is None
    assert not timings.are_complete()


def test_the_choice_tells_what_is_known() -> None:
    timings = Timings()
    timings.take(run(PRESETS["balanced"]))
    labels = {name: label for label, name in preset_choice.choices(timings)}
    seconds = sum(run(PRESETS["balanced"]).seconds_by_stage.values())
    assert labels["balanced"] == f"balanced: {seconds:.0f} s, clean and blended"
    assert labels["quick"] == "quick: a first listen"


def test_the_choice_says_what_was_changed() -> None:
    values = {"iterations": 80, "detail": "fine"}
    assert preset_choice.label("balanced", values) == preset_choice.LABEL
    assert preset_choice.label("balanced", values | {"iterations": 40}) == "Preset, changed: Iterations 40"
    changed = {"iterations": 40, "detail": "rich", "momentum": 1}
    assert preset_choice.label("balanced", {k: changed[k] for k in ("iterations", "detail")}).endswith("40 and 1 more")
    assert preset_choice.label("no preset", values) == preset_choice.LABEL
