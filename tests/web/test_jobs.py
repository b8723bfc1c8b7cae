"""The line in front of the device, and jobs: their turns, ends, crashes and limits, and what they leave behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.page_engine import PageEngine, endless, report_card
from support.page_server import wait_until

from styletransfer.engine.losses.objective import Losses
from styletransfer.files import audio
from styletransfer.settings import Settings, preset
from styletransfer.transfer import OnStep, Result, Step, stylize
from styletransfer.web.results import progress
from styletransfer.web.server import jobs, previews, private_files, warmup
from styletransfer.web.server.device_queue import Turns

Recordings = tuple[np.ndarray, list[np.ndarray]]
NOTHING = np.zeros(0, np.float32)
STEP = Step("solve", 1, 5000, 1.0, 1.0, 1.0, 0.5, 0.01)
TINY = preset("quick", n_fft=512, hop_length=256, kernel_width=4, griffin_lim_iterations=4, refinement_iterations=0)


@pytest.fixture(autouse=True)
def _free_device() -> Iterator[None]:
    yield
    jobs.limit(None)
    for job in [job for running in jobs._jobs.values() for job in running]:
        job.abandon()  # of a test that failed
    wait_until(lambda: not jobs.device_is_busy(), timeout_s=20)


@pytest.fixture(scope="module")
def recordings(recording) -> Recordings:
    return recording("speech", 0.5, start_s=1.0), [recording("drums", 0.5, start_s=1.0)]


class Glimpse:
    """Stands in for a look at a running transfer."""

    def __init__(self, number: int = 0, takes_s: float = 0.0) -> None:
        self.number, self.takes_s = number, takes_s

    def sound(self) -> np.ndarray:
        time.sleep(self.takes_s)
        return np.full(1000, 0.01 * self.number, np.float32)

    def spectrogram(self) -> np.ndarray:
        time.sleep(self.takes_s)
        return np.full((3, 5), float(self.number), np.float32)


def seen(number: int = 0, takes_s: float = 0.0) -> Step:
    glimpse: Any = Glimpse(number, takes_s)
    return Step("solve", number, 5000, 1.0, 1.0, 1.0, 0.5, 0.01, glimpse)


# The line


def test_turns_are_taken_in_order_and_can_be_given_up() -> None:
    turns = Turns()
    first, second, third = (turns.join() for _ in range(3))
    assert [turns.ahead(ticket) for ticket in (first, second, third)] == [0, 1, 2]
    assert turns.wait(first)
    assert turns.ahead(first) is None
    assert [turns.ahead(ticket) for ticket in (second, third)] == [1, 2]
    turns.leave(second)
    assert not turns.wait(second)
    assert turns.ahead(third) == 1
    waited: list[bool] = []
    thread = threading.Thread(target=lambda: waited.append(turns.wait(third)))
    thread.start()
    assert not waited
    turns.leave(first)
    thread.join(5)
    assert waited == [True]
    assert turns.is_busy()
    turns.leave(third, keep_device=True)
    assert turns.is_busy()
    turns.leave(third)
    assert turns.wait_until_free(0)


def test_what_is_patient_comes_last_and_counts_for_nobody() -> None:
    turns = Turns()
    patient, visitor = turns.join(patient=True), turns.join()
    assert turns.ahead(visitor) == 0
    assert turns.length() == 1
    assert turns.wait(visitor)
    turns.leave(visitor)
    assert turns.wait(patient)
    late = turns.join()
    assert turns.ahead(late) == 0
    assert turns.patient_at_work()
    turns.leave(late)
    turns.leave(patient)
    assert not turns.is_busy()


# Jobs


def test_everybody_sees_their_own_place(engine: PageEngine) -> None:
    engine.use(endless)
    running = [jobs.run(visitor, NOTHING, [NOTHING], Settings()) for visitor in "abc"]
    for job in running:
        next(job)
    assert next(running[0]).ahead is None
    updates = [next(job) for job in running[1:]]
    assert [update.ahead for update in updates] == [1, 2]
    assert "number 2 in the queue: one other transfer is before yours" in progress.unfinished(updates[0])
    assert "number 3 in the queue: 2 other transfers are before yours" in progress.unfinished(updates[1])
    running[1].close()
    assert next(running[2]).ahead == 1, "who left still stands in the line"
    running[0].close()
    wait_until(lambda: next(running[2]).ahead is None, timeout_s=5)
    running[2].close()


def test_a_line_that_is_too_long_is_refused_in_a_sentence(engine: PageEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.use(endless)
    monkeypatch.setattr(jobs, "LONGEST_LINE", 1)
    running = [jobs.run(visitor, NOTHING, [NOTHING], Settings()) for visitor in "ab"]
    next(running[0])
    wait_until(jobs.device_is_busy, timeout_s=5)
    next(running[1])
    with pytest.raises(jobs.BusyError, match=r"^1 transfers are waiting already\. Try again"):
        next(jobs.run("c", NOTHING, [NOTHING], Settings()))
    for job in running:
        job.close()


@pytest.mark.parametrize("error", [RuntimeError("broken"), MemoryError(), SystemExit(3)])
def test_a_crash_frees_the_device_and_reaches_who_waits(error: BaseException, engine: PageEngine) -> None:
    def crash(*_: Any, on_step: OnStep, **__: Any) -> None:
        on_step(seen())
        raise error

    engine.use(crash)
    with pytest.raises(type(error)):
        list(jobs.run("a", NOTHING, [NOTHING], Settings()))
    assert not jobs.device_is_busy()
    assert not jobs.stop("a")
    assert no_previews()


def until_stopped(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Any:
    """An engine without end that hears a wish to stop, and whose every step can be looked at."""
    number = 0
    while not on_step(seen(number)):
        number += 1
        time.sleep(0.02)
    return "the best so far"


def test_the_limit_of_time_stops_with_the_best_so_far_and_counts_work_only(engine: PageEngine) -> None:
    engine.use(until_stopped)
    jobs.limit(0.6)
    first, second = (jobs.run(visitor, NOTHING, [NOTHING], Settings()) for visitor in "ab")
    next(first)
    next(second)
    updates = list(first)
    assert (updates[-1].result, updates[-1].longest_s) == ("the best so far", 0.6)
    updates = list(second)
    worked = [update for update in updates if update.ahead is None]
    assert len(worked) >= 2, "the time in the line was counted as work"
    assert updates[-1].longest_s == 0.6


def test_a_transfer_at_its_limit_says_so(recordings: Recordings, engine: PageEngine) -> None:
    jobs.limit(1e-6)
    update = list(jobs.run("a", recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Stopped at the limit of 0 s for one transfer: the best so far" in progress.finished(update, update.result)
    jobs.limit(None)
    engine.tell_every(60)
    update = list(jobs.run("a", recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Done" in progress.finished(update, update.result)


@pytest.mark.timing
def test_stop_while_the_phase_is_found_gives_a_result_soon(recordings) -> None:
    job = jobs.run("a", recordings[0], recordings[1], preset("quick", griffin_lim_iterations=2000, iterations=1))
    for update in job:
        if update.steps and update.steps[-1].stage == "phase" and not update.stopping:
            jobs.stop("a")
            asked_s = time.monotonic()
        if update.result:
            assert time.monotonic() - asked_s < 2
            assert update.result.stop_reason == "stopped"
            assert update.steps[-1].iteration < 2000


def test_a_transfer_can_be_seen_and_heard_while_it_runs(engine: PageEngine) -> None:
    engine.use(until_stopped)
    engine.preview_every(0.2)
    job = jobs.run("a", NOTHING, [NOTHING], Settings())
    updates = [next(job) for _ in range(5)]
    pictures = [update.picture[0, 0] for update in updates if update.picture is not None]
    assert len(set(pictures)) >= 3
    heard = [update.preview for update in updates if update.preview]
    assert len(set(heard)) == len(heard) >= 3
    update = next(job)
    assert update.preview is not None
    assert f'data-preview="{update.preview}"' in progress.unfinished(update)
    assert audio.read(update.preview).shape == (1000,)
    jobs.stop("a")
    assert list(job)[-1].result == "the best so far"
    assert no_previews()


def test_who_leaves_leaves_no_preview(engine: PageEngine) -> None:
    engine.use(until_stopped)
    job = jobs.run("a", NOTHING, [NOTHING], Settings())
    wait_until(lambda: next(job).preview)
    job.close()
    wait_until(lambda: not jobs.device_is_busy() and no_previews(), timeout_s=5)


# Several strengths and report cards


def made(settings: Settings, stop_reason: str = "iteration limit", measure: Callable[[], Any] = report_card) -> Result:
    losses = Losses(0.0, 0.0, 0.0)
    frames = np.zeros((1, 3), np.float32)
    return Result(NOTHING, 44_100, frames, (), losses, losses, stop_reason, settings, {"solve": 1.0}, {}, measure)


def series(*_: Any, strengths: Sequence[float], on_step: OnStep, pause_s: float = 0.0) -> Iterator[Result]:
    """An engine of several strengths, two steps each."""
    for strength in strengths:
        wishes = []
        for number in (1, 2):
            time.sleep(pause_s)
            wishes.append(on_step(seen(number)))
        yield made(Settings(strength=strength), "stopped" if any(wishes) else "iteration limit")
        if any(wishes):
            return


def slow_series(*given: Any, **options: Any) -> Iterator[Result]:
    return series(*given, **options, pause_s=0.3)


def run_series(**options: Any) -> Generator[jobs.Update, None, None]:
    return jobs.run("a", NOTHING, [NOTHING], Settings(), strengths=[0, 50, 100], **options)


def strengths_of(update: jobs.Update) -> list[float]:
    return [result.settings.strength for result in update.results]


def test_strengths_are_made_from_the_middle_on_and_come_sorted(engine: PageEngine) -> None:
    engine.use(several=slow_series)
    engine.tell_every(0.05)
    updates = list(run_series())
    places = dict.fromkeys(update.place for update in updates)
    assert list(places) == [jobs.Place(50, 1, 3), jobs.Place(100, 2, 3), jobs.Place(0, 3, 3)]
    assert max(len(update.steps) for update in updates) == 2, "the steps of one strength were taken for another's"
    assert [strengths_of(update) for update in updates if update.results] == [[0, 50, 100]]
    shown = [progress.unfinished(update) for update in updates if update.steps and not update.results]
    assert any("strength 100, 2 of 3" in text for text in shown)
    assert "Done</b>: 3 of 3 strengths in 3 s." in progress.finished_series(updates[-1])


def test_stop_keeps_the_strengths_that_are_done(engine: PageEngine) -> None:
    engine.use(several=slow_series)
    engine.tell_every(0.05)
    update = None
    for update in run_series():
        if update.place == jobs.Place(100, 2, 3) and not update.stopping:
            jobs.stop("a")
            assert "Stopping" not in progress.unfinished(update)
    assert update is not None
    assert strengths_of(update) == [50, 100]
    assert update.results[1].stop_reason == "stopped"
    assert "Stopped</b>: 2 of 3 strengths" in progress.finished_series(update)


def test_who_leaves_the_line_takes_no_program_from_who_is_at_work(
    engine: PageEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(jobs.programs, "forget", lambda: forgotten.append("all"))
    engine.use(endless)
    working, waiting = (jobs.run(name, NOTHING, [NOTHING], Settings()) for name in ("working", "waiting"))
    next(working)
    wait_until(lambda: jobs.is_at_work("working"))
    next(waiting)
    (job,) = jobs._jobs["waiting"]
    assert not jobs.is_at_work("waiting")
    waiting.close()
    assert job.ended.wait(5)
    assert not forgotten
    working.close()
    wait_until(lambda: not jobs.device_is_busy())
    assert forgotten == ["all"]
    assert not jobs.is_at_work("working")


def test_a_series_that_is_left_frees_the_device(engine: PageEngine) -> None:
    engine.use(several=slow_series)
    job = run_series()
    wait_until(lambda: next(job).steps, timeout_s=5)
    job.close()
    wait_until(lambda: not jobs.device_is_busy(), timeout_s=2)


def test_a_result_is_heard_before_it_is_measured_in_its_turn(engine: PageEngine) -> None:
    may_measure = threading.Event()

    def measure() -> Any:
        assert may_measure.wait(10)
        assert jobs.device_is_busy(), "the device was measured on by who had left it"
        return report_card()

    engine.use(lambda _c, _s, settings, **_: made(settings, measure=measure))
    job = jobs.run("a", NOTHING, [NOTHING], Settings(), measure=True)
    first = next(update for update in job if update.results)
    assert (first.measuring, first.measured) == (True, False)
    assert "report card is being measured" in progress.finished(first, first.results[0])
    may_measure.set()
    last = list(job)[-1]
    assert (last.measuring, last.measured) == (False, True)
    assert last.result is first.result
    assert last.results[0].report_card == report_card()
    assert not jobs.device_is_busy()


def test_a_fault_in_measuring_costs_no_result(engine: PageEngine, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise RuntimeError("no memory")

    engine.use(lambda _c, _s, settings, **_: made(settings, measure=fail))
    last = list(jobs.run("a", NOTHING, [NOTHING], Settings(), measure=True))[-1]
    assert last.result is not None
    assert not last.measured
    assert "no memory" in caplog.text


def test_a_real_series_of_strengths(recordings: Recordings) -> None:
    last = list(jobs.run("a", *recordings, TINY, strengths=[0, 100], measure=True))[-1]
    assert strengths_of(last) == [0, 100]
    weak, strong = (result.report_card.result for result in last.results)
    assert strong.style_loss < weak.style_loss


def no_previews() -> bool:
    return not list(private_files.claim().rglob("preview.wav"))


@pytest.mark.timing
def test_few_previews_are_kept_and_looking_takes_a_tenth_at_most() -> None:
    taken = previews.Live()
    taken._pictures.every_s = taken._sounds.every_s = 0.0
    start_s = time.monotonic()
    looks = 0
    for number in range(100):
        before = taken.picture
        taken.take(seen(number, takes_s=0.01))
        looks += taken.picture is not before
        time.sleep(0.01)
    assert 2 <= looks <= 3 + (time.monotonic() - start_s) / 0.1
    assert len(list(private_files.claim().rglob("preview.wav"))) == previews.KEPT
    taken.take(STEP)  # an engine that shows nothing
    taken.close()
    assert no_previews()


# Warm-up


def test_warm_up_gives_way_to_a_visitor_and_is_taken_up_again(engine: PageEngine) -> None:
    calls: list[int] = []
    may_end = threading.Event()

    def patient(*_: Any, on_step: Callable[[Step], Any], **__: Any) -> None:
        calls.append(len(calls))
        while not may_end.is_set():
            on_step(seen())
            time.sleep(0.02)

    engine.warm_up_with(patient)
    engine.use(until_stopped)
    plan = warmup.Plan(Settings(), NOTHING, NOTHING)
    thread = threading.Thread(target=warmup.run, args=([plan],), daemon=True)
    thread.start()
    wait_until(lambda: calls, timeout_s=5)
    job = jobs.run("a", NOTHING, [NOTHING], Settings())
    first = next(job)
    assert first.warming_up or first.ahead is None
    if first.warming_up:
        assert "Warming up" in progress.unfinished(first)
    wait_until(lambda: next(job).steps, timeout_s=2)
    assert not jobs.turns.patient_at_work()
    jobs.stop("a")
    list(job)
    wait_until(lambda: len(calls) == 2, timeout_s=5)
    may_end.set()
    thread.join(5)
    assert not thread.is_alive()
    assert not jobs.device_is_busy()


def test_a_warm_up_that_fails_is_logged_and_frees_the_device(
    engine: PageEngine, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no compiler")

    engine.warm_up_with(fail)
    warmup.run([warmup.Plan(Settings(), NOTHING, NOTHING)])
    assert "no compiler" in caplog.text
    assert not jobs.device_is_busy()


def test_what_was_warmed_up_is_not_compiled_again(recordings, tmp_path: Path, traces) -> None:
    pair = tmp_path / "content.wav", tmp_path / "style.wav"
    for path, sound in zip(pair, (recordings[0], recordings[1][0]), strict=True):
        audio.write(path, sound)
    small = {"n_fft": 512, "hop_length": 256, "kernel_width": 4, "detail": "plain"}
    settings = preset("quick", **small, **warmup.FEWEST)
    warmup.run([warmup.Plan(settings, audio.read(pair[0]), audio.read(pair[1]))])
    traces.clear()
    result = stylize(
        audio.read(pair[0]), [audio.read(pair[1])], preset("quick", **small), on_step=lambda s: s.preview() is None
    )
    assert isinstance(result, Result)
    assert traces == []


def test_the_plans_hold_each_shape_once(tmp_path: Path, rng: np.random.Generator) -> None:
    long, short = tmp_path / "long.wav", tmp_path / "short.wav"
    for path, seconds in ((long, 12), (short, 3)):
        audio.write(path, 0.1 * rng.standard_normal(44_100 * seconds))
    plans = list(warmup.plans([(long, short), (long, short), (short, long)]))
    shapes = [(round(len(plan.content) / 44_100), round(len(plan.style) / 44_100)) for plan in plans]
    assert shapes == 2 * [(10, 3), (10, 20), (3, 12)]
    assert {plan.settings.iterations for plan in plans} == {1}
    assert len({plan.settings for plan in plans}) == 2
