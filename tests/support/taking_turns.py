"""Workers that run tests beside each other, and tests that run alone.

A plugin of pytest (conftest.py names it). Work is handed out by module, so that its tests share what they have made;
tests in a browser or with processes share nothing but the worker's own server and browser, and are handed out one by
one, last, so that no worker waits long for another at the end. A test with the marker `timing` runs while the other
workers wait: what it measures is not how busy the machine is with them.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from styletransfer.runtime import compile_cache

ONE_BY_ONE = ("_browser.py", "_process.py", "test_app.py", "test_compare_tab.py")


class Scheduling(LoadScopeScheduling):
    """By module, or by test in the modules that ONE_BY_ONE names; units of many tests first."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::")[0]
        return nodeid if module.endswith(ONE_BY_ONE) else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


class Turns:
    """Locks in a folder that all workers see: one for each, which it holds while it runs a test."""

    def __init__(self, folder: Path) -> None:
        own, count = os.environ["PYTEST_XDIST_WORKER"], int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        # Whoever waits for all others holds the door: nobody begins another test meanwhile.
        self._door = FileLock(folder / "door.lock")
        self._own = FileLock(folder / f"{own}.lock")
        self._all = [FileLock(folder / f"gw{number}.lock") for number in range(count)]

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        with self._door:
            self._own.acquire()
        with ExitStack() as held:
            held.callback(self._own.release)
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        with ExitStack() as held:
            for lock in (self._door, *self._all):
                held.enter_context(lock)
            yield


TURNS = pytest.StashKey[Turns]()


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.stash[TURNS] = Turns(Path(os.environ[compile_cache.VARIABLE]).parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    turns = item.config.stash.get(TURNS, None)
    if turns is None:
        return (yield)
    with turns.alone() if item.get_closest_marker("timing") else turns.beside_others():
        return (yield)
