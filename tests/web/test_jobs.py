"""Jobs: their turns, ends, crashes and limits, and what they leave behind."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.page_looks import seen, until_stopped
from support.page_server import bare_server, endless, replace_engine, report_card, wait_until

from styletransfer import transfer
from styletransfer.engine.losses.objective import Losses
from styletransfer.errors import SettingsError, StyleTransferError
from styletransfer.files import audio
from styletransfer.settings import Settings, preset
from styletransfer.transfer import OnStep, Result, Step
from styletransfer.web.gradio_compat import file_url
from styletransfer.web.parts import result_view
from styletransfer.web.results import progress
from styletransfer.web.server import jobs, previews
from styletransfer.web.server import server as server_module
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.jobs import ClosingError, SeriesPosition
from styletransfer.web.server.server import Server
from styletransfer.workers.protocol import Look

Recordings = tuple[np.ndarray, list[np.ndarray]]
NOTHING = np.zeros(0, np.float32)
NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, 44_100).astype(np.float32)
STEP = Step("solve", 1, 5000, 1.0, 1.0, 1.0, 0.5, 0.01)
TINY = preset("quick", n_fft=512, hop_length=256, kernel_width=4, griffin_lim_iterations=4, refinement_iterations=0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with bare_server(tmp_path) as server:
        yield server


def limit(server: Server, **limits: Any) -> None:
    server.limits = dataclasses.replace(server.limits, **limits)


@pytest.fixture(scope="module")
def recordings(recording) -> Recordings:
    return recording("speech", 0.5, start_s=1.0), [recording("drums", 0.5, start_s=1.0)]


def test_everybody_sees_their_own_place(server: Server) -> None:
    replace_engine(server, stylize=endless)
    running = [server.run(Visitor(visitor), NOTHING, [NOTHING], Settings()) for visitor in "abc"]
    for job in running:
        next(job)
    assert next(running[0]).ahead is None
    updates = [next(job) for job in running[1:]]
    assert [update.ahead for update in updates] == [1, 2]
    assert "number 2 in the queue: one other transfer is before yours" in progress.tell_running(updates[0])
    assert "number 3 in the queue: 2 other transfers are before yours" in progress.tell_running(updates[1])
    running[1].close()
    assert next(running[2]).ahead == 1, "who left still stands in the line"
    running[0].close()
    wait_until(lambda: next(running[2]).ahead is None, timeout_s=5)
    running[2].close()


def test_a_length_that_the_host_does_not_allow_is_refused_in_a_sentence(server: Server) -> None:
    limit(server, max_length_s=60)
    with pytest.raises(SettingsError, match=r"^The length is 61 s; on this server a result lasts 60 s at most\."):
        next(server.run(Visitor("a"), NOTHING, [NOTHING], Settings(seconds=61)))


def test_nothing_is_begun_whose_result_has_no_room(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(server.files, "has_room", lambda n_bytes: asked.append(n_bytes))
    with pytest.raises(StyleTransferError, match="no room for results"):
        next(server.run(Visitor("a"), NOISE, [NOISE], Settings(), strengths=(0.0, 100.0)))
    assert asked[0] > 2 * 10 * len(NOISE)


def test_a_sketch_is_heard_before_the_solve(server: Server, recordings: Recordings) -> None:
    may_solve = threading.Event()

    def solve(_c: np.ndarray, _s: list[np.ndarray], settings: Settings, **_: Any) -> Any:
        assert may_solve.wait(30)
        return made(settings)

    replace_engine(server, stylize=solve, sketch=transfer.sketch)
    job = server.run(Visitor("a"), *recordings, preset("quick"))
    sketched = next(update for update in job if update.preview)
    assert not sketched.steps
    assert sketched.picture is not None
    assert sketched.preview is not None
    heard = audio.read(sketched.preview)
    assert len(heard) == len(recordings[0])
    assert np.abs(heard).max() > 0.01
    assert "a mosaic of it can be heard already" in progress.tell_running(sketched)
    may_solve.set()
    assert list(job)[-1].result is not None


@pytest.mark.parametrize("settings", [preset("instant"), preset("paper"), preset("quick", loss_scaling="raw")])
def test_nothing_is_sketched_where_there_is_no_need(settings: Settings, recordings: Recordings) -> None:
    assert transfer.sketch(*recordings, settings) is None


def test_who_leaves_during_a_sketch_frees_the_device(server: Server, recordings: Recordings) -> None:
    begun, left = threading.Event(), threading.Event()

    def sketch(*_: Any, on_step: OnStep) -> None:
        begun.set()
        assert left.wait(30)
        on_step(seen())
        pytest.fail("the sketch went on")

    replace_engine(server, stylize=endless, sketch=sketch)
    job = server.run(Visitor("a"), *recordings, Settings())
    next(job)
    assert begun.wait(5)
    job.close()
    left.set()
    wait_until(lambda: not server.queue.is_busy(), timeout_s=5)


@pytest.mark.parametrize("error", [RuntimeError("broken"), SystemExit(3)])
def test_a_crash_frees_the_device_and_reaches_who_waits(error: BaseException, server: Server) -> None:
    def crash(*_: Any, on_step: OnStep, **__: Any) -> None:
        on_step(seen())
        raise error

    replace_engine(server, stylize=crash)
    with pytest.raises(type(error)):
        list(server.run(Visitor("a"), NOTHING, [NOTHING], Settings()))
    assert not server.queue.is_busy()
    assert not server.stop("a")
    assert no_previews(server)


def test_the_limit_of_time_stops_with_the_best_so_far_and_counts_work_only(server: Server) -> None:
    replace_engine(server, stylize=until_stopped)
    limit(server, max_seconds=0.6)
    first, second = (server.run(Visitor(visitor), NOTHING, [NOTHING], Settings()) for visitor in "ab")
    next(first)
    next(second)
    updates = list(first)
    assert (updates[-1].result, updates[-1].limit_reached_s) == ("the best so far", 0.6)
    updates = list(second)
    worked = [update for update in updates if update.ahead is None]
    assert len(worked) >= 2, "the time in the line was counted as work"
    assert updates[-1].limit_reached_s == 0.6


def test_a_transfer_at_its_limit_says_so(recordings: Recordings, server: Server) -> None:
    limit(server, max_seconds=1e-6)
    update = list(server.run(Visitor("a"), recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Stopped at the limit of 0 s for one transfer: the best so far" in progress.tell_result(
        update, update.result
    )

    limit(server, max_seconds=None, update_s=60)
    update = list(server.run(Visitor("a"), recordings[0], recordings[1], TINY))[-1]
    assert update.result is not None
    assert "Done" in progress.tell_result(update, update.result)


@pytest.mark.timing
def test_stop_while_the_phase_is_found_gives_a_result_soon(recordings, server: Server) -> None:
    job = server.run(
        Visitor("a"), recordings[0], recordings[1], preset("quick", griffin_lim_iterations=2000, iterations=1)
    )
    asked_s = float("nan")
    for update in job:
        if update.steps and update.steps[-1].stage == "phase" and not update.stopping:
            server.stop("a")
            asked_s = time.monotonic()
        if update.result:
            assert time.monotonic() - asked_s < 2
            assert update.result.stop_reason == "stopped"
            assert update.steps[-1].iteration < 2000


def test_a_transfer_can_be_seen_and_heard_while_it_runs(server: Server) -> None:
    replace_engine(server, stylize=until_stopped)
    limit(server, preview_s=0.2)
    job = server.run(Visitor("a"), NOTHING, [NOTHING], Settings())
    updates = [next(job) for _ in range(5)]
    pictures = [update.picture[0, 0] for update in updates if update.picture is not None]
    assert len(set(pictures)) >= 3
    heard = [update.preview for update in updates if update.preview]
    assert len(set(heard)) == len(heard) >= 3
    update = next(job)
    assert update.preview is not None
    assert f'data-preview="{file_url(update.preview)}"' in progress.tell_running(update)
    assert audio.read(update.preview).shape == (1000,)
    server.stop("a")
    assert list(job)[-1].result == "the best so far"
    assert no_previews(server)


def test_who_leaves_leaves_no_preview(server: Server) -> None:
    replace_engine(server, stylize=until_stopped)
    job = server.run(Visitor("a"), NOTHING, [NOTHING], Settings())
    wait_until(lambda: next(job).preview)
    job.close()
    wait_until(lambda: not server.queue.is_busy() and no_previews(server), timeout_s=5)


# The end of the server


def test_when_the_server_ends_who_runs_gets_the_best_so_far_and_who_waits_is_told(server: Server) -> None:
    replace_engine(server, stylize=until_stopped, measure=lambda *_: pytest.fail("measured at the end"))
    running, waiting = (
        server.run(Visitor(name), NOTHING, [NOTHING], Settings(), measured=True) for name in ("running", "waiting")
    )
    wait_until(lambda: next(running).steps)
    next(waiting)
    got: dict[str, Any] = {}
    threads = [threading.Thread(target=lambda: got.update(best=list(running)[-1].result)), _raising(waiting, got)]
    for thread in threads:
        thread.start()
    server.wind_up()
    for thread in threads:
        thread.join(10)
    assert got == {"best": "the best so far", "error": str(ClosingError())}
    with pytest.raises(ClosingError, match=r"^The server is being stopped\. Your recordings and settings stay in your"):
        next(server.run(Visitor("late"), NOTHING, [NOTHING], Settings()))


def test_who_hears_no_wish_to_stop_is_told_too(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Success without a result would be worse."""
    monkeypatch.setattr(server_module, "WIND_UP_S", 0.5)
    replace_engine(server, stylize=endless)
    running = server.run(Visitor("a"), NOTHING, [NOTHING], Settings())
    wait_until(lambda: next(running).steps)
    got: dict[str, Any] = {}
    thread = _raising(running, got)
    thread.start()
    server.wind_up()
    thread.join(10)
    assert got == {"error": str(ClosingError())}


