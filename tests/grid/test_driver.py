"""Drivers of grids: what is missing is made once, whatever fails and however often they are started."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.grids import Heard, RefusalError, drive, failing, runs_of, tone_engine, write_tones
from support.page_server import instant, instant_strengths, wait_until

from styletransfer.errors import WritingError
from styletransfer.files import settings_tags
from styletransfer.grid import driver as drivers
from styletransfer.grid import folder as folders
from styletransfer.grid import results
from styletransfer.grid import runs as grid_runs
from styletransfer.grid.folder import Failure, GridFolder
from styletransfer.grid.runs import Runs
from styletransfer.workers.in_process import InProcess
from styletransfer.workers.perform import OutOfMemoryError
from styletransfer.workers.protocol import Ended, WorkerLostError


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """A folder of two contents and two styles."""
    write_tones(tmp_path / "sounds", "c1.wav", "c2.wav", "s1.wav", "s2.wav")
    return tmp_path / "sounds"


@pytest.fixture
def runs(tones: Path) -> Runs:
    return runs_of(tones, contents=["c*.wav"], styles=["s*.wav"])


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Figures take longer than all else here; one test has them."""
    if "figures" not in request.fixturenames:
        monkeypatch.setattr("styletransfer.grid.results.drawings", lambda *_: {})
    monkeypatch.setattr(drivers, "LOOK_S", 0.05)


@pytest.fixture
def figures() -> None:
    """For the test that has them."""


class Counting:
    """An engine that counts what it makes, by content, style and strength."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.made: list[tuple[float, float, float]] = []
        self._before = before

    def stylize(self, content: np.ndarray, styles: Any, settings: Any, *, on_step: Any) -> Any:
        self._before()
        self.made.append((float(content[100]), float(styles[0][100]), settings.strength))
        return instant(content, styles, settings, on_step=on_step)

    def workers(self) -> InProcess:
        return InProcess(tone_engine(stylize=self.stylize))


class OneAtATime(InProcess):
    """One worker that is free again once the end of its run was heard."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.free = threading.Semaphore(1)

    def submit(self, task: Any) -> Any:
        assert self.free.acquire(timeout=5), "the worker was not given back"
        run = super().submit(task)
        poll, coming = run.poll, []

        def heard(timeout_s: float) -> Any:
            """One event at a time."""
            coming.extend(poll(0.0 if coming else timeout_s))
            told, coming[:] = coming[:1], coming[1:]
            if told and isinstance(told[0], Ended):
                self.free.release()
            return told

        run.poll = heard
        return run


def names(root: Path) -> list[str]:
    return [each.name for each in folders.finished(root)]


@pytest.mark.slow
def test_each_run_is_a_sound_with_its_settings_a_report_and_figures(tones: Path, tmp_path: Path, figures: None) -> None:
    runs = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"], strengths=[40, 80], format="flac")
    heard = Heard()
    state = drive(tmp_path / "grid", runs, heard=heard)
    assert (state.error, state.failed) == (None, {})
    first, second = folders.finished(tmp_path / "grid")
    assert [first.name, second.name] == ["c1-as-s1-strength-80-quick", "c1-as-s1-strength-40-quick"]
    assert heard.made_names == names(tmp_path / "grid")
    assert sorted(path.name for path in first.folder.iterdir()) == [
        "c1-as-s1-strength-80-quick.flac",
        "correlation.png",
        "loss.png",
        "report.json",
        "spectrograms.png",
    ]
    samples, rate_hz = soundfile.read(first.sound)
    assert (len(samples), rate_hz) == (22_050, 44_100)
    assert settings_tags.settings_from(first.sound)[1] == runs.batches[0].runs[0].settings
    assert first.report["report_card"]["result"]["notes_kept"] == 0.4
    assert first.report["inputs"] == {"content": str(tones / "c1.wav"), "styles": [str(tones / "s1.wav")]}
    content = first.report["grid"]["content"]
    kept, _ = soundfile.read(tmp_path / "grid" / content["file"])
    np.testing.assert_allclose(kept, soundfile.read(tones / "c1.wav")[0][:22_050], atol=1e-4)


