"""Several contents with several styles: what is told before they are made, how they are made, and what comes of it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from support.page_looks import until_stopped
from support.page_server import bare_server, endless, instant, replace_engine, report_card, wait_until

from styletransfer.settings import PRESETS, Settings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import OnStep, Result, Step
from styletransfer.web.endpoints import several_events
from styletransfer.web.endpoints.several_events import SeveralEvents
from styletransfer.web.guard import budgets
from styletransfer.web.parts import controls, piles, several_plan
from styletransfer.web.results import bundle, progress, several_progress, several_runs
from styletransfer.web.results.combinations import MAX_RESULTS, Combination, combinations
from styletransfer.web.results.several_runs import Asked, SeveralRuns, State
from styletransfer.web.server.admission import Admission
from styletransfer.web.server.device_queue import MAX_WAITING, BusyError, Visitor
from styletransfer.web.server.jobs import Update
from styletransfer.web.server.server import Server

Pair = tuple[list[str], list[str]]

SECOND = np.arange(44_100) / 44_100
VALUES = dict(zip(controls.NAMES, controls.values_of(Settings(seconds=1.0)), strict=True)) | {
    name: getattr(PRESETS["quick"], name) for name in controls.OF_PRESETS
}
"""Of the controls, but for style_weights: those of quick, for a second"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with bare_server(tmp_path / "server") as server:
        replace_engine(server, stylize=instant, measure=lambda *_: report_card())
        server.limits = dataclasses.replace(server.limits, update_s=0.02)
        yield server


@pytest.fixture
def recording_of(tmp_path: Path) -> Callable[[str, float], str]:
    """A file of this name with a tone of this frequency; of the frequency 0 it is silent."""

    def write(name: str, hz: float = 440.0) -> str:
        path = tmp_path / "given" / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, 0.1 * np.sin(2 * np.pi * hz * SECOND), 44_100)
        return str(path)

    return write


@pytest.fixture
def pair(recording_of) -> Pair:
    """Two contents and two styles."""
    return [recording_of("piano.wav"), recording_of("guitar.wav", 330)], [
        recording_of("drums.wav", 100),
        recording_of("violin.wav", 660),
    ]


def titles(found: Iterable[Combination]) -> list[str]:
    return [each.title for each in found]


# What is going to be made


def test_each_content_goes_with_each_style_under_a_name_of_its_own() -> None:
    assert titles(combinations(["a/piano.wav", "a/bass.wav"], ["b/drums.mp3"])) == ["piano as drums", "bass as drums"]
    same = combinations(["a/take.wav", "b/take.flac"], ["c/take.wav"])
    assert titles(same) == ["take as take", "take (2) as take"]
    assert combinations([], ["b/drums.mp3"]) == []
    long = combinations([f"{'long ' * 20}{i}.wav" for i in range(4)], ["s.wav"])
    assert len(set(titles(long))) == 4
    assert all(len(title) < 60 for title in titles(long))


def plan(server: Server, contents: Any, styles: Any, left_out: Sequence[str] = (), **values: Any) -> several_plan.Plan:
    return several_plan.plan(server, contents, styles, left_out, "quick", VALUES | values)


def test_what_is_to_be_made_is_told_with_its_count(server: Server, pair: Pair) -> None:
    assert plan(server, None, pair[1]).sentence == several_plan.EMPTY
    found = plan(server, *pair)
    assert titles(found.combinations) == [
        "piano as drums", "piano as violin", "guitar as drums", "guitar as violin",
    ]  # fmt: skip
    assert (found.sentence, len(found.asked)) == ("4 results", 4)
    server.timings._paces["quick"] = 2.0  # seconds for a second of it
    found = plan(server, *pair, ["piano as drums"])
    assert found.sentence.startswith("3 results, about ")
    assert titles(each.combination for each in found.asked) == titles(found.chosen) == titles(found.combinations)[1:]
    assert plan(server, *pair, titles(found.combinations)).sentence == several_plan.NOTHING_CHOSEN
    assert [several_plan.label(count) for count in (0, 1, 6)] == ["Make results", "Make 1 result", "Make 6 results"]


