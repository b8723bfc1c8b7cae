"""The connection to a cluster of Ray: made within a bounded time or refused in a sentence, and left without a trace."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from styletransfer.errors import StyleTransferError

LOCAL, AUTO = "local", "auto"
CONNECT_S = 60.0
"""In which a machine of the cluster has answered; most of it is Python's and Ray's own start on a busy machine."""
ANSWER_S = 5.0
"""In which one takes a connection."""
TRIAL = "import ray, sys; ray.init(sys.argv[1], logging_level='ERROR', log_to_driver=False)"
NOT_INSTALLED = "Ray is not installed here. Install it with pip install -r requirements-ray.txt, or leave --ray out."
ADDRESSES = "Give local, for this machine alone, auto, for the cluster that this machine is part of, or HOST:PORT."
WITH_PROTOCOL = (
    "{address} is an address of Ray's client, which is not used here: results would cross the network twice. Start "
    "this program on a machine of the cluster, with auto as the address."
)
NO_ANSWER = "Nobody answers at {address}: {reason}. Is Ray running there? ray start --head starts it, on port 6379."
NOT_CONNECTED = (
    "The Ray cluster at {address} cannot be used from here: {reason}. This machine must be part of it (ray start "
    "--address=...), with the same versions of Ray and Python, and the same token if it asks for one."
)
NOT_STARTED = "Ray cannot be started on this machine: {reason}."


class ClusterError(StyleTransferError):
    """A cluster of Ray is not there, or cannot be used."""


class Device(NamedTuple):
    """Where an actor may be."""

    node_id: str
    number: int
    """On its machine, from 0."""
    machine: str
    is_card: bool
    """A graphics card; else all processors of the machine."""


class Cluster:
    """A connection to the cluster at an address, one for the process. For any thread. Raises ClusterError."""

    def __init__(self, address: str) -> None:
        if importlib.util.find_spec("ray") is None:
            raise ClusterError(NOT_INSTALLED)
        if address != LOCAL:
            _try(address)
        self._ray = _connect(address)
        self._changed = threading.Condition()
        self._users = 0
        self._is_closed = False

    @contextlib.contextmanager
    def in_use(self) -> Iterator[ModuleType | None]:
        """Ray, which stays connected meanwhile; None where it is not any more."""
        with self._changed:
            is_open = not self._is_closed
            self._users += is_open
        try:
            yield self._ray if is_open else None
        finally:
            with self._changed:
                self._users -= is_open
                self._changed.notify_all()

    def close(self) -> None:
        """Disconnect, as soon as nobody uses it any more; a cluster of this machine alone ends."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._changed.wait_for(lambda: not self._users)
        self._ray.shutdown()


def devices(ray: ModuleType) -> list[Device]:
    """All graphics cards, and of a machine that has none its processors.

    A machine that offers neither (`ray start --num-cpus=0`) has no device."""
    found = []
    for node in ray.nodes():
        if node["Alive"]:
            cards, processors = (int(node["Resources"].get(kind, 0)) for kind in ("GPU", "CPU"))
            machine = node["NodeID"], node["NodeManagerHostname"]
            found += [Device(machine[0], n, machine[1], cards > 0) for n in range(cards or min(processors, 1))]
    return found


def actor(ray: ModuleType, device: Device, kind: type, calls: int) -> Any:
    """A new actor for a device and no other, of which Ray tries nothing again; takes so many calls at a time."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    options = {
        "num_gpus": int(device.is_card),
        "num_cpus": int(not device.is_card),
        "max_restarts": 0,
        "max_task_retries": 0,
        "max_concurrency": calls,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(device.node_id, soft=False),
    }
    return ray.remote(kind).options(**options).remote()


def _try(address: str) -> None:
    """See in a process of its own whether Ray connects: in this one it would write to the terminal for minutes."""
    if "://" in address:
        raise ClusterError(WITH_PROTOCOL.format(address=address))
    if address != AUTO:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise ClusterError(f"{address} is no address of a Ray cluster. {ADDRESSES}")
        try:
            socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ClusterError(NO_ANSWER.format(address=address, reason=reason)) from error
    try:
        done = subprocess.run(
            [sys.executable, "-c", TRIAL, address], capture_output=True, text=True, timeout=CONNECT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(NO_ANSWER.format(address=address, reason=f"nothing came for {CONNECT_S:.0f} s")) from error
    if done.returncode:
        raise ClusterError(NOT_CONNECTED.format(address=address, reason=last_line(done.stderr)))


def _connect(address: str) -> ModuleType:
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM) if is_main else None
    try:
        # What raylets say of one another Ray prints whatever it is told otherwise.
        ray._private.worker._worker_logs_enabled = False  # pyright: ignore
        with warnings.catch_warnings():
            # JAX warns of every fork; what Ray forks becomes another program at once.
            warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
            ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        ray.shutdown()
        sentence = NOT_STARTED if address == LOCAL else NOT_CONNECTED
        raise ClusterError(sentence.format(address=address, reason=last_line(str(error)))) from error
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    return ray


def last_line(text: str) -> str:
    """What a library says last, without its full stop."""
    return (text.strip().splitlines() or ["it says nothing"])[-1].rstrip(".")