def test_started_again_it_makes_what_is_missing_and_nothing_else(runs: Runs, tmp_path: Path) -> None:
    first = Counting()
    assert len(drive(tmp_path, runs, workers=first.workers()).made) == 4 == len(first.made) == len(set(first.made))
    nothing = Counting()
    assert drive(tmp_path, runs, workers=nothing.workers()).made == [] == nothing.made
    gone = folders.finished(tmp_path)[2]
    shutil.rmtree(gone.folder)
    again = Counting()
    assert [run.id for run in drive(tmp_path, runs, workers=again.workers()).made] == [gone.id]
    assert again.made == [first.made[2]]
    assert len(names(tmp_path)) == 4


def test_a_result_that_is_not_as_it_was_written_is_put_aside_and_made_again(runs: Runs, tmp_path: Path) -> None:
    drive(tmp_path, runs)
    cut, unread, *others = folders.finished(tmp_path)
    cut.sound.write_bytes(cut.sound.read_bytes()[:1000])
    (unread.folder / "report.json").write_text("{")
    lacking, *others = others
    report = json.loads((lacking.folder / "report.json").read_text())
    del report["settings"]
    (lacking.folder / "report.json").write_text(json.dumps(report))
    before = [each.sound.stat().st_mtime_ns for each in others]
    assert {run.id for run in drive(tmp_path, runs).made} == {cut.id, unread.id, lacking.id}
    assert len(folders.finished(tmp_path)) == 4
    assert [each.sound.stat().st_mtime_ns for each in others] == before
    assert sorted(path.name for path in (tmp_path / "runs").glob("*.damaged")) == sorted(
        f"{each.folder.name}.damaged" for each in (cut, unread, lacking)
    )


def test_a_recording_by_another_name_is_the_same_run(tones: Path, runs: Runs, tmp_path: Path) -> None:
    drive(tmp_path, runs)
    (tones / "c1.wav").rename(tones / "other.wav")
    renamed = runs_of(tones, contents=["other.wav", "c2.wav"], styles=["s*.wav"])
    assert drive(tmp_path, renamed).made == []


def test_what_an_earlier_process_has_left_half_written_is_removed(runs: Runs, tmp_path: Path) -> None:
    left = tmp_path / "runs" / f".{runs.all()[0].id}-0123456789abcdef.part"
    left.mkdir(parents=True)
    (left / "half.wav").write_bytes(b"RIFF")
    drive(tmp_path, runs)
    assert not left.exists()
    assert not [path for path in (tmp_path / "runs").iterdir() if path.name.startswith(".")]


