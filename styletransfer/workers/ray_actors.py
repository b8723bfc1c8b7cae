"""Workers on the machines of a Ray cluster, one a device; one that is lost takes nothing with it but its run.

Ray tries nothing again, which would not end where a machine is gone: a run whose worker is lost is reported so at once,
and whoever submitted it puts it back. Machines that come later get their workers while others are at work.
"""

from __future__ import annotations

import itertools
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from styletransfer import __version__
from styletransfer.runtime.compile_cache import CompiledPrograms
from styletransfer.workers.processes import LOST, MAX_PAUSE_S, START_S
from styletransfer.workers.protocol import Ended, Event, Task, Wish, WorkerLostError
from styletransfer.workers.ray_cluster import Cluster, ClusterError, Device, actor, devices, last_line
from styletransfer.workers.ray_worker import CALLS, Worker

LOOK_S = 1.0
"""Between two looks at which machines there are."""
ANSWER_S = 10.0
"""How long an actor holds back an answer that has no events."""
ENGINE = "styletransfer.transfer"
NO_WORKER = (
    "No machine of the Ray cluster begins to work: ray status tells which there are, and what they have to spare."
)
OTHER_VERSION = "{machine} has version {theirs} of this program, and this machine {ours}. Install the same on both."
NOT_TAKEN = "The Ray cluster cannot take the recordings: {reason}. ray status tells what it can spare."
NOT_BEGUN = "{machine} cannot start the engine; is this program installed there as it is here? It says: {reason}"


