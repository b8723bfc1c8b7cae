"""`styletransfer grid`: what is asked for on the command line, what is told, and how it ends."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.grids import TABLE, RefusalError, failing, tone_engine, write_tones

from styletransfer.cli import grid, main
from styletransfer.errors import AudioError
from styletransfer.grid import folder as folders
from styletransfer.grid import forecast, results
from styletransfer.workers import in_process

OPTIONS = [
    "--presets", "quick", "--seconds", "0.5", "--n-fft", "512", "--hop-length", "256", "--kernel-width", "4",
]  # fmt: skip
ROOT = Path(__file__).parents[2]


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    write_tones(tmp_path / "sounds", "c1.wav", "c2.wav", "s1.wav", "s2.wav")
    return tmp_path / "sounds"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """One that takes no time, in place of the program's."""
    made = tone_engine()
    monkeypatch.setattr(in_process, "transfer", made)
    monkeypatch.setattr(in_process.InProcess.__init__, "__defaults__", (made,))
    monkeypatch.setattr(results, "drawings", lambda *_: {})
    return made


def run(*words: Any) -> Result:
    return CliRunner().invoke(main, ["grid", *map(str, words)])


def test_contents_and_styles_without_a_plan(tones: Path, tmp_path: Path, engine: Any) -> None:
    words = ["-o", tmp_path / "grid", "--contents", tones / "c1.wav", tones / "c2.wav", "--styles", tones / "s*.wav"]
    done = run(*words, *OPTIONS)
    assert (done.exit_code, done.stdout) == (0, f"4 of 4 results are in {tmp_path / 'grid'}.\n")
    assert "4 results are asked for; 0 of them are there." in done.stderr
    assert "4/4 c2-as-s2-strength-90-quick" in done.stderr
    again = run(*words, *OPTIONS)
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    assert "4 of them are there" in again.stderr


def test_a_plan_and_what_options_say_in_its_place(tones: Path, tmp_path: Path, engine: Any) -> None:
    table = "\n".join(f"{name} = {value}" for name, value in TABLE.items())
    plan = tones / "plan.toml"
    plan.write_text(
        f'contents = ["c1.wav"]\nstyles = ["s*.wav"]\npresets = ["quick"]\nstrengths = [10]\n[settings]\n{table}\n'
    )
    done = run(plan, "-o", tmp_path / "grid", "--strengths", "20,30", 40, "--seconds", "0.4", "--format", "flac")
    assert done.exit_code == 0, done.output
    made = folders.finished(tmp_path / "grid")
    assert sorted({each.report["settings"]["strength"] for each in made}) == [20.0, 30.0, 40.0]
    assert {(each.sound.suffix, each.report["settings"]["seconds"]) for each in made} == {(".flac", 0.4)}
    assert json.loads((tmp_path / "grid" / "grid.json").read_text())["title"] == "plan"


def test_lists_may_begin_with_an_equals_sign(tones: Path, tmp_path: Path, engine: Any) -> None:
    words = ["-o", tmp_path / "grid", f"--contents={tones / 'c1.wav'}", tones / "c2.wav", "--styles", tones / "s1.wav"]
    done = run(*words, *OPTIONS)
    assert (done.exit_code, done.stdout) == (0, f"2 of 2 results are in {tmp_path / 'grid'}.\n"), done.output


def test_what_cannot_be_used_is_listed_and_the_status_tells(tones: Path, tmp_path: Path, engine: Any) -> None:
    styles = [tones / "s1.wav", tones / "none.wav"]
    done = run("-o", tmp_path / "grid", "--contents", tones / "c1.wav", "--styles", *styles, *OPTIONS)
    assert done.exit_code == 1
    assert f"Not used: There is no file {tones / 'none.wav'}. Check its name and folder." in done.stderr
    assert "1 of 1 results" in done.stdout
    assert "1 could not be asked for, since a recording cannot be used." in done.stdout


def test_a_dry_run_makes_two_and_tells_what_the_rest_takes(tones: Path, tmp_path: Path, engine: Any) -> None:
    words = ["-o", tmp_path / "grid", "--contents", tones / "c*.wav", "--styles", tones / "*.wav", *OPTIONS]
    done = run(*words, "--dry-run")
    assert done.exit_code == 0
    assert "6 results are left: about 0:0" in done.stdout
    assert " MB." in done.stdout
    assert len(folders.finished(tmp_path / "grid")) == 2