def test_each_is_used_from_its_beginning_with_the_controls_of_transfer(server: Server, pair: Pair) -> None:
    found = plan(server, *pair, content_start_s=7.0, style_start_s=3.0, strength=35.0)
    assert {(each.settings.content_start_s, each.settings.style_start_s) for each in found.asked} == {(0.0, 0.0)}
    assert {each.settings.strength for each in found.asked} == {35.0}
    assert len({each.settings.seed for each in found.asked}) == 1
    fresh = several_plan.plan(server, *pair, [], "quick", VALUES, new_seeds=True)
    assert len({each.settings.seed for each in fresh.asked}) == 4
    told = several_plan.settings_told("quick", VALUES | {"strength": 35.0, "iterations": 7})
    assert "preset quick, strength 35, rhythm 0, melody 65, one setting of your own" in told
    assert "at most 1 s of each content from its beginning" in told
    assert several_plan.settings_told("quick", VALUES | {"seconds": None}) == ""


def test_more_than_can_be_made_in_one_go_is_refused_before_it_is_pressed(server: Server, recording_of) -> None:
    contents = [recording_of(f"c{i}.wav", 200 + i) for i in range(4)]
    styles = [recording_of(f"s{i}.wav", 300 + i) for i in range(4)]
    found = plan(server, contents, styles)
    assert not found.asked
    assert found.sentence == (
        "These are 16 results; 12 can be made in one go. Untick 4 of them, or take a recording away."
    )
    assert len(plan(server, contents, styles, titles(found.combinations)[:4]).asked) == MAX_RESULTS


