"""The parts of the page that need no browser: controls, drawings, jobs, private files."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from support.page_server import endless, replace_engine, wait_until

from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.mel import mel_of_hz
from styletransfer.eta import FINISHING_COST
from styletransfer.settings import STRENGTH_SERIES, Settings, preset
from styletransfer.settings.series import series_settings, strength_order
from styletransfer.transfer import Step
from styletransfer.web.drawing import plots
from styletransfer.web.results import progress
from styletransfer.web.server import jobs, private_files
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.server import Server

NOTHING = np.zeros(0, np.float32)


def steps(count: int, **changes: Any) -> list[Step]:
    values = {"stage": "solve", "iterations": count, "total": 3.0, "content_loss": 2.0, "style_loss": 1.0}
    values |= {"correlation": 0.5} | changes
    return [Step(iteration=i, elapsed_s=float(i), **values) for i in range(1, count + 1)]


def test_curves_have_few_points_and_keep_the_ends() -> None:
    drawn = plots.curves(steps(5000))
    lines = re.findall(r'points="([^"]+)"', drawn)
    assert len(lines) == 4
    for line in lines:
        points = line.split()
        assert len(points) == plots.MAX_POINTS
        assert (points[0].split(",")[0], points[-1].split(",")[0]) == ("0.00", "100.00")


def test_curves_go_on_without_losses_that_have_no_logarithm() -> None:
    drawn = plots.curves([*steps(2), *steps(2, total=math.nan), *steps(3, content_loss=0.0)])
    assert "nan" not in re.sub(r'aria-label="[^"]*"', "", drawn)
    assert plots.curves(steps(1)) == plots.curves([]) == ""


def test_under_the_curves_stand_the_losses_of_the_sound() -> None:
    heard = Losses(total=0.0135, content=0.273, style=0.00215)
    for count in (1, 2):
        words = "Losses of the sound itself: content 0.273, style 0.00215, weighted total 0.0135."
        assert words in plots.curves(steps(count), heard)


def test_spectrograms_share_one_scale() -> None:
    loud, quiet, silent = (np.full((100, 1025), math.log1p(m), np.float32) for m in (100.0, 1.0, 0.0))
    drawn = plots.spectrograms({"content": loud, "style": quiet, "result": silent}, 44_100, 512)
    pictures = re.findall(r'src="([^"]+)"', drawn.together())
    assert len(set(pictures)) == 3
    large, others = drawn
    assert (large.count("<img"), large.count("0 dB"), others.count("<img")) == (1, 2, 2)
    alone = plots.spectrograms({"content": loud, "style": loud, "result": silent}, 44_100, 512)
    assert re.findall(r'src="([^"]+)"', alone.together()) == [pictures[0], pictures[0], pictures[2]]


@pytest.mark.parametrize("shape", [(1, 65), (3, 1025), (2000, 4097)])
def test_a_spectrogram_of_any_shape_is_drawn(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = plots._reduce(rng.random(shape), 44_100)
    assert picture.shape == (min(shape[0], plots.IMAGE_COLUMNS), plots.IMAGE_ROWS)
    assert np.isfinite(picture).all()
    assert plots.spectrograms({"result": rng.random(shape)}, 44_100, 512).together().count("<img") == 1


def test_a_tone_is_drawn_at_its_frequency() -> None:
    log_magnitudes = np.zeros((10, 1025), np.float32)
    log_magnitudes[:, round(5000 / 22_050 * 1024)] = 1.0
    row = int(plots._reduce(log_magnitudes, 44_100)[0].argmax())
    khz = 0.7 * (10 ** (row / plots.IMAGE_ROWS * float(mel_of_hz(22_050)) / 2595) - 1)
    assert khz == pytest.approx(5.0, rel=0.03)


def test_time_left_is_counted_from_measured_iterations() -> None:
    settings = preset("quick", iterations=131, griffin_lim_iterations=0, refinement_iterations=0)
    update = jobs.Update(tuple(steps(11, iterations=131)), 11.0, stopping=False, settings=settings)
    shown = progress.tell_running(update)
    assert '<span role="status"><b>Shaping the sound</b></span>, about 2 min 10 s left' in shown, "it would be read out"
    assert float(re.findall(r'value="([\d.]+)"', shown)[0]) == pytest.approx(11 / (131 + FINISHING_COST), abs=1e-3)
    assert progress.figures(update).startswith("iteration 11 of 131, loss ")
    in_one_go = [dataclasses.replace(step, elapsed_s=1.0) for step in steps(4)]
    for first in (steps(1), in_one_go):
        assert "left" not in progress.tell_running(jobs.Update(tuple(first), 1.0, stopping=False))


def test_time_left_of_several_strengths_counts_them_all() -> None:
    counts = {"iterations": 80, "griffin_lim_iterations": 0, "refinement_iterations": 0}
    settings, order = preset("quick", **counts), strength_order(STRENGTH_SERIES)
    first, *others = (each.iterations for each in series_settings(settings, order))
    assert first == 80 > min(others)
    position = jobs.SeriesPosition(order[0], 1, 5, order)
    update = jobs.Update(tuple(steps(40, iterations=80)), 40.0, stopping=False, settings=settings)
    told = progress.tell_running(dataclasses.replace(update, series_position=position))
    whole_s = 40 + sum(others) + 5 * FINISHING_COST  # an iteration takes a second
    assert f"strength 50, 1 of 5</span>, about {progress.duration(whole_s)} left" in told
    last = jobs.SeriesPosition(order[-1], 5, 5, order)
    done = tuple(steps(10, iterations=others[-1]))
    update = jobs.Update(done, 10.0, stopping=False, settings=settings, series_position=last)
    left_s = others[-1] - 10 + FINISHING_COST
    assert f"about {progress.duration(left_s)} left" in progress.tell_running(update)


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (7800, "2 h 10 min")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert progress.duration(seconds) == words


def test_one_job_at_a_time_and_closing_frees_the_device(server: Server) -> None:
    replace_engine(server, stylize=endless)
    first, second = (server.run(Visitor(visitor), NOTHING, [NOTHING], Settings()) for visitor in "ab")
    next(first)
    next(second)
    assert next(first).steps
    assert not next(second).steps, "two jobs ran on one device"
    first.close()
    wait_until(lambda: next(second).steps, timeout_s=5)
    assert server.stop("b")
    assert next(second).stopping
    assert not server.stop("a")
    second.close()
    wait_until(lambda: not server.queue.is_busy(), timeout_s=5)
    assert not server.stop("b")


def test_folders_of_ended_processes_are_removed(tmp_path: Path) -> None:
    names = ("abandoned", "in-use", "new", "unlocked")
    abandoned, in_use, new, unlocked = (tmp_path / f"{private_files.PREFIX}{name}" for name in names)
    foreign = tmp_path / "somebody-elses"
    for folder in (abandoned, in_use, new, unlocked, foreign):
        folder.mkdir()
    (abandoned / private_files.LOCK_NAME).touch()
    os.utime(unlocked, (0, 0))
    with FileLock(in_use / private_files.LOCK_NAME):
        private_files.remove_abandoned(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {in_use.name, new.name, foreign.name}


def test_files_of_visitors_have_names_that_cannot_be_guessed(server: Server) -> None:
    paths = [server.files.new_file("a.wav") for _ in range(2)]
    assert paths[0] != paths[1]
    for path in paths:
        assert path.parent.parent.parent == server.files.folder
        assert len(path.parent.name) >= 20
        path.parent.rmdir()
