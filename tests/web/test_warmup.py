"""What is compiled in advance: in what order, for whom it makes way, and that nothing of it is compiled again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.page_looks import seen, until_stopped
from support.page_server import bare_server, replace_engine, wait_until

from styletransfer.files import audio
from styletransfer.settings import PRESETS, Settings, preset
from styletransfer.transfer import Result, Step, stylize
from styletransfer.web.results import progress
from styletransfer.web.server import warmup
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.server import Server

NOTHING = np.zeros(0, np.float32)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with bare_server(tmp_path) as server:
        yield server


def test_warm_up_gives_way_to_a_visitor_and_is_taken_up_again(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    calls: list[int] = []
    may_end = threading.Event()

    def engine(*_: Any, on_step: Callable[[Step], Any], **__: Any) -> None:
        calls.append(len(calls))
        while not may_end.is_set():
            on_step(seen())
            time.sleep(0.02)

    def either(content: Any, styles: Any, settings: Settings, **callbacks: Any) -> Any:
        return (until_stopped if settings.seed else engine)(content, styles, settings, **callbacks)

    replace_engine(server, stylize=either, measure=lambda *_: None)
    plan = warmup.Plan(Settings(), NOTHING, NOTHING)
    thread = threading.Thread(target=warmup.run, args=(server, [plan]), daemon=True)
    thread.start()
    wait_until(lambda: calls, timeout_s=5)
    job = server.run(Visitor("a"), NOTHING, [NOTHING], Settings(seed=1))
    first = next(job)
    assert first.warming_up or first.ahead is None
    if first.warming_up:
        assert "Warming up" in progress.tell_running(first)
    wait_until(lambda: next(job).steps, timeout_s=2)
    assert not server.queue.patient_at_work()
    server.stop("a")
    list(job)
    wait_until(lambda: len(calls) == 2, timeout_s=5)
    may_end.set()
    thread.join(5)
    assert not thread.is_alive()
    assert not server.queue.is_busy()


def test_a_warm_up_that_fails_is_logged_and_frees_the_device(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, server: Server
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no compiler")

    replace_engine(server, stylize=fail)
    warmup.run(server, [warmup.Plan(Settings(), NOTHING, NOTHING)])
    assert "no compiler" in caplog.text
    assert not server.queue.is_busy()


@pytest.mark.thorough
def test_what_was_warmed_up_is_not_compiled_again(server: Server, recording, tmp_path: Path, traces) -> None:
    pair = tmp_path / "content.wav", tmp_path / "style.wav"
    for path, name in zip(pair, ("speech", "drums"), strict=True):
        audio.write(path, recording(name, 0.5, start_s=1.0))
    small = {"n_fft": 512, "hop_length": 256, "kernel_width": 4, "detail": "plain"}
    settings = preset("quick", **small, **warmup.MIN_COUNTS)
    warmup.run(server, [warmup.Plan(settings, audio.read(pair[0]), audio.read(pair[1]))])
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
    compiled, timed = ([plan for plan in plans if (plan.timed_as is None) == asked] for asked in (True, False))
    shapes = [(round(len(plan.content) / 44_100), round(len(plan.style) / 44_100)) for plan in compiled]
    others = len(PRESETS) - len(warmup.WANTED)
    assert shapes == 3 * [(10, 3), (10, 20), (3, 12)] + others * [(10, 3)]
    assert {plan.settings.iterations for plan in compiled} == {1}
    assert len({plan.settings for plan in compiled}) == len(PRESETS)
    assert [plan.timed_as for plan in timed] == [plan.timed_as for plan in plans if plan.timed_as]
    assert {plan.timed_as for plan in timed} == set(PRESETS.values())
    for plan in timed:
        before = plans[plans.index(plan) - 1]
        assert (len(before.content), before.timed_as) == (len(plan.content), None), "it would be timed compiling"
