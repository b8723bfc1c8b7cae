"""Workers on the nodes of a Ray cluster: the same results, and a node that goes takes nothing but its run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support.page_server import wait_until
from support.ray_clusters import TOKEN, ray_folder, tried
from support.ray_engine import TOLD

from styletransfer.errors import SettingsError
from styletransfer.settings import preset
from styletransfer.workers.in_process import InProcess
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
from styletransfer.workers.ray_actors import RayActors
from styletransfer.workers.ray_cluster import ClusterError

pytestmark = [
    pytest.mark.process,
    pytest.mark.thorough,
    # A node is started by a fork at which JAX has begun; what it becomes is another program at once.
    pytest.mark.filterwarnings("ignore:os.fork"),
]

TINY = preset("quick", n_fft=512, hop_length=256, kernel_width=4, griffin_lim_iterations=4, refinement_iterations=0)
DEADLINE_S = 120.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that offers nothing, and one node of one processor."""
    with ray_folder():
        from ray.cluster_utils import Cluster  # late, for it reads the environment

        made = tried(Cluster, initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        try:
            tried(made.add_node, num_cpus=1)
            yield made
        finally:
            made.shutdown()


@pytest.fixture(scope="module")
def workers(cluster: Any) -> Iterator[RayActors]:
    made = RayActors(cluster.address, engine="support.ray_engine")
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.close()


@pytest.fixture
def task(recording: Callable[..., np.ndarray]) -> Callable[..., Transfer]:
    def make(settings: Any = TINY, **options: Any) -> Transfer:
        content, style = recording("speech", 0.5, start_s=1.0), recording("drums", 0.5, start_s=1.0)
        return Transfer(content=content, styles=[style], settings=settings, **options)

    return make


def all_of(run: Run, wish: Callable[[], Wish] = lambda: Wish.GO_ON) -> list[Event]:
    until_s = time.monotonic() + DEADLINE_S
    return list(events(run, lambda: wish() if time.monotonic() < until_s else Wish.KILL))


def begun(run: Run) -> None:
    wait_until(lambda: any(isinstance(event, Stepped) for event in run.poll(1)))


def told(run: Run) -> tuple[str, dict[str, str]]:
    """Where a run with TOLD was made, and the environment there, as it says when it is asked to stop."""
    *_, made = all_of(run, lambda: Wish.STOP)
    assert isinstance(made, Made)
    return made.result  # pyright: ignore[reportReturnType]


def test_a_node_makes_what_this_process_makes_and_measures_it(
    workers: RayActors, task: Callable[..., Transfer]
) -> None:
    asked = task(sketched=True, picture_s=0.0, preview_s=0.0)
    *there, made = all_of(workers.submit(asked))
    *here, expected = all_of(InProcess().submit(asked))
    assert isinstance(made, Made)
    assert isinstance(expected, Made)
    np.testing.assert_array_equal(made.result.sound, expected.result.sound)
    np.testing.assert_array_equal(made.result.spectrogram, expected.result.spectrogram)
    losses = [[step.total for step in each.result.history] for each in (made, expected)]
    assert losses[0] == losses[1]
    steps = [[e.step.iteration for e in each if isinstance(e, Stepped)] for each in (there, here)]
    assert steps[0] == steps[1]
    looks = [event for event in there if isinstance(event, Look)]
    assert any(look.spectrogram is not None for look in looks)
    (card,) = all_of(
        workers.submit(Measurement(results=[made.result], content=asked.content, styles=list(asked.styles)))
    )
    assert isinstance(card, Measured)
    assert np.isfinite(card.card.result.style_loss)


def test_a_run_is_stopped_with_the_best_so_far_or_abandoned(workers: RayActors, task: Callable[..., Transfer]) -> None:
    run = workers.submit(task(TOLD))
    begun(run)
    _, environment = told(run)
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert "OMP_NUM_THREADS" not in environment
    told(workers.submit(task(TOLD)))  # a wish may come before the task
    run = workers.submit(task(TOLD))
    assert not any(isinstance(event, Made) for event in all_of(run, lambda: Wish.ABANDON))


def test_a_refusal_stays_a_sentence_and_a_fault_tells_its_traceback(
    workers: RayActors, task: Callable[..., Transfer]
) -> None:
    with pytest.raises(SettingsError, match="style weights"):
        all_of(workers.submit(task(preset("quick", style_weights=(1.0, 2.0)))))
    with pytest.raises(EngineFaultError, match=r"Traceback[\s\S]*AttributeError"):
        all_of(workers.submit(Measurement(results=[None], content=task().content, styles=[])))  # pyright: ignore


def test_who_has_another_token_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN[::-1])
    with pytest.raises(ClusterError, match="the same token"):
        RayActors(cluster.address)


def test_a_killed_run_is_lost_and_its_worker_replaced(workers: RayActors, task: Callable[..., Transfer]) -> None:
    run = workers.submit(task(TOLD))
    begun(run)
    run.cancel(Wish.KILL)
    with pytest.raises(WorkerLostError, match=r"^The transfer ended with the process that made it"):
        all_of(run)
    assert isinstance(all_of(workers.submit(task()))[-1], Made)


def test_a_node_that_comes_is_used_and_one_that_goes_is_lost_at_once(
    cluster: Any, workers: RayActors, task: Callable[..., Transfer], capfd: pytest.CaptureFixture[str]
) -> None:
    """No processor is spare: each node has one, and a worker on it."""
    first = workers.submit(task(TOLD))
    begun(first)
    another = tried(cluster.add_node, num_cpus=1)
    wait_until(lambda: workers.count == 2, DEADLINE_S)
    second = workers.submit(task(TOLD))
    begun(second)
    capfd.readouterr()
    cluster.remove_node(another, allow_graceful=False)
    start_s = time.monotonic()
    with pytest.raises(WorkerLostError):
        all_of(second)
    assert time.monotonic() - start_s < 30
    begun(first)
    node, _ = told(first)
    wait_until(lambda: workers.count == 1)
    for _ in range(2):
        assert told(workers.submit(task(TOLD)))[0] == node
    assert capfd.readouterr() == ("", "")