def _raising(job: Generator[jobs.Update, None, None], got: dict[str, Any]) -> threading.Thread:
    """A thread that follows a job to its end, and takes down what is raised."""

    def follow() -> None:
        try:
            list(job)
        except Exception as error:
            got["error"] = str(error)

    return threading.Thread(target=follow)


# Several strengths and report cards


def made(
    settings: Settings,
    stop_reason: str = "iteration limit",
) -> Result:
    losses = Losses(0.0, 0.0, 0.0)
    frames = np.zeros((1, 3), np.float32)
    return Result(NOTHING, 44_100, frames, (), losses, losses, stop_reason, settings, {"solve": 1.0}, {})


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


def run_series(server: Server, **options: Any) -> Generator[jobs.Update, None, None]:
    return server.run(Visitor("a"), NOTHING, [NOTHING], Settings(), strengths=[0, 50, 100], **options)


def strengths_of(update: jobs.Update) -> list[float]:
    return [result.settings.strength for result in update.results]


def test_strengths_are_made_from_the_middle_on_and_come_sorted(server: Server) -> None:
    replace_engine(server, stylize_strengths=slow_series)
    limit(server, update_s=0.05)
    updates = list(run_series(server))
    places = dict.fromkeys(update.series_position for update in updates)
    assert list(places) == [SeriesPosition(each, i, 3, (50, 100, 0)) for i, each in enumerate((50, 100, 0), 1)]
    assert max(len(update.steps) for update in updates) == 2, "the steps of one strength were taken for another's"
    assert [strengths_of(update) for update in updates if update.results] == [[0, 50, 100]]
    shown = [progress.tell_running(update) for update in updates if update.steps and not update.results]
    assert any("strength 100, 2 of 3" in text for text in shown)
    assert "Done</b>: 3 of 3 strengths in 3 s." in progress.tell_series(updates[-1], updates[-1].results)