def test_a_dry_run_measures_what_was_made_and_tells_what_was_given_up(
    tones: Path, tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "stylize", failing(1, RefusalError("Too loud. Turn it down.")))
    forecasts: list[list[Any]] = []
    make = forecast.forecast

    def heard(measured: Any, *rest: Any) -> forecast.Forecast:
        forecasts.append(measured)
        return make(measured, *rest)

    monkeypatch.setattr(forecast, "forecast", heard)
    words = ["-o", tmp_path / "grid", "--contents", tones / "c*.wav", "--styles", tones / "s*.wav", *OPTIONS]
    done = run(*words, "--dry-run")
    assert done.exit_code == 1
    assert "Not made: c1-as-s1-strength-90-quick: Too loud. Turn it down." in done.stderr
    assert [[batch.runs[0].name for batch, _ in measured] for measured in forecasts] == [["c1-as-s2-strength-90-quick"]]
    assert "2 results are left: about 0:0" in done.stdout
    again = run(*words, "--dry-run")
    assert (again.exit_code, len(folders.finished(tmp_path / "grid"))) == (1, 3)
    assert [len(measured) for measured in forecasts] == [1], "nothing is left but what was given up"


def test_a_dry_run_whose_results_are_all_given_up_forecasts_nothing(
    tones: Path, tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "stylize", failing(2, RefusalError("Too loud. Turn it down.")))
    words = ["-o", tmp_path / "grid", "--contents", tones / "c*.wav", "--styles", tones / "s*.wav", *OPTIONS]
    done = run(*words, "--dry-run")
    assert done.exit_code == 1
    assert "are left" not in done.stdout


