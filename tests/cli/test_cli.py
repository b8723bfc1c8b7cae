"""The command line: options made from Settings, refusals, progress, interruptions, and whole runs as a process."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from click.testing import Result as Outcome

from styletransfer import cli
from styletransfer.cli import grid, options, page, progress, transfer
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.run import Made
from styletransfer.errors import WritingError
from styletransfer.eta import Eta
from styletransfer.files import audio
from styletransfer.files.window_store import WindowStore
from styletransfer.quality.report_card import Measures, ReportCard
from styletransfer.settings import DEFAULT_PRESET, FIELDS, MAX_STYLES, PRESETS, SAMPLE_RATE_HZ, Settings, preset
from styletransfer.settings import text as settings_text
from styletransfer.settings.blocks import shortest_samples
from styletransfer.settings.metadata import Field
from styletransfer.transfer import Result, Step

ROOT = Path(__file__).parents[2]
EXTRAS = {"content", "styles", "output", "preset_name", "settings_file", "report", "figures"}

OnStep = Callable[[Step], bool | None]


def step(iteration: int, iterations: int = 4, *, elapsed_s: float = 0.0, stage: str = "solve") -> Step:
    return Step(stage, iteration, iterations, 8.0 / iteration, 4.0, 2.0, 0.5, elapsed_s)


NOTHING = Measures(**dict.fromkeys((field.name for field in dataclasses.fields(Measures)), 0.0))


class Engine:
    """Stands in for `stylize`: keeps what it is called with, and plays `steps` with `between` called before each."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[np.ndarray], Settings]] = []
        self.steps = [step(i) for i in range(1, 5)]
        self.between: Callable[[int], None] = lambda iteration: None
        self.n_windows = 1

    def __call__(
        self, content: np.ndarray, styles: list[np.ndarray], settings: Settings, *, on_step: OnStep, store: WindowStore
    ) -> Result:
        self.calls.append(([content, *styles], settings))
        history = []
        for each in self.steps:
            self.between(each.iteration)
            history.append(each)
            if on_step(each):
                break
        losses, log = Losses(7.0, 5.0, 6.5), np.zeros((3, 5), np.float32)
        for number in range(self.n_windows):
            told = dataclasses.replace(self.steps[0], windows=self.n_windows)
            store.save(number, Made(content, content, log, losses, "converged", (told,)))
        reason = "converged" if len(history) == len(self.steps) else "stopped"
        return Result(
            content / 2,
            SAMPLE_RATE_HZ,
            log,
            tuple(history),
            losses,
            losses,
            reason,
            settings,
            {"solve": 1.0},
            {},
        )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr("styletransfer.transfer.stylize", engine)
    monkeypatch.setattr("styletransfer.transfer.measure", lambda *_: ReportCard(NOTHING, NOTHING, NOTHING))
    return engine


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    """Two recordings of one second, and where a result may go."""
    random = np.random.default_rng(0)
    for name in ("content", "style"):
        audio.write(tmp_path / f"{name}.wav", random.normal(0, 0.1, SAMPLE_RATE_HZ))
    out = tmp_path / "out"
    out.mkdir()
    return SimpleNamespace(content=tmp_path / "content.wav", style=tmp_path / "style.wav", out=out, wav=out / "o.wav")


def run(files: SimpleNamespace, *arguments: object) -> Outcome:
    """The command in this process, with the two recordings and `-o` before `arguments`."""
    line = ["transfer", files.content, files.style, "-o", files.wav, *arguments]
    return CliRunner().invoke(cli.main, [str(part) for part in line])


def transfer_options() -> dict[str, click.Parameter]:
    return {str(parameter.name): parameter for parameter in transfer.transfer.params}


# Options


def test_every_setting_is_an_option_and_every_option_a_setting() -> None:
    assert transfer_options().keys() == FIELDS.keys() | EXTRAS


def test_the_options_that_people_know_are_there() -> None:
    names = {name for parameter in transfer.transfer.params for name in parameter.opts}
    known = (
        "--style-weights --preset --seconds --content-start --style-start --seed --iterations --alpha --beta",
        "--optimizer --learning-rate --n-fft --hop-length --filters --kernel-width --start",
        "--griffin-lim-iterations --report --figures -o --output",
    )
    assert names >= set(" ".join(known).split())