def test_a_series_tells_what_one_transfer_tells(server: Server) -> None:
    """What is true of all strengths stands there once, the rest with its strength."""
    both = ["The style sounds for 4.1 s of 16 s; its silence does not count.", "It is <loud>."]
    quiet = "The result is 2.9 dB quieter than the content: louder, its peaks would clip."
    update = jobs.Update((), 1.0, stopping=False, series_position=SeriesPosition(100, 2, 2))
    notes = [(*both, quiet), tuple(both)]
    results = [
        dataclasses.replace(made(Settings(strength=strength)), notes=notes[i]) for i, strength in enumerate((0, 100))
    ]
    told = progress.tell_series(update, results)
    assert f"2 of 2 strengths in 2 s. {both[0]} It is &lt;loud&gt;. Strength 0: {quiet}<" in told
    assert all(note in progress.tell_result(update, results[0]) for note in (both[0], quiet))


def test_the_page_tells_the_notes_of_a_series(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those about how the recordings were read, too."""
    monkeypatch.setattr(result_view.pictures, "spectrograms", lambda *_: "")
    results = tuple(
        dataclasses.replace(made(Settings(strength=strength)), sound=NOISE, notes=("It is short.",))
        for strength in (0, 100)
    )
    update = jobs.Update(
        (), 1.0, stopping=False, series_position=SeriesPosition(100, 2, 2), results=results, measuring=True
    )
    finished = result_view.Finished(server.files, [NOISE, NOISE], ("a", "b"), update, 50, ("It is damaged.",))
    for values in (finished.show_sound(update), finished.show_cards(update)):
        assert "strengths in 2 s. It is damaged. It is short." in values["progress"]


def test_stop_keeps_the_strengths_that_are_done(server: Server) -> None:
    replace_engine(server, stylize_strengths=slow_series)
    limit(server, update_s=0.05)
    update = None
    for update in run_series(server):
        if update.series_position == SeriesPosition(100, 2, 3, (50, 100, 0)) and not update.stopping:
            server.stop("a")
            assert "Stopping" not in progress.tell_running(update)
    assert update is not None
    assert strengths_of(update) == [50, 100]
    assert update.results[1].stop_reason == "stopped"
    assert "Stopped</b>: 2 of 3 strengths" in progress.tell_series(update, update.results)


def test_who_leaves_the_line_takes_no_program_from_who_is_at_work(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(server.programs, "clear_if_full", lambda: forgotten.append("all"))
    replace_engine(server, stylize=endless)
    working, waiting = (server.run(Visitor(name), NOTHING, [NOTHING], Settings()) for name in ("working", "waiting"))
    next(working)
    wait_until(lambda: server.is_at_work("working"))
    next(waiting)
    (job,) = server._jobs["waiting"]
    assert not server.is_at_work("waiting")
    waiting.close()
    assert job.ended.wait(5)
    assert not forgotten
    working.close()
    wait_until(lambda: not server.queue.is_busy())
    assert forgotten == ["all"]
    assert not server.is_at_work("working")


def test_a_series_that_is_left_frees_the_device(server: Server) -> None:
    replace_engine(server, stylize_strengths=slow_series)
    job = run_series(server)
    wait_until(lambda: next(job).steps, timeout_s=5)
    job.close()
    wait_until(lambda: not server.queue.is_busy(), timeout_s=2)


def test_a_result_is_heard_before_it_is_measured_in_its_turn(server: Server) -> None:
    may_measure = threading.Event()

    def measure(*_: Any) -> Any:
        assert may_measure.wait(10)
        assert server.queue.is_busy(), "the device was measured on by who had left it"
        return report_card()

    replace_engine(server, stylize=lambda _c, _s, settings, **_: made(settings), measure=measure)
    job = server.run(Visitor("a"), NOTHING, [NOTHING], Settings(), measured=True)
    first = next(update for update in job if update.results)
    assert (first.measuring, first.cards) == (True, ())
    assert "report card is being measured" in progress.tell_result(first, first.results[0])
    may_measure.set()
    last = list(job)[-1]
    assert (last.measuring, last.cards) == (False, (report_card(),))
    assert last.result is first.result
    assert not server.queue.is_busy()


def test_a_fault_in_measuring_costs_no_result(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("no memory")

    replace_engine(server, stylize=lambda _c, _s, settings, **_: made(settings), measure=fail)
    last = list(server.run(Visitor("a"), NOTHING, [NOTHING], Settings(), measured=True))[-1]
    assert last.result is not None
    assert not last.cards
    assert "no memory" in caplog.text


def test_a_real_series_of_strengths(recordings: Recordings, server: Server) -> None:
    last = list(server.run(Visitor("a"), *recordings, TINY, strengths=[0, 100], measured=True))[-1]
    assert strengths_of(last) == [0, 100]
    weak, strong = (card.result for card in last.cards)
    assert strong.style_loss < weak.style_loss


def no_previews(server: Server) -> bool:
    return not list(server.files.folder.rglob("preview.wav"))


def test_few_previews_are_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "KEPT_S", 0.0)
    taken = previews.LivePreview(server.files)
    for number in range(5):
        taken.take(Look(None, np.full(1000, 0.1 * number, np.float32)))
    assert len(list(server.files.folder.rglob("preview.wav"))) == previews.KEPT
    taken.take(Look(np.ones((3, 5), np.float32), None))
    assert taken.picture is not None
    taken.close()
    assert no_previews(server)


def test_previews_that_come_at_once_can_all_be_fetched(server: Server) -> None:
    taken = previews.LivePreview(server.files)
    told = []
    for number in range(5):
        taken.take(Look(None, np.full(1000, 0.1 * number, np.float32)))
        told.append(taken.previews[-1])
    assert len(set(told)) == 5
    assert all(path.exists() for path in told)
    taken.close()
    assert no_previews(server)


def test_a_full_disk_costs_a_preview_and_no_transfer(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> Path:
        raise OSError(28, "No space left on device")

    taken = previews.LivePreview(server.files)
    monkeypatch.setattr(server.files, "new_file", fail)
    taken.take(Look(None, NOISE))
    assert not taken.previews
