"""The line in front of the device, and jobs: their turns, ends, crashes and limits, and what they leave behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import endless, wait_until

from styletransfer import audio
from styletransfer.settings import Settings, preset
from styletransfer.transfer import OnStep, Result, Step, stylize
from styletransfer.web import jobs, live, private_files, progress, warmup
from styletransfer.web.turns import Turns

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


def test_everybody_sees_their_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "stylize", endless)
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


def test_a_line_that_is_too_long_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "stylize", endless)
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
def test_a_crash_frees_the_device_and_reaches_who_waits(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any, on_step: OnStep, **__: Any) -> None:
        on_step(seen())
        raise error

    monkeypatch.setattr(jobs, "stylize", crash)
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


def test_the_limit_of_time_stops_with_the_best_so_far_and_counts_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "stylize", until_stopped)
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


def test_a_transfer_at_its_limit_says_so(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.limit(1e-6)
    update = list(jobs.run("a", recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Stopped at the limit of 0 s for one transfer: the best so far" in progress.finished(update, update.result)
    jobs.limit(None)
    monkeypatch.setattr(jobs, "UPDATE_S", 60)
    update = list(jobs.run("a", recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Done" in progress.finished(update, update.result)


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


def test_a_transfer_can_be_seen_and_heard_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "stylize", until_stopped)
    monkeypatch.setattr(live, "PREVIEW_S", 0.2)
    job = jobs.run("a", NOTHING, [NOTHING], Settings())
    updates = [next(job) for _ in range(5)]
    pictures = [update.picture[0, 0] for update in updates if update.picture is not None]
    assert len(set(pictures)) >= 3
    previews = [update.preview for update in updates if update.preview]
    assert len(set(previews)) == len(previews) >= 3
    update = next(job)
    assert update.preview is not None
    assert f'data-preview="{update.preview}"' in progress.unfinished(update)
    assert audio.read(update.preview).shape == (1000,)
    jobs.stop("a")
    assert list(job)[-1].result == "the best so far"
    assert no_previews()


def test_who_leaves_leaves_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "stylize", until_stopped)
    job = jobs.run("a", NOTHING, [NOTHING], Settings())
    wait_until(lambda: next(job).preview)
    job.close()
    wait_until(lambda: not jobs.device_is_busy() and no_previews(), timeout_s=5)


def no_previews() -> bool:
    return not list(private_files.claim().rglob("preview.wav"))


def test_few_previews_are_kept_and_looking_takes_a_tenth_at_most() -> None:
    taken = live.Live()
    taken._pictures.every_s = taken._sounds.every_s = 0.0
    start_s = time.monotonic()
    looks = 0
    for number in range(100):
        before = taken.picture
        taken.take(seen(number, takes_s=0.01))
        looks += taken.picture is not before
        time.sleep(0.01)
    assert 2 <= looks <= 3 + (time.monotonic() - start_s) / 0.1
    assert len(list(private_files.claim().rglob("preview.wav"))) == live.KEPT
    taken.take(STEP)  # an engine that shows nothing
    taken.close()
    assert no_previews()


# Warm-up


def test_warm_up_gives_way_to_a_visitor_and_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    may_end = threading.Event()

    def engine(*_: Any, on_step: Callable[[Step], Any], **__: Any) -> None:
        calls.append(len(calls))
        while not may_end.is_set():
            on_step(seen())
            time.sleep(0.02)

    monkeypatch.setattr(warmup, "stylize", engine)
    monkeypatch.setattr(jobs, "stylize", until_stopped)
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
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(warmup, "stylize", fail)
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
