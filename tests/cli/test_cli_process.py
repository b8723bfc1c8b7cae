"""The command line as a process of its own, on sample recordings a second long: whole runs, signals, kills."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletransfer.files import audio
from styletransfer.settings import DEFAULT_PRESET, SAMPLE_RATE_HZ, preset

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
SPEECH, DRUMS = ROOT / "samples" / "speech.flac", ROOT / "samples" / "drums.flac"
SECOND = ("--seconds", "1", "--style-seconds", "1")
SMALL = (*SECOND, "--griffin-lim-iterations", "2", "--detail", "plain")
"""Plain, since compiling more takes half a minute."""


def command(wav: Path, *arguments: object) -> list[str]:
    words = ["-m", "styletransfer", "transfer", SPEECH, DRUMS, "-o", wav, *SMALL, *arguments]
    return [sys.executable, *map(str, words)]


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command and returns when it has taken its first step."""
    started: list[subprocess.Popen[str]] = []

    def start(wav: Path, *arguments: object) -> subprocess.Popen[str]:
        running = subprocess.Popen(
            command(wav, *arguments), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(running)
        assert running.stderr
        assert running.stderr.readline().startswith("Shaping the sound: 1/")
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


def test_a_whole_run(tmp_path: Path) -> None:
    """Sound, report and figures of a real transfer of two samples."""
    wav, report, figures = tmp_path / "o.wav", tmp_path / "r.json", tmp_path / "new" / "figures"
    line = command(wav, "--iterations", 3, "--seed", 7, "--report", report, "--figures", figures)
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"{wav}: 1.00 s of sound."), done.stderr
    pcm, rate_hz = soundfile.read(wav, dtype="int16")
    assert (rate_hz, pcm.dtype, pcm.shape) == (SAMPLE_RATE_HZ, np.int16, (SAMPLE_RATE_HZ,))
    assert 100 < np.abs(pcm.astype(int)).max() <= 2**15 * 10 ** (-1 / 20)
    told = json.loads(report.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert told["settings"] == json.loads(
        json.dumps(
            dataclasses.asdict(
                preset(DEFAULT_PRESET, seconds=1.0, style_seconds=1.0, griffin_lim_iterations=2,
                       iterations=3, seed=7, detail="plain")
            )
        )
    )  # fmt: skip
    assert told["inputs"] == {"content": str(SPEECH), "styles": [str(DRUMS)]}
    assert [entry["iteration"] for entry in told["history"] if entry["stage"] == "solve"] == [1, 2, 3]
    assert f"loss {told['delivered']['total']:.4g} " in done.stdout
    assert told["versions"].keys() >= {"jax", "numpy", "scipy"}
    assert told["seconds_by_stage"].keys() >= {"solve", "phase"}
    assert sorted(path.name for path in figures.iterdir()) == ["correlation.png", "loss.png", "spectrograms.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in figures.iterdir())


@pytest.mark.thorough
def test_two_processes_make_the_same_sound_of_one_seed(tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("one.wav", "other.wav")]
    for wav in made:
        subprocess.run(command(wav, "--iterations", 3, "--seed", 7), cwd=ROOT, check=True, capture_output=True)
    assert made[0].read_bytes() == made[1].read_bytes()


def test_interrupting_a_process_leaves_the_best_so_far(
    process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    running = process(tmp_path / "o.wav", "--iterations", 10_000, "--optimizer", "adam")
    running.send_signal(signal.SIGINT)
    said, progress = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.endswith("Interrupted: this is the best so far.\n"), progress
    assert len(audio.read(tmp_path / "o.wav")) == SAMPLE_RATE_HZ


@pytest.mark.thorough
def test_a_second_interruption_need_not_wait_for_compiled_code(
    process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """The phase is made in calls of compiled code, during which Python runs no signal handler; so many frames make each
    of them a long one."""
    long = ("--n-fft", 4096, "--hop-length", 32, "--griffin-lim-iterations", 2_000)
    running = process(tmp_path / "o.wav", *long)
    running.send_signal(signal.SIGTERM)
    assert running.stderr
    while "Stopping" not in running.stderr.readline():
        pass
    time.sleep(1)
    running.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    _, progress = running.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert running.returncode == 130
    assert progress.endswith("Interrupted. Written: nothing.\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.thorough
def test_a_killed_process_leaves_the_old_result_whole(
    process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    wav = tmp_path / "o.wav"
    wav.write_bytes(b"old")
    running = process(wav, "--iterations", 10_000)
    running.kill()
    assert running.wait() == -signal.SIGKILL
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("o.wav", b"old")]


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_names_in_any_script_on_a_console_that_has_none(tmp_path: Path) -> None:
    """A name that is no UTF-8, and a Japanese one in figures: no traceback, and no warning among the progress."""
    content, style = tmp_path / os.fsdecode(b"caf\xe9.flac"), tmp_path / "日本語.flac"
    content.write_bytes(SPEECH.read_bytes())
    style.write_bytes(DRUMS.read_bytes())
    wav, report = tmp_path / "音.wav", tmp_path / "r.json"
    few = ("--preset", "instant", "--report", report, "--figures", tmp_path / "figures")
    words = ["-m", "styletransfer", "transfer", content, style, "-o", wav, *SMALL, *few]
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Warning" not in done.stderr
    assert b"\\u97f3.wav: 1.00 s of sound." in done.stdout
    assert len(audio.read(wav)) == SAMPLE_RATE_HZ
    assert json.loads(report.read_text())["inputs"]["styles"] == [str(style)]


@pytest.mark.thorough
def test_a_missing_device_is_told_in_a_sentence(tmp_path: Path) -> None:
    line = command(tmp_path / "o.wav")
    environment = os.environ | {"JAX_PLATFORMS": "cuda"}
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        pytest.skip("there is a GPU")
    assert done.returncode == 2
    assert done.stderr.endswith("that JAX_PLATFORMS asks for (cuda). Unset it, or set it to cpu.\n")
    assert "Traceback" not in done.stderr
