"""Clusters of Ray on this machine, and what they leave behind."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.page_server import wait_until

ROOT = Path(__file__).parents[2]
TRIES = 4
"""A node gives up its own start where that takes long, as on a busy machine."""
TOKEN = "0123456789abcdef" * 4


@contextmanager
def ray_folder() -> Iterator[Path]:
    """What Ray is told by the environment: a folder of its own, a token, and where the modules are. At the end nothing
    runs that was started with it."""
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # a short one, for it has sockets
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                "RAY_TMPDIR": str(folder),
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN": TOKEN,
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            }.items():
                patch.setenv(name, value)
            yield folder
        wait_until(lambda: not processes(folder))
    finally:
        for process in processes(folder):
            os.kill(process, 9)
        shutil.rmtree(folder, ignore_errors=True)


def processes(folder: Path) -> list[int]:
    """Those that have a `ray_folder` in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"RAY_TMPDIR={folder}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:  # it has ended
            continue
    return found


def tried(start: Any, **options: Any) -> Any:
    """What `start(**options)` makes, at the first attempt that lasts."""
    for left in reversed(range(TRIES)):
        try:
            return start(**options)
        except Exception:
            if not left:
                raise
            time.sleep(1)
    return None