def test_what_would_be_refused_is_told_before_it_is_pressed(server: Server, pair: Pair, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    soundfile.write(long, 0.1 * np.sin(2 * np.pi * 200 * np.arange(40 * 44_100) / 44_100), 44_100)
    server.admission = Admission(memory_bytes=600_000_000)
    found = plan(server, [pair[0][0], str(long)], pair[1][:1], seconds=30.0, style_seconds=60.0)
    assert len(found.asked) == 2
    assert found.sentence.startswith("2 results, but not all of them will be made. long as drums: This would take "), (
        found.sentence
    )
    found = plan(server, [str(long)], pair[1][:1], seconds=30.0, style_seconds=60.0)
    assert not found.asked
    assert found.sentence.startswith("This would take ")
    server.admission = Admission()
    server.limits = dataclasses.replace(server.limits, max_length_s=20)
    found = plan(server, *pair, seconds=30.0)
    assert (found.asked, len(found.combinations)) == ([], 4)
    assert found.sentence.startswith("The length is 30 s; on this server a result lasts 20 s at most.")
    assert plan(server, *pair, iterations=None).sentence == "Iterations is empty; give a value."


def test_recordings_are_judged_as_they_arrive(recording_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piles.takes, "JUDGED_S", 1.0)
    broken, late = tmp_path / "notes.mp3", tmp_path / "late.wav"
    broken.write_text("not a sound" * 99)
    soundfile.write(late, np.concatenate([np.zeros(50_000), 0.1 * np.sin(2 * np.pi * 440 * SECOND)]), 44_100)
    paths = [recording_of("fine.wav"), str(broken), str(late), recording_of("silent.wav", 0)]
    told = json.loads(piles.told("several-content", paths))
    assert told["id"] == "several-content"
    fine, bad, later, silent = told["recordings"]
    assert (fine["name"], fine["seconds"], fine["kind"], fine["said"]) == ("fine.wav", 1.0, "", "")
    assert (bad["kind"], bad["seconds"]) == ("fault", None)
    assert bad["said"].startswith("This recording is not audio of a known format.")
    assert (later["kind"], later["said"]) == ("fault", piles.LATE)
    assert silent["said"].startswith("This recording is silent")
    assert list(piles.usable(paths)) == paths[:1]
    assert piles.given([*paths, paths[0], "fifth.wav"]) == paths


def test_a_sample_is_added_by_its_name_alone(recording_of) -> None:
    first = recording_of("fine.wav")
    chosen = piles._with_sample([first], gr.EventData(None, {"name": "Piano"}))
    assert chosen[0] == first
    assert Path(chosen[1]).name == "piano.flac"
    for odd in ({"name": "/etc/passwd"}, {"name": 3}, {}, None):
        assert piles._with_sample([first], gr.EventData(None, odd)) == gr.skip()


# How they are made


def runs_of(server: Server, contents: Sequence[str], styles: Sequence[str], visit: str = "a") -> SeveralRuns:
    settings = several_plan.settings_of("quick", VALUES)
    asked = [Asked(each, settings, 1.0) for each in combinations(contents, styles)]
    return SeveralRuns(server, Visitor(visit), asked, several_events._in_words)


def states(runs: SeveralRuns) -> list[str]:
    return [made.state for made in runs.all]


def test_results_come_one_after_the_other_with_name_figures_and_recordings(server: Server, pair: Pair) -> None:
    runs = runs_of(server, *pair)
    seen = [tuple(states(runs)) for _ in runs.run()]
    order = list(dict.fromkeys(seen))
    assert order[0] == ("now", "waiting", "waiting", "waiting")
    assert ("done", "now", "waiting", "waiting") in order
    assert states(runs) == ["done"] * 4
    entry = runs.all[1].entry
    assert entry is not None
    assert (entry.name, entry.content.name, [style.name for style in entry.styles]) == (
        "piano as violin", "piano", ["violin"],
    )  # fmt: skip
    assert entry.figures[0] == ("style's sound", "90 %")
    assert Path(entry.path).name.startswith("piano-as-violin-strength-")
    alike = [made.entry.content.digest for made in runs.all if made.entry]
    assert alike[0] == alike[1] != alike[2] == alike[3], "a content is not known as the same one"
    assert "<b>Done</b>: all 4 results in" in several_progress.tell_end(runs)
    assert not server._jobs


def test_others_have_their_turns_between(server: Server, pair: Pair) -> None:
    """Who comes while the first of several is made is next."""
    order: list[str] = []
    may_end = threading.Event()

    def stylize(content: np.ndarray, styles: Any, settings: Settings, *, on_step: OnStep) -> Result:
        order.append("other" if settings.strength == 1 else "several")
        assert may_end.wait(20)
        return instant(content, styles, settings, on_step=on_step)

    replace_engine(server, stylize=stylize, measure=lambda *_: report_card())
    runs = runs_of(server, *pair)
    updates = runs.run()
    wait_until(lambda: next(updates) and order)
    tone = np.sin(SECOND).astype(np.float32)
    other = server.run(Visitor("b"), tone, [tone], Settings(strength=1, seconds=1))
    next(other)
    may_end.set()
    thread = threading.Thread(target=lambda: list(other))
    thread.start()
    list(updates)
    thread.join(20)
    assert order == ["several", "other", "several", "several", "several"]


def test_one_that_cannot_be_made_says_why_and_the_rest_goes_on(server: Server, pair: Pair, caplog) -> None:
    def stylize(content: np.ndarray, styles: Any, settings: Settings, *, on_step: OnStep) -> Result:
        if len(crashed) < 1:
            crashed.append(True)
            raise RuntimeError("broken")
        return instant(content, styles, settings, on_step=on_step)

    crashed: list[bool] = []
    replace_engine(server, stylize=stylize, measure=lambda *_: report_card())
    runs = runs_of(server, *pair)
    Path(pair[0][1]).unlink()  # it has aged out
    list(runs.run())
    assert states(runs) == ["failed", "done", "failed", "failed"]
    assert runs.all[0].said.startswith("Something went wrong on the server (error ")
    assert runs.all[2].said == "The content is no longer on this server. Add it again."
    told = several_progress.tell_end(runs)
    assert "<b>Done</b>: 1 of 4 results in" in told
    assert "3 could not be made: the list says why." in told


def test_stop_keeps_what_is_done_and_the_best_so_far(server: Server, pair: Pair) -> None:
    def stylize(content: np.ndarray, styles: Any, settings: Settings, *, on_step: OnStep) -> Result:
        if runs.index == 1:
            until_stopped(content, styles, settings, on_step=on_step)
            made = instant(content, styles, settings, on_step=lambda _: None)
            return dataclasses.replace(made, stop_reason="stopped")
        return instant(content, styles, settings, on_step=on_step)

    replace_engine(server, stylize=stylize, measure=lambda *_: report_card())
    runs = runs_of(server, *pair)
    for update in runs.run():
        if runs.index == 1 and update and update.steps and not runs.stopped.is_set():
            runs.stop()
        assert several_progress.AT_WORK in several_progress.tell_running(runs, update)
    assert several_progress.AT_WORK not in several_progress.tell_end(runs)
    assert states(runs) == ["done", "done", "left", "left"]
    assert runs.all[1].said.startswith("Stopped early: the best so far.")
    assert "<b>Stopped</b>: 2 of 4 results in" in several_progress.tell_end(runs)


def test_stop_gives_up_the_place_in_the_queue(server: Server, pair: Pair) -> None:
    replace_engine(server, stylize=endless)
    working = server.run(Visitor("b"), np.zeros(10, np.float32), [np.zeros(10, np.float32)], Settings())
    next(working)
    wait_until(lambda: server.is_at_work("b"))
    runs = runs_of(server, *pair)
    updates = runs.run()
    wait_until(lambda: (update := next(updates)) and update.ahead == 1)
    assert "number 2 in the queue" in several_progress.tell_running(runs, Update((), 0.0, False, ahead=1))
    runs.stop()
    list(updates)
    assert states(runs) == ["left"] * 4
    assert server.is_at_work("b"), "somebody else's transfer was stopped"
    working.close()


def test_who_stops_a_transfer_stops_no_others_of_the_same_visit(server: Server, pair: Pair) -> None:
    replace_engine(server, stylize=endless)
    runs = runs_of(server, *pair)
    updates = runs.run()
    wait_until(lambda: (update := next(updates)) and update.steps)
    assert not server.stop("a")
    assert not server.is_at_work("a")
    updates.close()


def test_who_leaves_frees_the_device(server: Server, pair: Pair) -> None:
    replace_engine(server, stylize=endless)
    updates = runs_of(server, *pair).run()
    wait_until(lambda: (update := next(updates)) and update.steps)
    begun_s = time.monotonic()
    updates.close()
    assert time.monotonic() - begun_s < 1, "the server's event loop was held up"
    wait_until(lambda: not server.queue.is_busy(), timeout_s=5)
    assert not server._jobs


def test_the_limit_of_time_holds_for_each(server: Server, pair: Pair) -> None:
    def stylize(content: np.ndarray, styles: Any, settings: Settings, *, on_step: OnStep) -> Result:
        until_stopped(content, styles, settings, on_step=on_step)
        return dataclasses.replace(instant(content, styles, settings, on_step=lambda _: None), stop_reason="stopped")

    replace_engine(server, stylize=stylize, measure=lambda *_: report_card())
    server.limits = dataclasses.replace(server.limits, max_seconds=0.3)
    runs = runs_of(server, pair[0], pair[1][:1])
    list(runs.run())
    assert states(runs) == ["done", "done"]
    assert all("Stopped at the limit of 0 s for one transfer: the best so far." in made.said for made in runs.all)


def test_a_full_queue_refuses_the_first_and_the_others_wait(
    server: Server, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several_runs, "RETRY_S", 0.05)
    crowd: list[Any] = []

    def come() -> None:
        crowd.extend(server.queue.join(Visitor(f"visitor {i}")) for i in range(MAX_WAITING))

    come()
    with pytest.raises(BusyError, match="25 transfers are waiting already"):
        list(runs_of(server, *pair).run())
    for ticket in crowd:
        server.queue.leave(ticket)
    runs, told = runs_of(server, pair[0], pair[1][:1]), []
    for update in runs.run():
        if runs.index == 0 and runs.all[0].state is State.DONE and update and not update.measuring:
            come()
        if runs.all[1].said == several_runs.NO_PLACE:
            told.append(several_progress.tell_running(runs, update))
            for ticket in crowd:
                server.queue.leave(ticket)
    assert "Waiting for a place in the queue" in told[0]
    assert states(runs) == ["done", "done"]
    assert runs.all[1].said == ""


def test_the_end_of_the_server_ends_them(server: Server, pair: Pair) -> None:
    runs = runs_of(server, *pair)
    for _ in runs.run():
        if runs.index == 1:
            server.closing.set()
    assert states(runs)[0] == "done"
    assert states(runs)[2:] == ["left", "left"]
    assert any("The server is being stopped." in made.said for made in runs.all)


def test_time_left_is_told_by_what_those_before_took(server: Server, pair: Pair) -> None:
    """Of the first much goes into compilation."""
    runs = runs_of(server, *pair)
    runs.pace.end(0, 30.0)
    runs.pace.end(1, 12.0)
    runs.index = 2
    told = several_progress.tell_running(runs, Update((), 2.0, stopping=False))
    assert "<b>3 of 4</b> · guitar as drums · <b>Preparing</b></span>, about 22 s left" in told
    assert 'value="0.5000"' in told
    runs.pace.skip(3)
    assert "about 10 s left" in several_progress.tell_running(runs, Update((), 2.0, stopping=False))


def test_time_left_of_the_first_is_told_by_its_own_iterations(server: Server, pair: Pair) -> None:
    runs = runs_of(server, *pair)
    steps = tuple(Step("solve", i, 80, 1.0, 1.0, 1.0, 0.5, 40.0 + i) for i in (1, 2, 3))  # compiled for 40 s
    update = Update(steps, 44.0, stopping=False, settings=runs.all[0].settings)
    eta = progress.eta_of(update)
    own_s = eta.seconds_left(steps[-1])
    assert own_s is not None
    expected_s = own_s + 3 * own_s / (1 - eta.share(steps[-1]))
    assert f"about {progress.duration(expected_s)} left" in several_progress.tell_running(runs, update)


# What can be taken away


def test_the_zip_has_all_that_was_made(server: Server, pair: Pair, tmp_path: Path) -> None:
    runs = runs_of(server, *pair)
    Path(pair[1][1]).write_text("no sound")
    list(runs.run())
    path = runs.zip()
    assert path is not None
    assert path.name == "style-transfers.zip"
    stems = [Path(made.entry.path).stem for made in runs.all if made.entry]
    assert len(stems) == 2
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        expected = {f"{stem}.wav" for stem in stems}
        expected |= {f"{folder}/{stem}.json" for stem in stems for folder in ("settings", "reports")}
        assert set(packed.namelist()) == expected | {"figures.csv"}
        sound, rate_hz = soundfile.read(io.BytesIO(packed.read(f"{stems[0]}.wav")))
        assert (rate_hz, len(sound)) == (44_100, 44_100)
        packed.extract(f"settings/{stems[0]}.json", tmp_path)
        assert settings_text.from_file(tmp_path / "settings" / f"{stems[0]}.json")[1] == runs.all[0].settings
        assert json.loads(packed.read(f"reports/{stems[0]}.json"))["report_card"] == report_card().as_dict()
        lines = list(csv.DictReader(io.StringIO(packed.read("figures.csv").decode("utf-8-sig"))))
    assert [line["Result"] for line in lines] == titles(combinations(*pair))
    assert [line["File"] for line in lines] == [f"{stems[0]}.wav", "", f"{stems[1]}.wav", ""]
    assert lines[0]["How much of the style's sound it took on (%)"] == "90.0"
    assert (lines[0]["Style"], lines[0]["Preset"], lines[0]["Length (s)"]) == ("drums", "quick", "1.0")
    assert lines[1]["What there is to know"].startswith("The style is not audio of a known format.")
    assert lines[1]["Strength"] == ""


def test_names_in_the_zip_are_apart(server: Server) -> None:
    same = bundle.Packed(wav=Path("a/piano.wav"), settings="", report="")
    assert list(bundle.stems([same, same, same])) == ["piano", "piano-2", "piano-3"]


def test_without_room_for_a_zip_that_is_told(server: Server, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = runs_of(server, pair[0][:1], pair[1][:1])
    list(runs.run())
    monkeypatch.setattr(server.files, "has_room", lambda _: False)
    assert runs.zip() is None
    assert "download the results one by one" in several_progress.tell_end(runs, has_room=False)


# As the page asks for them


def asked_by(visit: str, address: str = "203.0.113.5") -> Any:
    return SimpleNamespace(session_hash=visit, client=SimpleNamespace(host=address))


def press(
    events: SeveralEvents, visit: str, contents: list[str], styles: list[str], left_out: Sequence[str] = ()
) -> Generator[Any, None, None]:
    """What the button does."""
    made: Any = events.several_from_page(asked_by(visit), contents, styles, list(left_out), "quick", "fix", **VALUES)
    return made


def test_the_page_gets_list_progress_zip_and_results(server: Server, pair: Pair) -> None:
    events = SeveralEvents(server)
    shown = list(press(events, "a", *pair, ["piano as drums"]))
    listed = [json.loads(values[0]) for values in shown if isinstance(values[0], str)]
    assert [each["state"] for each in listed[0]] == ["now", "waiting", "waiting"]
    assert [each["state"] for each in listed[-1]] == ["done"] * 3
    assert listed[-1][0]["entry"]["content"]["name"] == "piano"
    assert len(listed) < len(shown), "all of the list was sent again and again"
    assert shown[-1][2].interactive
    made = [values[4] for values in shown if isinstance(values[4], tuple)]
    assert [entry.name for entry in made[-1]] == ["piano as violin", "guitar as drums", "guitar as violin"]
    assert not events.is_at_work(asked_by("a"))


def test_a_list_counts_as_so_many_transfers(server: Server, pair: Pair) -> None:
    """The gate counts one of them."""
    events = SeveralEvents(server)
    for _ in range(budgets.JOBS.visit.amount // 3):
        list(press(events, "greedy", *pair))
    with pytest.raises(gr.Error, match=r"Too many transfers in a short time\. Try again in"):
        list(press(events, "greedy", *pair))
    assert not events.is_at_work(asked_by("greedy"))
    list(press(events, "another", *pair))


def test_what_is_refused_is_told_as_before_it_was_pressed(server: Server, pair: Pair) -> None:
    events = SeveralEvents(server)
    with pytest.raises(gr.Error, match="Give at least one recording on either side"):
        next(press(events, "a", [], pair[1]))
    replace_engine(server, stylize=endless)
    running = press(events, "a", *pair)
    next(running)
    assert events.is_at_work(asked_by("a"))
    with pytest.raises(gr.Error, match="Results are being made for you already"):
        next(press(events, "a", *pair))
    running.close()
    assert not events.is_at_work(asked_by("a"))
    events.stop_several(asked_by("a"))  # which is nothing any more


def test_so_many_lists_are_made_at_a_time(server: Server, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several_events, "MAX_LISTS", 1)
    events = SeveralEvents(server)
    replace_engine(server, stylize=endless)
    running = press(events, "a", *pair)
    next(running)
    with pytest.raises(gr.Error, match="being made for others already"):
        next(press(events, "b", *pair))
    assert events.is_at_work(asked_by("a"))
    assert not events.is_at_work(asked_by("b"))
    running.close()
    next(press(events, "b", *pair))
