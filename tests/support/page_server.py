"""What the page's tests share: a page on a free port, settings that keep a transfer short, engines that are slow."""

from __future__ import annotations

import dataclasses
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer import transfer
from styletransfer.engine.losses.objective import Losses
from styletransfer.quality.report_card import Measures, ReportCard
from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, Result, Step, stylize
from styletransfer.web import launch, page
from styletransfer.web.server.server import Limits, Server
from styletransfer.workers.in_process import InProcess
from styletransfer.workers.protocol import Workers

SAMPLES = Path(__file__).parents[2] / "samples"
PIANO, DRUMS = SAMPLES / "piano.flac", SAMPLES / "drums.flac"

SMALL = {"seconds": 1, "iterations": 3, "filters": 64}
LONG = SMALL | {"iterations": 5000}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Stub:
    """An engine of which some functions are replaced: what a page's server makes results with."""

    stylize: Any = transfer.stylize
    sketch: Any = lambda *_, **__: None
    stylize_strengths: Any = transfer.stylize_strengths
    measure: Any = transfer.measure


def replace_engine(server: Server, **functions: Any) -> None:
    """Has a server make its results with these functions in place of the engine's."""
    server.workers = InProcess(Stub(**functions))


class Site(NamedTuple):
    """A page that is served, and the server behind it."""

    server: Server
    url: str


@contextmanager
def serve(data: Path | None = None, **options: Any) -> Iterator[Site]:
    """A page that is served while the context lasts; `options` are those of `page.launch`. Its server keeps all that it
    compiles, and listening tests in `data`."""
    server = launch.open_server(Limits(max_programs=sys.maxsize), data=data)
    demo = page.build(server)
    quietly: dict[str, Any] = {"server_name": "127.0.0.1", "prevent_thread_lock": True, "quiet": True}
    quietly["server_port"] = free_port()
    _, url, _ = page.launch(demo, server, **(quietly | options))
    try:
        yield Site(server, url)
    finally:
        demo.close(verbose=False)
        server.close()


@contextmanager
def bare_server(folder: Path, workers: Workers | None = None) -> Iterator[Server]:
    """A server without a page, which keeps all that it compiles: tests share it. At the end all its jobs have ended."""
    server = Server(workers, limits=Limits(max_programs=sys.maxsize), folder=folder)
    yield server
    assert server.close(), "a job does not end"


def wait_until(is_so: Callable[[], Any], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def slow(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """The engine, at five steps a second, so that there is time to stop it on any machine."""

    def on_slow_step(step: Step) -> bool | None:
        time.sleep(0.2)
        return on_step(step)

    return stylize(content, styles, settings, on_step=on_slow_step)


def endless(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> None:
    """An engine that never comes to an end of its own and does not hear a wish to stop, as within a long step."""
    for i in range(1, 10_000):
        on_step(Step("solve", i, 5000, 1.0 / i, 1.0 / i, 1.0 / i, 0.5, 0.01 * i))
        time.sleep(0.01)


def measures(**changes: float) -> Measures:
    """Those of an untouched content, but for `changes`."""
    values = {"content_loss": 0.0, "style_loss": 0.5, "heldout_content_loss": 0.0, "heldout_style_loss": 0.4}
    values |= {"content_correlation": 1.0, "chroma_similarity": 1.0, "timbre_distance": 1.0, "copy": 0.125}
    values |= {"rhythm_like_style": -0.1, "rhythm_like_content": 1.0, "onsets_like_content": 1.0, "notes_kept": 1.0}
    values |= {"seams_db": 0.0, "seams_in_10_s": 0.0, "noise_floor_db": -2.0, "peak_dbfs": -6.0, "loudness_lufs": -20.0}
    return Measures(**(values | changes))


def report_card() -> ReportCard:
    """One that took a moment's thought instead of a moment's work."""
    result = measures(style_loss=0.05, heldout_style_loss=0.1, chroma_similarity=0.6, timbre_distance=0.25)
    result = dataclasses.replace(result, notes_kept=0.4, seams_db=1.5, seams_in_10_s=3.0)
    return ReportCard(result, measures(), measures(style_loss=0.3, chroma_similarity=0.8))


def instant(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """The engine: the content at a level that follows the strength, so that results can be told apart."""
    sound = (content * 0.2 * (1 + settings.strength / 100)).astype(np.float32)
    history = tuple(Step("solve", i, 2, 1 / i, 1 / i, 1 / i, 0.5, 0.1 * i) for i in (1, 2))
    for step in history:
        on_step(step)
    losses, frames = Losses(0.3, 0.25, 0.05), np.zeros((1, 1025), np.float32)
    return Result(sound, 44_100, frames, history, losses, losses, "iteration limit", settings, {"solve": 0.1}, {})


def instant_strengths(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings,
    *,
    strengths: Sequence[float],
    on_step: OnStep,
) -> Iterator[Result]:
    """The engine, for several strengths: two seconds of each."""
    for strength in strengths:
        asked = dataclasses.replace(settings, strength=strength)
        made = instant(content[: 2 * 44_100], styles, asked, on_step=lambda _: None)
        if any(on_step(step) for step in made.history):
            yield dataclasses.replace(made, stop_reason="stopped")
            return
        yield made