def another_value(field: Field) -> Any:
    """A value of the field that is allowed and not the preset's."""
    value = getattr(PRESETS[DEFAULT_PRESET], field.name)
    if field.choices:
        return next(choice for choice in field.choices if choice != value)
    if field.kind == "numbers":
        return (2.5,)
    assert field.minimum is not None
    assert field.maximum is not None
    middle = (value + field.minimum) / 2 if value > field.minimum else (value + field.maximum) / 2
    return int(middle) // 2 * 2 if field.kind == "whole number" else middle


@pytest.mark.parametrize("name", FIELDS)
def test_an_option_sets_its_field_and_nothing_else(
    name: str, engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "read_recording", lambda *_, **__: audio.Recording(np.zeros(SAMPLE_RATE_HZ, np.float32)))
    value, parameter = another_value(FIELDS[name]), transfer_options()[name]
    if isinstance(value, bool):
        arguments = [(parameter.opts if value else parameter.secondary_opts)[0]]
    else:
        arguments = [parameter.opts[0], ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    outcome = run(files, *arguments)
    assert (outcome.exit_code, outcome.output) == (0, outcome.output)
    assert engine.calls[0][1] == preset(DEFAULT_PRESET, **{name: value})


def test_help_tells_what_an_option_does_its_range_and_its_default() -> None:
    shown = " ".join(CliRunner().invoke(cli.main, ["transfer", "-h"]).output.split())
    for field in FIELDS.values():
        assert " ".join(options.setting_help(field).split()[:4]) in shown
    assert options.setting_help(FIELDS["layers"]).endswith("[1 to 3; default: 1]")


def test_a_default_that_depends_on_the_preset_is_told_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "PRESETS", {"slow": Settings(iterations=500), "fast": Settings(iterations=20)})
    assert options.setting_help(FIELDS["iterations"]).endswith("[1 to 10000; default: 500 in slow, 20 in fast]")


def test_settings_come_from_a_file_and_options_go_before_it(engine: Engine, files: SimpleNamespace) -> None:
    saved = files.out / "mine.json"
    saved.write_text(settings_text.as_file("quick", preset("quick", strength=30.0, seed=5)))
    assert run(files, "--settings", saved, "--seed", "6").exit_code == 0
    assert engine.calls[0][1] == preset("quick", strength=30.0, seed=6)
    refused = run(files, "--settings", saved, "--preset", "paper")
    assert refused.exit_code == 2
    assert "--preset and --settings both say what is not given" in refused.stderr
    saved.write_text("[]")
    assert f"Error: --settings {saved}: This file holds no settings." in run(files, "--settings", saved).stderr


@pytest.mark.parametrize("name", ["o.wav", "o.flac", "o.MP3"])
def test_a_result_is_written_as_its_name_ends_and_brings_its_settings_back(
    engine: Engine, files: SimpleNamespace, name: str
) -> None:
    written = files.out / name
    assert run(files, "-o", written, "--preset", "quick", "--strength", "30", "--seed", "5").exit_code == 0
    assert soundfile.info(written).format == written.suffix[1:].upper()
    assert run(files, "--settings", written, "--seed", "6").exit_code == 0
    assert engine.calls[1][1] == preset("quick", strength=30.0, seed=6)
    assert "This recording carries no settings." in run(files, "--settings", files.content).stderr


def test_an_option_without_effect_is_told(engine: Engine, files: SimpleNamespace) -> None:
    told = run(files, "--preset", "paper", "--strength", "20", "--melody", "5", "--iterations", "7").stderr
    assert [line for line in told.splitlines() if line.startswith("Note: ")] == [
        "Note: --strength has no effect here. Raw losses are balanced by alpha and beta alone.",
        "Note: --melody has no effect here. Raw losses are the paper's method, as it is.",
    ]
    assert "Note: " not in run(files, "--preset", "paper").stderr


