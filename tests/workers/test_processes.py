"""Workers in processes of their own: the same results, and nobody else is hurt where one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.page_server import bare_server, wait_until

from styletransfer.errors import DeviceError, SettingsError
from styletransfer.settings import preset
from styletransfer.transfer import stylize
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.server import Server
from styletransfer.workers import processes
from styletransfer.workers.perform import OutOfMemoryError
from styletransfer.workers.processes import Processes
from styletransfer.workers.protocol import (
    EngineFaultError,
    Event,
    Look,
    Made,
    Measured,
    Measurement,
    Run,
    Stepped,
    Transfer,
    Wish,
    WorkerLostError,
    events,
)

pytestmark = pytest.mark.process

TINY = preset("quick", n_fft=512, hop_length=256, kernel_width=4, griffin_lim_iterations=4, refinement_iterations=0)
ENDLESS = preset("quick", n_fft=512, hop_length=256, kernel_width=4, iterations=5000, optimizer="adam")
CHILD_ENDS_S = 20


@pytest.fixture(scope="module")
def workers() -> Iterator[Processes]:
    """One worker, which ended ones are replaced by."""
    made = Processes()
    made.wait_until_ready()
    yield made
    made.close()


@pytest.fixture
def task(recording: Callable[..., np.ndarray]) -> Callable[..., Transfer]:
    def make(settings: Any = TINY, **options: Any) -> Transfer:
        content, style = recording("speech", 0.5, start_s=1.0), recording("drums", 0.5, start_s=1.0)
        return Transfer(content=content, styles=[style], settings=settings, **options)

    return make


def go_on() -> Wish:
    return Wish.GO_ON


def begun(run: Run) -> None:
    """Wait for a run's first step."""
    wait_until(lambda: any(isinstance(event, Stepped) for event in run.poll(1)))


def all_of(run: Run, wish: Callable[[], Wish] = go_on) -> list[Event]:
    return list(events(run, wish))


def test_a_process_makes_what_this_one_makes_and_measures_it(workers: Processes, task: Callable[..., Transfer]) -> None:
    asked = task(sketched=True, picture_s=0.0, preview_s=0.0)
    *told, made = all_of(workers.submit(asked))
    assert isinstance(made, Made)
    here = stylize(asked.content, asked.styles, asked.settings)
    np.testing.assert_array_equal(made.result.sound, here.sound)
    assert [step.total for step in made.result.history] == [step.total for step in here.history]
    steps = [event.step for event in told if isinstance(event, Stepped)]
    assert [(step.stage, step.iteration) for step in steps] == [(step.stage, step.iteration) for step in here.history]
    looks = [event for event in told if isinstance(event, Look)]
    assert looks[0].sound is not None  # the sketch
    assert np.abs(looks[0].sound).max() > 0.01
    (card,) = all_of(
        workers.submit(Measurement(results=[made.result], content=asked.content, styles=list(asked.styles)))
    )
    assert isinstance(card, Measured)
    assert np.isfinite(card.card.result.style_loss)


def test_a_run_is_stopped_with_the_best_so_far_or_abandoned(workers: Processes, task: Callable[..., Transfer]) -> None:
    run = workers.submit(task(ENDLESS))
    begun(run)
    *_, made = all_of(run, lambda: Wish.STOP)
    assert isinstance(made, Made)
    assert made.result.stop_reason == "stopped"
    run = workers.submit(task(ENDLESS))
    begun(run)
    assert not any(isinstance(event, Made) for event in all_of(run, lambda: Wish.ABANDON))
    (*_, made) = all_of(workers.submit(task()))
    assert isinstance(made, Made), "a wish for one run was taken for the next one's"


def test_a_refusal_stays_a_sentence_and_a_fault_tells_its_traceback(
    workers: Processes, task: Callable[..., Transfer]
) -> None:
    with pytest.raises(SettingsError, match="style weights"):
        all_of(workers.submit(task(preset("quick", style_weights=(1.0, 2.0)))))
    asked = task()
    with pytest.raises(EngineFaultError, match=r"Traceback[\s\S]*ValueError"):
        all_of(workers.submit(Measurement(results=[_longer(asked)], content=asked.content, styles=asked.styles)))


def _longer(task: Transfer) -> Any:
    result = stylize(task.content, task.styles, task.settings)
    object.__setattr__(result, "sound", np.concatenate([result.sound, result.sound]))
    return result


def test_a_lost_worker_is_told_and_replaced(workers: Processes, task: Callable[..., Transfer]) -> None:
    replaced = threading.Event()
    workers.on_replaced = replaced.set
    run = workers.submit(task(ENDLESS))
    begun(run)
    (lost,) = workers.process_ids()
    os.kill(lost, signal.SIGKILL)
    with pytest.raises(WorkerLostError, match=r"^The transfer ended with the process that made it\. Try again"):
        all_of(run)
    assert replaced.wait(CHILD_ENDS_S)
    (*_, made) = all_of(workers.submit(task()))
    assert isinstance(made, Made)
    assert workers.process_ids() != [lost]


