"""Connecting to Ray: a sentence for whatever is not there, and nothing that stays behind."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.page_server import free_port
from support.ray_clusters import processes, ray_folder, tried

from styletransfer.settings import preset
from styletransfer.workers import ray_actors, ray_cluster
from styletransfer.workers.protocol import Made, Transfer, Wish, WorkerLostError, events
from styletransfer.workers.ray_actors import RayActors
from styletransfer.workers.ray_cluster import ClusterError

thorough = pytest.mark.thorough


@pytest.fixture
def folder() -> Iterator[Path]:
    with ray_folder() as folder:
        yield folder


def test_who_has_no_ray_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install -r requirements-ray\.txt"):
        RayActors("auto")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:{port}", r"^Nobody answers at 127\.0\.0\.1:\d+: Connection refused\. Is Ray running there\?"),
        ("nobody.invalid:6379", r"^Nobody answers at nobody\.invalid:6379: "),
        ("127.0.0.1:123456789", "^Nobody answers"),
        ("ray://127.0.0.1:10001", "client, which is not used here"),
        ("cluster", "is no address of a Ray cluster. Give local, "),
        (":6379", "is no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(ClusterError, match=sentence):
        RayActors(address.format(port=free_port()))


def test_a_device_is_a_graphics_card_or_a_machine_without_any() -> None:
    kinds = {
        "cards": {"CPU": 8.0, "GPU": 2.0},
        "processor": {"CPU": 8.0},
        "head": {"memory": 1.0},
        "gone": {"CPU": 1.0},
    }
    nodes = [
        {"NodeID": name, "NodeManagerHostname": f"{name}.lab", "Alive": name != "gone", "Resources": resources}
        for name, resources in kinds.items()
    ]
    assert ray_cluster.devices(SimpleNamespace(nodes=lambda: nodes)) == [  # pyright: ignore[reportArgumentType]
        ("cards", 0, "cards.lab", True),
        ("cards", 1, "cards.lab", True),
        ("processor", 0, "processor.lab", False),
    ]


@pytest.mark.process
@pytest.mark.slow
def test_one_who_takes_calls_and_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "CONNECT_S", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ClusterError, match="nothing came for 2 s"):
        RayActors(f"127.0.0.1:{silent.getsockname()[1]}")


@thorough
@pytest.mark.process
def test_no_cluster_is_found_where_none_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free_port()}")  # so that none of this machine's user is found
    monkeypatch.setattr(ray_cluster, "CONNECT_S", 10.0)
    with pytest.raises(ClusterError):
        RayActors("auto")


@thorough
@pytest.mark.process
def test_ray_on_this_machine_alone_leaves_nothing_running(folder: Path, recording: Callable[..., np.ndarray]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    workers = tried(RayActors, address="local")
    try:
        workers.wait_until_ready()
        assert workers.count == 1
        assert processes(folder)
        content, style = recording("speech", 0.5, start_s=1.0), recording("drums", 0.5, start_s=1.0)
        task = Transfer(content=content, styles=[style], settings=preset("instant"))
        *_, made = events(workers.submit(task), lambda: Wish.GO_ON)
        assert isinstance(made, Made)
        run = workers.submit(Transfer(content=content, styles=[style], settings=preset("studio", iterations=5000)))
        waiting = threading.Thread(target=refused, args=(workers, task))
        waiting.start()
    finally:
        workers.close()
    waiting.join(60)
    assert not waiting.is_alive(), "a task waits for a worker that will never be free"
    assert not processes(folder)
    assert signal.getsignal(signal.SIGTERM) == before
    with pytest.raises(WorkerLostError):
        list(events(run, lambda: Wish.GO_ON))
    refused(workers, task)
    workers.close()  # once more does nothing


def refused(workers: RayActors, task: Transfer) -> None:
    with pytest.raises(WorkerLostError):
        workers.submit(task)


@thorough
@pytest.mark.process
def test_a_machine_that_cannot_begin_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = tried(RayActors, address="local", engine="no.such.engine")
    try:
        with pytest.raises(ClusterError, match=r"cannot start the engine.*ModuleNotFoundError: No module named 'no'"):
            workers.wait_until_ready()
        assert workers.count == 0
        (trouble,) = workers.troubles()
        assert "No module named 'no'" in trouble
    finally:
        workers.close()
    monkeypatch.setattr(ray_actors, "__version__", "9.9")
    workers = tried(RayActors, address="local")
    try:
        with pytest.raises(ClusterError, match=r"and this machine 9\.9\. Install the same on both\.$"):
            workers.wait_until_ready()
    finally:
        start_s = time.monotonic()
        workers.close()
        assert time.monotonic() - start_s < 60