def test_the_readme_names_options_that_there_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = (transfer.transfer, page.page, grid.run)
    there = {name for command in commands for parameter in command.params for name in parameter.opts} | {"--help"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= there


# Refusals: a sentence, status 2, nothing computed, nothing written


REFUSALS = (
    ("Error: There are 5 styles; give at most 4.", *["{style}"] * MAX_STYLES),
    ("Error: There are 2 style weights, but the number of styles is 1. Give one for each.", "--style-weights", "1,2"),
    ("'2,x' is not a list of numbers such as 2,1.", "--style-weights", "2,x"),
    ("Error: style_weights is nan; it must lie between 0.001 and 1000.", "--style-weights", "nan"),
    ("Error: n_fft is 3; it must lie between 128 and 8192.", "--n-fft", "3"),
    ("Error: seed is -1; it must lie between 0 and 2147483647.", "--seed", "-1"),
    ("Error: alpha is nan; it must lie between 0 and 1e+09.", "--alpha", "nan"),
    ("'many' is not a valid integer", "--filters", "many"),
    ("'mp3' is not one of 'matched', 'content', 'noise'", "--start", "mp3"),
    ("'best' is not", "--preset", "best"),
    ("No such option", "--volume", "11"),
    ("Error: Results are WAV, FLAC or MP3. Give o.ogg a name that ends in .wav, .flac or .mp3.", "-o", "o.ogg"),
    ("Error: {out}/.wav is an ending without a name. Give a whole name, such as result.wav.", "-o", "{out}/.wav"),
    ("is one of the recordings, and would be lost. Give another name.", "-o", "{content}"),
    ("is one of the recordings, and would be lost. Give another name.", "-o", "{out}/../style.wav"),
    ("is one of the recordings, and would be lost. Give another name.", "--report", "{style}"),
    ("Error: There is no folder", "-o", "{out}/none/o.wav"),
    ("Error: There is no folder", "--report", "{out}/none/o.json"),
    ("is a folder.", "-o", "{folder}"),
    ("Error: The result and the report would both be", "--report", "{out}/o.wav"),
    ("Error: --report writes a file. Give it a name, such as report.json.", "--report", "-"),
    ("Error: There is no folder", "--figures", "{content}/figures"),
    ("{style} is not a folder. Give another name for the figures.", "--figures", "{style}"),
    ("Error: The result and the figures would both be {wav}. Give them two names.", "--figures", "{wav}"),
    ("Error: The report and the figures would both be {out}/f.", "--figures", "{out}/f", "--report", "{out}/f"),
    ("Error: There is no file none.wav. Check its name and folder.", "none.wav"),
    ("File name too long", "{long}"),
    ("File name too long", "-o", "{long}"),
    ("File name too long", "--report", "{long}"),
    ("Error: {long} cannot be made: File name too long. Give another name for the figures.", "--figures", "{long}"),
    ("Error: --settings {out}/no.json: This file cannot be read: No such file", "--settings", "{out}/no.json"),
    ("Error: --settings {out}/no.wav: This file cannot be read: No such file", "--settings", "{out}/no.wav"),
    ("Error: --settings {out}: This file cannot be read: Is a directory", "--settings", "{out}"),
    ("Error: --settings {long}: This file cannot be read: File name too long.", "--settings", "{long}"),
)


@pytest.mark.parametrize(("message", "arguments"), [(first, rest) for first, *rest in REFUSALS])
def test_what_cannot_be_done_is_refused_before_anything_is_computed(
    message: str, arguments: list[str], engine: Engine, files: SimpleNamespace
) -> None:
    folder = files.out / "folder.wav"
    folder.mkdir()
    before = {path: path.stat().st_mtime_ns for path in files.out.parent.rglob("*")}
    names = vars(files) | {"folder": folder, "long": "x" * 300 + ".wav"}
    outcome = run(files, *(part.format(**names) for part in arguments))
    assert outcome.exit_code == 2
    assert message.format(**names) in outcome.stderr
    assert not outcome.stdout
    assert not engine.calls
    assert {path: path.stat().st_mtime_ns for path in files.out.parent.rglob("*")} == before


def test_a_folder_without_permission_to_write_is_refused(
    engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    outcome = run(files)
    assert (outcome.exit_code, engine.calls) == (2, [])
    assert "There is no permission to write in" in outcome.stderr


@pytest.mark.parametrize("option", ["-o", "--report", "--figures"])
def test_a_link_to_itself_is_refused(option: str, engine: Engine, files: SimpleNamespace) -> None:
    link = files.out / "loop.wav"
    link.symlink_to(link)
    outcome = run(files, option, link)
    assert (outcome.exit_code, engine.calls) == (2, [])
    assert f"Error: {link} " in outcome.stderr


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_a_file_that_is_protected_is_not_replaced(
    option: str, engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    protected = files.out / "old.wav"
    protected.write_text("old")
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != protected)
    outcome = run(files, option, protected)
    assert (outcome.exit_code, engine.calls, protected.read_text()) == (2, [], "old")
    assert outcome.stderr == f"Error: There is no permission to replace {protected}. Give another name.\n"


@pytest.mark.parametrize(
    "line", [[], ["transfer"], ["transfer", "a.wav", "-o", "b.wav"], ["transfer", "a.wav", "b.wav"]]
)
def test_a_command_that_lacks_something_is_bad_usage(line: list[str]) -> None:
    outcome = CliRunner().invoke(cli.main, line)
    assert outcome.exit_code == 2
    assert "Usage:" in outcome.output


# What is written


def test_recordings_are_read_as_the_settings_say(
    engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def read(path: Path, **how: Any) -> audio.Recording:
        asked.append((path, how))
        return audio.Recording(np.full(SAMPLE_RATE_HZ, 0.1 * len(asked), np.float32), (f"note {len(asked)}",))

    monkeypatch.setattr(audio, "read_recording", read)
    outcome = run(
        files, files.content, "--style-weights", "2,1", "--content-start", 3, "--style-start", 4, "--style-seconds", 5,
        "--seconds", 6,
    )  # fmt: skip
    assert outcome.exit_code == 0
    least = shortest_samples(Settings())
    assert asked == [
        (path, {"start_s": start, "seconds": s, "shortest_samples": least, "name": str(path), "stereo": stereo})
        for path, start, s, stereo in (
            (files.content, 3, 6, True),
            (files.style, 4, 5, False),
            (files.content, 4, 5, False),
        )
    ]
    assert [sound[0] for sound in engine.calls[0][0]] == pytest.approx([0.1, 0.2, 0.3])
    assert outcome.stderr.endswith("Note: note 1\nNote: note 2\nNote: note 3\n")


def test_the_last_lines_say_what_was_made(engine: Engine, files: SimpleNamespace) -> None:
    outcome = run(files)
    assert outcome.stdout == (
        f"{files.wav}: 1.00 s of sound.\n"
        "Measured on it: loss 7 (content 5, style 6.5).\n"
        "The solve ended: converged.\n"
    )  # fmt: skip
    assert len(audio.read(files.wav)) == SAMPLE_RATE_HZ


def test_a_file_that_cannot_be_written_leaves_the_old_one_whole(
    engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = files.out / "r.json"
    report.write_text("old")

    synced = []

    def full(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:  # the sound has been written by then
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = run(files, "--report", report)
    assert outcome.exit_code == 2
    assert "r.json" in outcome.stderr
    assert outcome.stderr.endswith(
        f"could not be written: No space left on device. Write elsewhere. Written: {files.wav}.\n"
    )
    assert report.read_text() == "old"
    assert sorted(path.name for path in files.out.iterdir()) == ["o.wav", "r.json"]


def test_windows_stay_until_the_result_is_written(
    engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise WritingError("The disk is full.")

    engine.n_windows = 2
    with monkeypatch.context() as full:
        full.setattr(audio, "write", fail)
        assert "The disk is full." in run(files).stderr
    assert [path.name for path in files.out.iterdir()] == ["o.wav.windows"]
    again = run(files)
    assert f"Going on after 2 windows that an earlier run has left in {files.wav}.windows." in again.stderr
    assert [path.name for path in files.out.iterdir()] == ["o.wav"]


@pytest.mark.parametrize("n_windows", [1, 2])
def test_a_folder_of_that_name_stays_if_somebody_else_made_it(
    n_windows: int, engine: Engine, files: SimpleNamespace
) -> None:
    engine.n_windows = n_windows
    for name in ("o.windows", "o.wav.windows"):
        (files.out / name).mkdir()
        (files.out / name / "song.flac").write_text("mine")
    outcome = run(files)
    assert outcome.exit_code == 0
    assert outcome.stderr.count("Windows cannot be kept in") == n_windows - 1
    assert [path.read_text() for path in files.out.rglob("song.flac")] == ["mine"] * 2


# Progress


class Gone(io.StringIO):
    """A stream whose reader has gone, as `| head -1` does."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("stream", [None, Gone()], ids=["closed", "gone"])
def test_who_does_not_listen_gets_the_result_all_the_same(
    stream: Gone | None, engine: Engine, files: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    words = ["transfer", files.content, files.style, "-o", files.wav, "--report", files.out / "r.json"]
    cli.main([*map(str, words)], standalone_mode=False)
    assert (sys.stdout, sys.stderr) == (None, None), "at the end of the program, they would fail once more"
    assert sorted(path.name for path in files.out.iterdir()) == ["o.wav", "r.json"]


def test_a_step_is_described_with_its_rate_and_the_time_left() -> None:
    assert progress.describe(step(1, 500), None) == "1/500, loss 8"
    assert progress.describe(step(101, 500), 0.5, 200.0) == "101/500, loss 0.07921, 2 iterations/s, about 3:20 left"
    assert progress.describe(step(101, 500), None, 7_620.0) == "101/500, loss 0.07921, about 2:07:00 left"
    assert progress.describe(step(500, 500), 0.5) == "500/500, loss 0.016, 2 iterations/s"


def test_the_pace_counts_from_the_first_chunk_of_a_stage() -> None:
    """Its own time went into compilation."""
    pace = Eta(Settings())
    steps = [step(i, 500, elapsed_s=s) for i, s in ((1, 9.0), (2, 9.01), (3, 10.01), (4, 10.02), (5, 11.51))]
    steps.append(step(1, 40, elapsed_s=20.0, stage="refine"))
    seconds = []
    for each in steps:
        pace.take(each)
        seconds.append(pace.seconds_an_iteration(each))
    assert seconds == [None, None, *map(pytest.approx, (1.0, 0.505, 2.5 / 3)), None]


@pytest.mark.parametrize(("step_s", "most"), [(0.001, 2), (0.1, 21), (1.7, 32)])
def test_plain_progress_is_a_few_lines(step_s: float, most: int, engine: Engine, files: SimpleNamespace) -> None:
    engine.steps = [step(i, 500, elapsed_s=i * step_s) for i in range(1, 501)]
    engine.steps.append(step(1, 1, elapsed_s=501 * step_s, stage="phase"))
    *solve, phase = run(files).stderr.splitlines()
    assert most / 2 < len(solve) <= most
    assert solve[0] == "Shaping the sound: 1/500, loss 8"
    assert solve[-1].startswith("Shaping the sound: 500/500, loss 0.016, ")
    assert phase.startswith("Turning it into sound: 1/1, loss 8, about ")


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress.Progress(Settings()) as bar:
        for i in (1, 2, 4):
            bar.show(step(i, elapsed_s=i / 4))
        bar.note_once("[a] note")
        bar.note_once("[a] note")
        bar.show(step(1, 3, stage="phase"))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "Shaping the sound \u2501" in shown
    assert "4/4, loss 2, 4 iterations/s" in shown
    assert "Turning it into sound" in shown
    assert shown.count("[a] note") == 1


# Interruptions


class Ended(Exception):
    """In the place of the end of the process."""


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses that the process would have ended with at once."""
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        raise Ended

    monkeypatch.setattr("os._exit", end)
    return statuses


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_writes_the_best_so_far(number: int, engine: Engine, files: SimpleNamespace) -> None:
    before = signal.getsignal(number)
    engine.between = lambda iteration: signal.raise_signal(number) if iteration == 3 else None
    outcome = run(files, "--report", files.out / "r.json")
    assert outcome.exit_code == 130
    assert "Stopping with the best so far; Ctrl-C again ends at once." in outcome.stderr
    assert outcome.stdout.endswith("Interrupted: this is the best so far.\n")
    assert len(audio.read(files.wav)) == SAMPLE_RATE_HZ
    assert len(json.loads((files.out / "r.json").read_text())["history"]) == 3
    assert signal.getsignal(number) == before


def test_a_command_that_has_no_way_of_its_own_ends_with_the_status_of_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(page.page, "callback", interrupt)
    outcome = CliRunner().invoke(cli.main, ["page"])
    assert (outcome.exit_code, outcome.stderr) == (130, "Interrupted.\n")


@pytest.mark.parametrize("iterations", [(1,), (2, 2)], ids=["before the first step", "twice"])
def test_a_signal_that_ends_at_once_writes_nothing(
    iterations: tuple[int, ...], engine: Engine, files: SimpleNamespace, ending: list[int]
) -> None:
    def between(iteration: int) -> None:
        for _ in range(iterations.count(iteration)):
            signal.raise_signal(signal.SIGINT)

    engine.between = between
    outcome = run(files)
    assert isinstance(outcome.exception, Ended)
    assert ending == [130]
    assert outcome.stderr.endswith("Interrupted. Written: nothing.\n")
    assert not list(files.out.iterdir())


def test_a_second_signal_while_files_are_written_says_which_are_whole(
    engine: Engine, files: SimpleNamespace, ending: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    def interrupt_twice(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:  # the sound has been written by then
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", interrupt_twice)
    outcome = run(files, "--report", files.out / "r.json")
    assert ending == [130]
    assert outcome.stderr.endswith(f"Interrupted. Written: {files.wav}.\n")
    assert [path.name for path in files.out.iterdir()] == ["o.wav"]