def test_a_recording_that_was_away_is_read_by_the_next_start(
    tones: Path, tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["-o", tmp_path / "grid", "--contents", tones / "c1.wav", "--styles", tones / "s1.wav", *OPTIONS]
    with monkeypatch.context() as away:
        away.setattr(results, "read", unread)
        done = run(*words)
    assert (done.exit_code, "c1.wav is away." in done.stderr) == (1, True)
    assert run(*words).exit_code == 0


def unread(*_: Any) -> Any:
    raise AudioError("c1.wav is away.")


def test_an_option_takes_the_place_of_the_plan_s_strength_however_that_is_told(
    tones: Path, tmp_path: Path, engine: Any
) -> None:
    table = "\n".join(f"{name} = {value}" for name, value in TABLE.items())
    plan = tones / "plan.toml"
    asked = 'contents = ["c1.wav"]\nstyles = ["s1.wav"]\npresets = ["quick"]\n'
    plan.write_text(f"{asked}strengths = [10, 20]\n[settings]\n{table}\n")
    assert run(plan, "-o", tmp_path / "one", "--strength", "60").exit_code == 0
    assert [each.report["settings"]["strength"] for each in folders.finished(tmp_path / "one")] == [60.0]
    plan.write_text(f"{asked}[settings]\nstrength = 10\n{table}\n")
    assert run(plan, "-o", tmp_path / "two", "--strengths", "30", "40").exit_code == 0
    assert {each.report["settings"]["strength"] for each in folders.finished(tmp_path / "two")} == {30.0, 40.0}


def test_patterns_are_found_in_a_folder_whose_name_has_brackets(
    tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tones(tmp_path / "songs [live]", "c[1].wav", "c2.wav", "s1.wav")
    monkeypatch.chdir(tmp_path / "songs [live]")
    done = run("-o", "grid", "--contents", "c*.wav", "--styles", "s?.wav", "c[1].wav", *OPTIONS)
    assert (done.exit_code, done.stdout) == (0, "4 of 4 results are in grid.\n"), done.output


def test_a_disk_that_is_full_is_a_sentence(
    tones: Path, tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders.GridFolder, "set_out", full)
    done = run("-o", tmp_path / "grid", "--contents", tones / "c1.wav", "--styles", tones / "s1.wav", *OPTIONS)
    assert done.exit_code == 2
    assert f"{tmp_path / 'grid'} cannot be written: No space left on device. Mend that" in done.stderr


class Gone(io.StringIO):
    """A stream whose reader has gone, as `| head -1` does."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize("stream", [None, Gone()], ids=["closed", "gone"])
def test_who_does_not_listen_gets_the_results_all_the_same(
    tones: Path, tmp_path: Path, engine: Any, monkeypatch: pytest.MonkeyPatch, stream: Gone | None
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    words = ["-o", tmp_path / "grid", "--contents", tones / "c*.wav", "--styles", tones / "s1.wav", *OPTIONS]
    assert main(["grid", *map(str, words)], standalone_mode=False) == 0
    assert len(folders.finished(tmp_path / "grid")) == 2
    assert not list((tmp_path / "grid" / "failures").iterdir())


class EndedError(Exception):
    """In the place of the end of the process."""


def test_an_interruption_before_anything_is_made_ends_it_likewise(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        raise EndedError

    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr(grid, "_plan", lambda *_: signal.raise_signal(signal.SIGINT))
    done = run("-o", tmp_path / "grid", "--contents", tones / "c1.wav", "--styles", tones / "s1.wav", *OPTIONS)
    assert isinstance(done.exception, EndedError)
    assert (statuses, done.stderr) == ([130], "Interrupted. The same command goes on from here.\n")


def test_shards_make_their_part(tones: Path, tmp_path: Path, engine: Any) -> None:
    words = ["-o", tmp_path / "grid", "--contents", tones / "c*.wav", "--styles", tones / "s*.wav", *OPTIONS]
    assert "1 of 1 results" in run(*words, "--shard", "3/4").stdout
    assert "2 of 2 results" in run(*words, "--shard", "2/2").stdout
    assert len(folders.finished(tmp_path / "grid")) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.toml"], "There is no plan none.toml."),
        (["--contents", "a.wav"], "The plan has no styles."),
        (["--contents", "a.wav", "--styles", "b.wav", "--strengths", "much"], "'much' is not a number."),
        (["--contents", "a.wav", "--styles", "b.wav", "--shard", "3/2"], "'3/2' is not a part such as 2/8"),
        (["--contents", "a.wav", "--styles", "b.wav", "--format", "ogg"], "results are wav, flac or mp3"),
        (["--contents", "a.wav", "--styles", "b.wav", "--ray", "auto", "--workers", "2"], "leave one of them out."),
        (["--contents", "a.wav", "--styles", "b.wav", "--strengths", "5", "--strength", "6"], "Take one of them out."),
    ],
)
def test_bad_usage_is_a_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    done = run(*words, "-o", tmp_path / "grid")
    assert (done.exit_code, sentence in done.stderr) == (2, True), done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", [".", "sounds/c1.wav", "none"])
def test_a_folder_that_is_no_grid_has_no_report(tones: Path, tmp_path: Path, name: str) -> None:
    done = run("report", tmp_path / name)
    assert done.exit_code == 2
    assert f"{tmp_path / name} is not the folder of a grid" in done.stderr


def test_help_of_the_group_and_of_its_commands() -> None:
    assert "run" in run("--help").stdout
    assert "report" in run("--help").stdout
    assert "--shard" in run("run", "--help").stdout


def started(root: Path, tones: Path, *options: str) -> subprocess.Popen[str]:
    """The program, at work on four mosaics."""
    words = ["-o", str(root), "--contents", str(tones / "c*.wav"), "--styles", str(tones / "s*.wav")]
    line = [sys.executable, "-m", "styletransfer", "grid", *words, "--presets", "instant", "--seconds", "0.5", *options]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def made_in(root: Path) -> int:
    runs = root / "runs"
    return sum(not path.name.startswith(".") for path in runs.iterdir()) if runs.exists() else 0


def wait_for(root: Path, count: int, process: subprocess.Popen[str]) -> None:
    end_s = time.monotonic() + 120
    while made_in(root) < count:
        assert time.monotonic() < end_s
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.process
@pytest.mark.thorough
@pytest.mark.parametrize("options", [[], ["--workers", "1"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_ended_goes_on_when_it_is_started_again(
    tones: Path, tmp_path: Path, number: signal.Signals, options: list[str]
) -> None:
    root = tmp_path / "grid"
    with started(root, tones, *options) as process:
        wait_for(root, 1, process)
        os.kill(process.pid, number)
        _, told = process.communicate(timeout=60)
    assert "Traceback" not in told
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "The same command goes on from here." in told
        assert not list((root / "leases").iterdir())
    before = {path.name: path.stat().st_mtime_ns for path in (root / "runs").iterdir() if path.name[0] != "."}
    assert 1 <= len(before) < 4
    with started(root, tones, *options) as process:
        told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    after = {path.name: path.stat().st_mtime_ns for path in (root / "runs").iterdir()}
    assert len(after) == 4
    assert {name: after[name] for name in before} == before