def test_two_drivers_share_a_folder_and_make_nothing_twice(tones: Path, tmp_path: Path) -> None:
    runs = runs_of(tones, contents=["c*.wav"], styles=["s*.wav", "c*.wav"])
    barrier = threading.Barrier(2, timeout=30)

    def together() -> None:
        """Both are at work at once, at least at first."""
        if not engines[0].made and not engines[1].made:
            barrier.wait()

    engines = [Counting(together), Counting(together)]
    heard = [Heard(), Heard()]
    threads = [
        threading.Thread(target=drive, args=[tmp_path, runs], kwargs={"workers": engine.workers(), "heard": ear})
        for engine, ear in zip(engines, heard, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    made = engines[0].made + engines[1].made
    assert len(made) == len(set(made)) == 8 == len(names(tmp_path))
    assert all(engine.made for engine in engines)


def test_of_two_that_make_the_same_the_first_is_kept(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = folders.os.rename

    def late(source: Path, target: Path) -> None:
        """Meanwhile another process has kept it."""
        shutil.copytree(source, target)
        (target / "theirs").touch()
        rename(source, target)

    monkeypatch.setattr(folders.os, "rename", late)
    state = drive(tmp_path, runs)
    assert (state.error, len(names(tmp_path))) == (None, 4)
    assert all((each.folder / "theirs").exists() for each in folders.finished(tmp_path))
    assert not [path for path in (tmp_path / "runs").iterdir() if path.name.startswith(".")]


def test_who_has_nothing_left_waits_for_the_other(tones: Path, tmp_path: Path) -> None:
    runs = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"])
    goes_on, heard = threading.Event(), Heard()
    slow = threading.Thread(target=drive, args=[tmp_path, runs], kwargs={"workers": Counting(goes_on.wait).workers()})
    slow.start()
    wait_until(lambda: list((tmp_path / "leases").iterdir()) if (tmp_path / "leases").exists() else [])
    idle = Counting()
    other = threading.Thread(target=drive, args=[tmp_path, runs], kwargs={"workers": idle.workers(), "heard": heard})
    other.start()
    assert heard.waited.wait(30)
    assert other.is_alive()
    goes_on.set()
    slow.join(30)
    other.join(30)
    assert not other.is_alive()
    assert idle.made == []


def test_shards_are_all_of_it_without_overlap(runs: Runs, tmp_path: Path) -> None:
    parts = [grid_runs.shard(runs.batches, number, 3) for number in (1, 2, 3)]
    assert sorted(len(part) for part in parts) == [1, 1, 2]
    for part in parts:
        drive(tmp_path, runs, batches=part)
    assert len(names(tmp_path)) == 4


def test_a_run_that_fails_three_times_is_given_up_and_the_rest_goes_on(runs: Runs, tmp_path: Path) -> None:
    heard = Heard()
    engine = InProcess(tone_engine(stylize=failing(3)))
    state = drive(tmp_path, runs, workers=engine, heard=heard)
    # The first comes last again each time it fails, when the engine works.
    assert (state.failed, len(names(tmp_path))) == ({}, 4)
    assert [given_up for _, given_up in heard.failures] == [False] * 3
    only = runs_of(Path(runs.all()[0].content.excerpt.path).parent, contents=["c1.wav"], styles=["c2.wav"])
    state = drive(tmp_path, only, workers=InProcess(tone_engine(stylize=failing(9))))
    assert list(state.failed.values()) == [
        "The engine failed at it, which is a fault of this program: RuntimeError: a fault."
    ]
    assert [each.sentence for each in folders.failed(tmp_path)] == list(state.failed.values())
    counting = Counting()
    assert drive(tmp_path, only, workers=counting.workers()).failed
    assert counting.made == []
    GridFolder(tmp_path).forgive()
    assert drive(tmp_path, only).failed == {}
    assert folders.failed(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "tries", "sentence"),
    [
        (RefusalError("Too loud. Turn it down."), 1, "Too loud. Turn it down."),
        (OutOfMemoryError("No memory. Make it shorter."), 3, "No memory. Make it shorter."),
        (
            OSError(errno.EMFILE, "Too many open files"),
            3,
            "The engine failed at it, which is a fault of this program: OSError: [Errno 24] Too many open files.",
        ),
        (WorkerLostError("gone"), 8, "The process that made it has ended before it was done."),
    ],
)
def test_how_often_a_run_is_tried_hangs_on_what_went_wrong(
    tones: Path, tmp_path: Path, error: Exception, tries: int, sentence: str
) -> None:
    runs, heard = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"]), Heard()
    state = drive(tmp_path, runs, workers=InProcess(tone_engine(stylize=failing(99, error))), heard=heard)
    assert heard.failures == [(sentence, False)] * (tries - 1) + [(sentence, True)]
    assert list(state.failed.values()) == [sentence]


@pytest.mark.parametrize("name", ["stepped", "made"])
def test_a_fault_of_who_hears_of_it_is_no_run_s(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault")

    heard = Heard()
    monkeypatch.setattr(heard, name, fail)
    state = drive(tmp_path, runs, heard=heard)
    assert state.error is not None
    assert str(state.error.__cause__) == "a fault"
    assert not list((tmp_path / "failures").iterdir())
    assert len(drive(tmp_path, runs).made) == (4 if name == "stepped" else 3)


def test_without_anybody_who_could_make_it_it_ends_and_no_run_is_blamed(runs: Runs, tmp_path: Path) -> None:
    class Nobody(InProcess):
        count = 0

        def submit(self, task: Any) -> Any:
            raise WorkerLostError("The engine could not be started.")

    state = drive(tmp_path, runs, workers=Nobody())
    assert str(state.error) == "The engine could not be started."
    assert not list((tmp_path / "failures").iterdir())
    assert len(drive(tmp_path, runs).made) == 4


def test_several_strengths_are_one_batch_of_which_only_what_is_missing_is_kept(tones: Path, tmp_path: Path) -> None:
    asked: list[tuple[float, ...]] = []

    def series(*given: Any, strengths: Any, **options: Any) -> Any:
        asked.append(tuple(strengths))
        return instant_strengths(*given, strengths=strengths, **options)

    engine = InProcess(tone_engine(stylize_strengths=series))
    two = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"], strengths=[20, 80])
    drive(tmp_path, two, workers=engine)
    more = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"], strengths=[20, 50, 80])
    assert more.batches[0].key == two.batches[0].key
    before = {each.id: each.sound.stat().st_mtime_ns for each in folders.finished(tmp_path)}
    assert [run.settings.strength for run in drive(tmp_path, more, workers=engine).made] == [50.0]
    after = {each.id: each.sound.stat().st_mtime_ns for each in folders.finished(tmp_path)}
    assert {key: after[key] for key in before} == before
    assert asked == [(80.0, 20.0), (50.0, 80.0, 20.0)]


def test_whoever_ends_it_leaves_the_rest_to_be_made(runs: Runs, tmp_path: Path) -> None:
    heard = Heard()
    state = drive(tmp_path, runs, heard=heard, is_over=lambda: len(heard.made_names) >= 2)
    assert (len(state.made), state.is_clean) == (2, True)
    assert not list((tmp_path / "leases").iterdir())
    assert len(drive(tmp_path, runs).made) == 2


def test_a_full_disk_ends_it_with_nothing_half_written(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write = folders.atomic.write_bytes

    def full(path: Path, content: bytes) -> None:
        if path.name == "report.json" and written:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append(path)
        write(path, content)

    monkeypatch.setattr(folders.atomic, "write_bytes", full)
    written.clear()
    state = drive(tmp_path, runs)
    assert isinstance(state.error, WritingError)
    assert str(state.error) == (
        f"{tmp_path} cannot be written: No space left on device. Mend that, and give the same command again: what is "
        "done stays."
    )
    assert not list((tmp_path / "failures").iterdir()), "it is no run's fault"
    monkeypatch.undo()
    assert not [path for path in (tmp_path / "runs").iterdir() if path.name.startswith(".")]
    assert not list((tmp_path / "leases").iterdir())


def test_a_worker_whose_result_cannot_be_kept_is_free_again(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, faults = results.keep, [RuntimeError("no figure")]

    def fails_once(*given: Any) -> None:
        if faults:
            raise faults.pop()
        keep(*given)

    monkeypatch.setattr(results, "keep", fails_once)
    workers = OneAtATime(tone_engine())
    state = drive(tmp_path, runs, workers=workers)
    assert (state.error, len(names(tmp_path))) == (None, 4)
    assert workers.free.acquire(blocking=False)


def test_a_recording_that_changes_meanwhile_is_told_and_nothing_is_kept_of_it(tones: Path, tmp_path: Path) -> None:
    runs = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"])
    write_tones(tones, "c1.wav", seconds=0.7)
    soundfile.write(tones / "c1.wav", 0.1 * np.ones(30_000), 44_100)
    state = drive(tmp_path, runs)
    assert list(state.failed.values()) == [
        f"{tones / 'c1.wav'} has changed since the grid began. Start the grid again."
    ]
    assert names(tmp_path) == []


def test_a_recording_that_is_away_is_tried_three_times_and_forgiven_at_the_next_start(
    tones: Path, tmp_path: Path
) -> None:
    runs, heard = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"], strengths=[40, 80]), Heard()
    (tones / "c1.wav").rename(tones / "away")
    state = drive(tmp_path, runs, heard=heard)
    sentence = f"There is no file {tones / 'c1.wav'}. Check its name and folder."
    assert state.failed == {run.name: sentence for run in runs.all()}
    assert heard.failures == [(sentence, False)] * 4 + [(sentence, True)] * 2
    (tones / "away").rename(tones / "c1.wav")
    folder = GridFolder(tmp_path)
    assert {failure.kind for run in runs.all() for failure in folder.failures(run)} == {"unread"}
    folder.fail(runs.all()[0], Failure("error", "The engine failed."))
    folder.forgive("unread")
    assert [failure.kind for run in runs.all() for failure in folder.failures(run)] == ["error"]
    assert len(drive(tmp_path, runs).made) == 2


def test_a_recording_that_is_away_for_a_moment_costs_nothing(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, heard = runs_of(tones, contents=["c1.wav"], styles=["s1.wav"]), Heard()
    (tones / "c1.wav").rename(tones / "away")
    monkeypatch.setattr(heard, "failed", lambda *_, **__: (tones / "away").rename(tones / "c1.wav"))
    assert len(drive(tmp_path, runs, heard=heard).made) == 1


def test_failures_are_told_in_their_order(runs: Runs, tmp_path: Path) -> None:
    folder, run = GridFolder(tmp_path), runs.all()[0]
    folder.set_out("Tones", runs)
    for number in range(1, 12):
        folder.fail(run, Failure("lost", f"{number}."))
    assert [failure.sentence for failure in folder.failures(run)] == [f"{number}." for number in range(1, 12)]
    assert folders.failed(tmp_path) == [folders.Failed(run.name, "11.")]


def test_what_failed_is_found_in_one_look_at_the_runs(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive(tmp_path, runs)
    looks: list[Path] = []
    scandir, listdir = os.scandir, os.listdir
    monkeypatch.setattr(os, "scandir", lambda path: (looks.append(Path(path)), scandir(path))[1])
    monkeypatch.setattr(os, "listdir", lambda path: (looks.append(Path(path)), listdir(path))[1])
    assert folders.failed(tmp_path) == []
    assert len(looks) == len(set(looks)) <= 2


def test_two_programs_may_put_the_same_run_aside(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(tmp_path, runs)
    damaged = folders.finished(tmp_path)[0]
    damaged.sound.write_bytes(b"")
    rename = os.rename

    def late(source: Path, target: Path) -> None:
        """Meanwhile the other has done it."""
        rename(source, target)
        rename(source, target)

    monkeypatch.setattr(folders.os, "rename", late)
    folder = GridFolder(tmp_path)
    folder.check(runs)
    assert [run.id for run in runs.all() if not folder.is_done(run)] == [damaged.id]


def test_recordings_of_long_names_are_kept(tones: Path, tmp_path: Path) -> None:
    names_of = ["ü" * 125, "x" * 250, os.fsdecode(b"\xff" * 250)]
    for name in names_of:
        shutil.copy(tones / "c1.wav", tones / f"{name}.wav")
    for name in names_of:
        runs = runs_of(tones, contents=[f"{name}.wav"], styles=["s1.wav"])
        kept = GridFolder.recording_name(runs.all()[0].content)
        state = drive(tmp_path / name[:20], runs)
        assert (state.error, len(state.made)) == (None, 1)
        assert (tmp_path / name[:20] / kept).is_file()
        assert kept.startswith(f"recordings/{name[:50]}")
        assert len(os.fsencode(kept)) <= len("recordings/") + 200 + len("-123456789012.flac")


def test_what_cannot_be_used_is_told_and_the_rest_is_made(tones: Path, tmp_path: Path) -> None:
    soundfile.write(tones / "silent.wav", np.zeros(40_000), 44_100)
    write_tones(tones, "short.wav", seconds=0.01)
    (tones / "text.wav").write_text("no sound")
    runs = runs_of(tones, contents=["c1.wav", "silent.wav", "text.wav", "none.wav"], styles=["s1.wav", "short.wav"])
    assert [run.name for run in runs.all()] == ["c1-as-s1-strength-90-quick"]
    assert runs.n_missing == 7
    assert {Path(path).name for path in runs.unusable} == {"silent.wav", "text.wav", "none.wav", "short.wav"}
    assert "these settings need at least" in runs.unusable[str(tones / "short.wav")]
    drive(tmp_path, runs)
    told = json.loads((tmp_path / "grid.json").read_text())
    assert len(told["unusable"]) == 4
    assert names(tmp_path) == ["c1-as-s1-strength-90-quick"]