class RayActors:
    """One worker a device of the cluster at an address: `local` starts Ray on this machine, `auto` finds the cluster
    that this machine is part of, `host:6379` names it.

    `engine` is the module that makes results, `max_programs` the compiled programs that each keeps in memory. Raises
    ClusterError where there is no such cluster."""

    def __init__(self, address: str, *, engine: str = ENGINE, max_programs: int = CompiledPrograms.MAX) -> None:
        self._options = engine, max_programs
        self._changed = threading.Condition()
        self._is_closed = False
        self._actors: dict[Device, _Actor] = {}
        self._failures: dict[Device, _Failure] = {}
        self._numbers = itertools.count()
        self._cluster = Cluster(address)
        self._keeper = threading.Thread(target=self._keep, name="ray-actors", daemon=True)
        self._keeper.start()

    @property
    def count(self) -> int:
        """How many runs there can be at a time now: it falls and rises with the machines, and is 0 before the first has
        begun."""
        with self._changed:
            return sum(each.has_begun for each in self._actors.values())

    def troubles(self) -> list[str]:
        """A sentence for each device that is there and cannot be used."""
        with self._changed:
            return [str(failure.error) for failure in self._failures.values()]

    def wait_until_ready(self, timeout_s: float = START_S) -> None:
        """Wait for the first worker. Raises WorkerLostError after that time, or says why none can begin."""
        self._free_actor(timeout_s, take=False)

    def submit(self, task: Task) -> _Run:
        """See `protocol.Workers`. Waits for as long as others are at work, and START_S for one to begin."""
        number, worker = next(self._numbers), self._free_actor(START_S)
        with self._cluster.in_use() as ray:
            if ray is None:
                raise WorkerLostError(LOST)
            try:
                answer = worker.handle.submit.remote(number, ray.put(task))
            except ray.exceptions.RayError as error:
                self._give_back(worker)
                raise ClusterError(NOT_TAKEN.format(reason=last_line(str(error)))) from error
        return _Run(self._cluster, worker, number, answer, self._give_back)

    def close(self) -> None:
        """See `protocol.Workers`."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for worker in [*self._actors.values()]:
            self._end(worker)
        self._keeper.join()
        for worker in self._actors.values():
            self._end(worker)
        self._cluster.close()

    def _free_actor(self, timeout_s: float, *, take: bool = True) -> _Actor:
        def free() -> _Actor | None:
            return next((each for each in self._actors.values() if each.is_free), None)

        with self._changed:
            until_s = time.monotonic() + timeout_s
            while (worker := free()) is None and not self._is_closed:
                if self.count:
                    until_s = time.monotonic() + timeout_s
                elif time.monotonic() >= until_s or (self._failures and not self._actors):
                    break
                self._changed.wait(LOOK_S)
            if worker is None or self._is_closed:
                raise next((each.error for each in self._failures.values()), WorkerLostError(NO_WORKER))
            worker.is_free = not take
            return worker

    def _give_back(self, worker: _Actor) -> None:
        with self._changed:
            worker.is_free = True
            self._changed.notify_all()

    def _keep(self) -> None:
        """Have an actor on each device there is, and hear at once of each that begins or is lost."""
        while not self._is_closed:
            with self._cluster.in_use() as ray:
                if ray is None:
                    return
                self._follow(ray, devices(ray))
                refs = {each.sign: each for each in self._actors.values()}
                told, _ = ray.wait([*refs], timeout=LOOK_S) if refs else ([], [])
                for ref in told:
                    self._hear(ray, refs[ref])
            if not refs:
                time.sleep(LOOK_S)

    def _follow(self, ray: ModuleType, there: Sequence[Device]) -> None:
        """Let go of actors whose machine is gone, and start those that are missing."""
        for worker in [each for each in self._actors.values() if each.device not in there]:
            self._lose(worker)
        with self._changed:
            self._failures = {device: each for device, each in self._failures.items() if device in there}
            for device in there:
                failure = self._failures.get(device)
                if device not in self._actors and (failure is None or time.monotonic() >= failure.until_s):
                    self._actors[device] = _Actor(ray, device, self._options)

    def _hear(self, ray: ModuleType, worker: _Actor) -> None:
        """An actor has begun, says why it cannot, or is lost."""
        if worker.has_begun or worker.is_lost.is_set():
            self._lose(worker)
            return
        try:
            told = ray.get(worker.sign)
        except ray.exceptions.RayError as error:
            if worker.device not in devices(ray):
                self._lose(worker)
                return
            told = ClusterError(NOT_BEGUN.format(machine=worker.device.machine, reason=last_line(str(error))))
        if isinstance(told, str) and told != __version__:
            told = ClusterError(OTHER_VERSION.format(machine=worker.device.machine, theirs=told, ours=__version__))
        if isinstance(told, BaseException):
            self._lose(worker, told)
            return
        with self._changed:
            self._failures.pop(worker.device, None)
            worker.sign = worker.handle.live.remote()
            worker.has_begun = worker.is_free = True
            self._changed.notify_all()

    def _lose(self, worker: _Actor, error: BaseException | None = None) -> None:
        """Let another take its place: at once, or after ever longer pauses where it could not begin."""
        self._end(worker)
        with self._changed:
            self._actors.pop(worker.device, None)
            if error is not None:
                before = self._failures.get(worker.device)
                self._failures[worker.device] = _Failure(error, before)
            self._changed.notify_all()

    def _end(self, worker: _Actor) -> None:
        worker.is_free = worker.has_begun = False
        worker.is_lost.set()
        with self._cluster.in_use() as ray:
            if ray is not None:
                ray.kill(worker.handle)


class _Failure:
    """Why an actor could not begin, and when the next may."""

    def __init__(self, error: BaseException, before: _Failure | None) -> None:
        self.error = error
        self.pause_s: float = min(2 * before.pause_s + 1, MAX_PAUSE_S) if before else 1.0
        self.until_s = time.monotonic() + self.pause_s


class _Actor:
    """An actor, and the answer by which it tells that it has begun, and later that it is lost."""

    def __init__(self, ray: ModuleType, device: Device, options: tuple[str, int]) -> None:
        self.device = device
        self.is_free = self.has_begun = False
        self.is_lost = threading.Event()
        self.handle = actor(ray, device, Worker, CALLS)
        self.sign: Any = self.handle.begin.remote(*options)


class _Run:
    def __init__(
        self, cluster: Cluster, worker: _Actor, number: int, answer: Any, give_back: Callable[[_Actor], None]
    ) -> None:
        self._cluster, self._worker, self._number, self._give_back = cluster, worker, number, give_back
        self._answer = answer
        self._wish = Wish.GO_ON

    def poll(self, timeout_s: float) -> Sequence[Event]:
        """See `protocol.Run`."""
        with self._cluster.in_use() as ray:
            if ray is None:
                return [Ended(WorkerLostError(LOST))]
            is_lost = self._worker.is_lost.is_set()
            if not ray.wait([self._answer], timeout=timeout_s)[0]:
                return [Ended(WorkerLostError(LOST))] if is_lost else []
            try:
                events: list[Event] = pickle.loads(ray.get(self._answer))
            except ray.exceptions.RayError:
                return [Ended(WorkerLostError(LOST))]
            if not (events and isinstance(events[-1], Ended)):
                self._answer = self._worker.handle.poll.remote(self._number, ANSWER_S)
                return events
        self._give_back(self._worker)
        return events

    def cancel(self, wish: Wish) -> None:
        """See `protocol.Run`."""
        if wish <= self._wish:
            return
        self._wish = wish
        with self._cluster.in_use() as ray:
            if ray is not None and wish == Wish.KILL:
                ray.kill(self._worker.handle)
            elif ray is not None:
                self._worker.handle.cancel.remote(self._number, wish)