@pytest.mark.thorough
def test_a_worker_that_is_killed_while_it_is_being_started_is_replaced_by_the_next(
    workers: Processes, task: Callable[..., Transfer], monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.wait_until_ready()
    (lost,), failures, start = workers.process_ids(), [BrokenPipeError(), BrokenPipeError()], processes._Worker

    def killed_at_first(*options: Any) -> Any:
        if failures:
            raise failures.pop()
        return start(*options)

    monkeypatch.setattr(processes, "_Worker", killed_at_first)
    os.kill(lost, signal.SIGKILL)
    wait_until(lambda: workers.process_ids() != [lost])
    assert not failures
    (*_, made) = all_of(workers.submit(task()))
    assert isinstance(made, Made)


@pytest.mark.thorough
def test_an_idle_worker_that_is_killed_is_replaced(workers: Processes, task: Callable[..., Transfer]) -> None:
    workers.wait_until_ready()
    (lost,) = workers.process_ids()
    os.kill(lost, signal.SIGKILL)
    wait_until(lambda: workers.process_ids() != [lost])
    (*_, made) = all_of(workers.submit(task()))
    assert isinstance(made, Made)


@pytest.fixture
def server(workers: Processes, tmp_path: Path) -> Iterator[Server]:
    """A server over the worker, which is left for others."""

    class Kept(Processes):
        def __init__(self) -> None:
            self.__dict__ = workers.__dict__

        def close(self) -> None:
            pass

    with bare_server(tmp_path, Kept()) as server:
        yield server


@pytest.mark.thorough
def test_a_visitor_whose_worker_is_killed_gets_the_result_all_the_same(
    server: Server, workers: Processes, task: Callable[..., Transfer]
) -> None:
    asked = task(preset("quick", n_fft=512, hop_length=256, kernel_width=4, iterations=60, optimizer="adam"))
    killed = False
    update = None
    for update in server.run(Visitor("a"), asked.content, asked.styles, asked.settings, measured=True):
        if update.steps and not killed:
            killed = True
            os.kill(workers.process_ids()[0], signal.SIGKILL)
    assert update is not None
    assert update.is_second_try
    assert update.result is not None
    assert update.cards


@pytest.mark.thorough
def test_who_loses_two_workers_is_told_and_others_go_on(
    server: Server, workers: Processes, task: Callable[..., Transfer]
) -> None:
    asked = task(ENDLESS)
    killed: set[int] = set()

    def kill_whenever_it_runs() -> None:
        for update in server.run(Visitor("a"), asked.content, asked.styles, asked.settings):
            (worker,) = workers.process_ids()
            if update.steps and update.is_second_try == bool(killed) and worker not in killed:
                killed.add(worker)
                os.kill(worker, signal.SIGKILL)

    with pytest.raises(WorkerLostError):
        kill_whenever_it_runs()
    assert len(killed) == 2
    asked = task()
    assert list(server.run(Visitor("b"), asked.content, asked.styles, asked.settings))[-1].result is not None


@pytest.mark.thorough
def test_a_process_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    made = Processes()
    try:
        with pytest.raises(DeviceError, match="JAX_PLATFORMS"):
            made.wait_until_ready()
    finally:
        made.close()


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the limit is Linux's")
def test_a_task_far_beyond_its_memory_ends_alone(task: Callable[..., Transfer]) -> None:
    """What has half a gigabyte, and the reserve, for some four."""
    made = Processes(memory_bytes=2**29)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 44_100 * 20).astype(np.float32)
    try:
        bomb = Transfer(
            content=noise, styles=[noise], settings=preset("quick", n_fft=128, hop_length=32, seconds=20, iterations=1)
        )
        with pytest.raises((WorkerLostError, OutOfMemoryError)):
            all_of(made.submit(bomb))
        (*_, last) = all_of(made.submit(task()))
        assert isinstance(last, Made)
    finally:
        made.close()


@pytest.mark.thorough
def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Even if that is killed."""
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
        import time
        from styletransfer.workers.processes import Processes

        if __name__ == "__main__":
            workers = Processes()
            workers.wait_until_ready()
            print(*workers.process_ids(), flush=True)
            time.sleep(60)
        """)
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    wait_until(lambda: not _is_running(worker), timeout_s=CHILD_ENDS_S)
    parent.stdout.close()


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process_id}/status")
    # One whose parent has not asked for its end yet is still listed.
    return not (status.exists() and "State:\tZ" in status.read_text())


@pytest.mark.thorough
def test_closing_ends_the_workers_at_once(task: Callable[..., Transfer]) -> None:
    made = Processes()
    made.wait_until_ready()
    run = made.submit(task(ENDLESS))
    begun(run)
    start_s = time.monotonic()
    (worker,) = made.process_ids()
    made.close()
    assert time.monotonic() - start_s < CHILD_ENDS_S
    assert not _is_running(worker)
    with pytest.raises(WorkerLostError):
        all_of(run)
