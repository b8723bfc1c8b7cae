"""A page in a process of its own, as those who host one start it, and what that process takes. Linux only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

ANNOUNCED = "The page is at "


class NotServedError(Exception):
    """A page that could not be served; the text is what it said."""


class Page(NamedTuple):
    """A page that is served."""

    url: str
    """without a slash at its end"""
    process: subprocess.Popen[str]


@contextmanager
def page(*options: str, environment: Mapping[str, str] | None = None, within: Sequence[str] = ()) -> Iterator[Page]:
    """A page with these options of the command line, until the context ends; then it is asked to end. `within` is what
    starts it, if not this process. Raises NotServedError."""
    command = [*within, sys.executable, "-m", "styletransfer", "page", *options]
    with tempfile.TemporaryFile("w+") as said:
        environment = {**os.environ, **(environment or {})}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=environment)
        try:
            yield Page(_announced(process, said), process)
        finally:
            process.terminate()
            process.wait()


def _announced(process: subprocess.Popen[str], said: IO[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith(ANNOUNCED):
            return line.removeprefix(ANNOUNCED).strip().rstrip("/")
    said.seek(0)
    raise NotServedError(said.read())


class Taken(NamedTuple):
    """What processes hold at a moment."""

    server_mib: float
    """resident, of the server's process"""
    workers_mib: float
    """of the processes that it has started"""
    processes: int
    """that it has started, and those have"""
    threads: int
    """of the server's process"""
    files: int
    """that it has open, connections included"""
    disk_mib: float


def taken(process_id: int, folder: Path) -> Taken:
    """What a server holds now that keeps its files in a folder."""
    children = _descendants(process_id)
    status = _status(process_id)
    return Taken(
        server_mib=_mib(status),
        workers_mib=sum(_mib(_status(child)) for child in children),
        processes=len(children),
        threads=int(status.get("Threads", "0")),
        files=len(os.listdir(f"/proc/{process_id}/fd")),
        # os.walk passes over folders that are removed meanwhile, and Path.rglob does not.
        disk_mib=sum(_size(Path(at, name)) for at, _, names in os.walk(folder) for name in names) / 2**20,
    )


def memory_mib(process_id: int) -> float:
    """What a process and all that it has started hold now."""
    return sum(_mib(_status(each)) for each in (process_id, *_descendants(process_id)))


def workers(process_id: int) -> list[int]:
    """The processes in which a server has results made."""
    return [child for child in _descendants(process_id) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _descendants(process_id: int) -> list[int]:
    """All processes below one. Those that have just ended are left out."""
    parents = {int(path.name): _status(int(path.name)).get("PPid") for path in Path("/proc").glob("[0-9]*")}
    found, new = [], {str(process_id)}
    while new:
        now = [child for child, parent in parents.items() if parent in new]
        found += now
        new = {str(child) for child in now}
    return found


def _status(process_id: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _mib(status: Mapping[str, str]) -> float:
    return int(status.get("VmRSS", "0 kB").split()[0]) / 1024


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size if path.is_file() else 0
    except OSError:
        return 0
