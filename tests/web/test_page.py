"""The page through its API, as gradio_client and any script use it; the engine is real except where a test says so."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click.testing
import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.client import Job
from gradio_client.exceptions import AppError
from support.page_server import DRUMS, LONG, PIANO, SAMPLES, SMALL, endless, replace_engine, slow, wait_until

import app
from styletransfer.errors import AudioError
from styletransfer.settings import Settings, preset
from styletransfer.web.server.server import Server


@pytest.fixture
def visitor(url: str, tmp_path: Path) -> Callable[[], Client]:
    """Makes a client, which is a session of its own."""
    return lambda: Client(url, verbose=False, download_files=tmp_path)


def submit(client: Client, **settings: Any) -> Job:
    inputs = {"content": handle_file(PIANO), "style": handle_file(DRUMS), "preset": "paper"}
    return client.submit(**(inputs | settings), api_name="/transfer")


def is_iterating(job: Job) -> bool:
    assert not job.done(), job.exception()
    outputs = job.outputs()
    return bool(outputs) and " of 5000" in outputs[-1][2]


def test_a_transfer_gives_a_wav_of_the_asked_length(visitor: Callable[[], Client]) -> None:
    job = submit(visitor(), **SMALL)
    path, progress, curves, spectrograms, report, archive = job.result(timeout=120)
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("WAV", "PCM_16", 44_100, 1)
    assert info.frames == 44_100
    sound, _ = soundfile.read(path)
    assert 0.01 < np.abs(sound).max() <= 10 ** (-1 / 20) + 1e-4
    assert "<b>Done</b>" in progress
    assert "iteration limit" in curves
    assert "3 iterations" in curves
    assert curves.count("<svg") == 2
    drawn = re.findall(r"Spectrogram of the (\w+), ([\d.]+) s", spectrograms)
    assert [name for name, _ in drawn] == ["result", "content", "style"]
    assert dict(drawn)["content"] == dict(drawn)["result"] == "1.0"
    assert re.search(r"It took on \d+ % of the style", report)
    with zipfile.ZipFile(archive) as packed:
        assert packed.read(Path(path).name) == Path(path).read_bytes()
        assert json.loads(packed.read("report.json"))["report_card"]["result"]["copy"] >= 0


def test_stop_keeps_the_best_so_far_and_the_next_transfer_runs(visitor: Callable[[], Client], server: Server) -> None:
    replace_engine(server, stylize=slow)
    client = visitor()
    job = submit(client, **LONG)
    wait_until(lambda: is_iterating(job))
    client.predict(api_name="/stop")
    path, progress, *_ = job.result(timeout=120)
    assert "Stopped: the best so far" in progress
    assert soundfile.info(path).frames == 44_100
    assert "Done" in submit(client, **SMALL).result(timeout=120)[1]


@pytest.mark.timing
def test_who_leaves_frees_the_device_within_a_step(visitor: Callable[[], Client], server: Server) -> None:
    replace_engine(server, stylize=endless)
    job = submit(visitor(), **SMALL)
    wait_until(lambda: is_iterating(job))
    assert server.queue.is_busy()
    job.cancel()
    wait_until(lambda: not server.queue.is_busy(), timeout_s=3)


@pytest.mark.thorough
def test_visitors_are_apart(visitor: Callable[[], Client]) -> None:
    """Two at once: each gets what its own seed gives alone, in a file of its own, and stops nobody else."""
    first, second = visitor(), visitor()
    running = [submit(client, **SMALL, seed=seed) for client, seed in ((first, 1), (second, 2))]
    second.predict(api_name="/stop")
    together = [job.result(timeout=120) for job in running]
    assert "Done" in together[0][1]
    assert together[0][0] != together[1][0]
    alone = submit(visitor(), **SMALL, seed=1).result(timeout=120)
    sounds = [Path(path).read_bytes() for path, *_ in (*together, alone)]
    assert sounds[0] == sounds[2] != sounds[1]


BAD_RECORDINGS: dict[str, tuple[bytes | np.ndarray | None, str]] = {
    "none": (None, "no content recording yet"),
    "empty": (b"", "the content"),
    "text": (b"not a sound" * 99, "the content"),
    "silent": (np.zeros(44_100), "silent"),
    "short": (np.full(999, 0.5), "the content"),
    "not finite": (np.full(44_100, np.nan), "the content"),
}


def recording(path: Path, contents: bytes | np.ndarray) -> Path:
    if isinstance(contents, bytes):
        path.write_bytes(contents)
    else:
        soundfile.write(path, contents, 44_100, "FLOAT")
    return path


@pytest.mark.parametrize("kind", BAD_RECORDINGS)
def test_a_bad_recording_is_refused_in_a_sentence(kind: str, visitor: Callable[[], Client], tmp_path: Path) -> None:
    contents, part = BAD_RECORDINGS[kind]
    content = None if contents is None else handle_file(recording(tmp_path / "bad.wav", contents))
    with pytest.raises(AppError) as refused:
        submit(visitor(), content=content, **SMALL).result(timeout=60)
    assert_is_sentence(str(refused.value), part)


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        ({"seed": -1}, "seed is -1; it must lie between 0 and"),
        ({"iterations": 2.5}, "iterations is 2.5; it must be a whole number between 1 and 10000"),
        ({"iterations": "many"}, "iterations is 'many'; it must be a whole number"),
        ({"strength": [3]}, "strength is [3]; it must be a number between 0 and 100"),
        ({"strength": 10**400}, "strength is "),
        ({"style_2": handle_file(PIANO), "weight_2": "much"}, "The weight of a style is no number above 0"),
        ({"seconds": 901}, "seconds is 901; it must lie between 0.2 and 900"),
        ({"hop_length": 2048, "n_fft": 1024}, "hop_length is 2048; blocks of 1024 need a hop of at most 512"),
        ({"style_2": handle_file(PIANO), "weight_2": 0}, "The weight of a style is no number above 0"),
        ({"style": None}, "no style recording yet"),
    ],
)
def test_a_bad_setting_is_refused_in_a_sentence(bad: dict[str, Any], part: str, visitor: Callable[[], Client]) -> None:
    with pytest.raises(AppError) as refused:
        submit(visitor(), **(SMALL | bad)).result(timeout=60)
    assert_is_sentence(str(refused.value), part)


def assert_is_sentence(text: str, part: str) -> None:
    assert part.lower() in text.lower()
    assert re.fullmatch(r"[A-Za-z].*\.", text)
    assert not re.search(r"Traceback|Error\b|/tmp|<", text), text


def test_markup_in_a_message_is_not_rendered(visitor: Callable[[], Client], server: Server) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AudioError("<img src=x> cannot be used.")

    replace_engine(server, stylize=refuse)
    with pytest.raises(AppError, match="&lt;img src=x&gt; cannot be used"):
        submit(visitor(), **SMALL).result(timeout=60)


def test_a_fault_is_logged_and_the_visitor_told_plainly(
    visitor: Callable[[], Client], server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    replace_engine(server, stylize=fail)
    with pytest.raises(AppError) as told:
        submit(visitor(), **SMALL).result(timeout=60)
    assert_is_sentence(str(told.value), "Something went wrong on the server")
    assert "secret detail" not in str(told.value)
    assert "secret detail" in caplog.text
    assert not server.queue.is_busy()


def test_every_public_endpoint_is_named_and_described(url: str) -> None:
    info = Client(url, verbose=False).view_api(return_format="dict")
    assert isinstance(info, dict)
    assert set(info["named_endpoints"]) == {"/transfer", "/stylize", "/stop"}
    assert not info["unnamed_endpoints"]
    names = [parameter["parameter_name"] for parameter in info["named_endpoints"]["/transfer"]["parameters"]]
    assert names[:3] == ["content", "style", "preset"]
    assert {*names} >= {field.name for field in dataclasses.fields(Settings)} - {"style_weights"}
    assert {*names} >= {"style_2", "style_4", "weight_1", "weight_4"}
    assert not any("param" in name for name in names)


def test_what_a_call_leaves_out_is_as_in_the_preset_it_names(visitor: Callable[[], Client], server: Server) -> None:
    asked: list[tuple[int, Settings]] = []

    def note(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, **_: Any) -> None:
        asked.append((len(styles), settings))
        raise AudioError("Noted.")

    replace_engine(server, stylize=note)
    for settings in ({}, {"preset": "studio", "strength": 60}, {"style_2": handle_file(PIANO), "weight_1": 3}):
        with pytest.raises(AppError, match="Noted"):
            submit(visitor(), **settings).result(timeout=60)
    assert asked == [
        (1, preset("paper")),
        (1, preset("studio", strength=60.0)),
        (2, preset("paper", style_weights=(3.0, 1.0))),
    ]


def test_the_five_pairings_are_examples(url: str) -> None:
    with urllib.request.urlopen(f"{url}config") as answer:
        config = answer.read().decode()
    for name in ("Speech as hand drums", "Guitar as violin"):
        assert name in config
    assert len(list(SAMPLES.glob("*.flac"))) == 7


def test_an_occupied_port_is_named_in_a_sentence(url: str) -> None:
    port = url.rstrip("/").rsplit(":", 1)[1]
    before = signal.getsignal(signal.SIGTERM)
    try:
        done = click.testing.CliRunner().invoke(app.page, ["--port", port])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done.exit_code == 2
    assert done.output == f"Error: The page cannot be opened at port {port}: it is in use. Give another --port.\n"
