"""Who is making what, told by files, so that several processes on one or many machines share a folder.

A lease is a file that is made only where there is none; whoever holds it touches it every HEARTBEAT_S. Its holder is
gone where the same machine has no such process any more, or where the file stayed as it was for STALE_S by the clock of
whoever watches it: clocks of several machines are never compared. A lease is no guarantee: a holder that was held up
may go on beside the one who took over. Both then make the same, and the first is kept.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

HEARTBEAT_S = 10.0
STALE_S = 60.0


class Claim(enum.Enum):
    """What came of asking for a lease."""

    HELD = "somebody else has it"
    TAKEN = "it was free"
    TAKEN_OVER = "its holder is gone"


class Leases:
    """The leases of one process in a folder. A context; for many threads."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = secrets.token_hex(8)
        self._folder, self._clock = folder, clock
        self._held: set[str] = set()
        self._seen: dict[str, tuple[Any, float]] = {}
        """what a lease of another looked like, and since when"""
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._beat, name="leases", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        for key in list(self._held):
            self.release(key)

    def claim(self, key: str) -> Claim:
        """Ask for the lease of a key. Raises OSError."""
        if self._make(key):
            return Claim.TAKEN
        gone = self._gone(key)
        if gone is None or not self._remove(key, gone) or not self._make(key):
            return Claim.HELD
        return Claim.TAKEN_OVER

    def release(self, key: str) -> None:
        """Give a lease back."""
        self._held.discard(key)
        if (self._read(key) or {}).get("token") == self.token:
            with contextlib.suppress(OSError):
                (self._folder / key).unlink()

    def tokens(self) -> set[str]:
        """Those of all processes that hold a lease, this one's too, but for those that are known to have ended."""
        leases = (self._read(path.name) for path in self._folder.iterdir() if not path.name.startswith("."))
        return {self.token, *(lease["token"] for lease in leases if lease and not _has_ended(lease))}

    def _make(self, key: str) -> bool:
        text = json.dumps({"token": self.token, "machine": _machine(), "process": os.getpid(), "begun": _begun("self")})
        try:
            with open(self._folder / key, "x", encoding="utf-8") as file, _removed_on_failure(self._folder / key):
                file.write(text)
                file.flush()
        except FileExistsError:
            return False
        self._held.add(key)
        return True

    def _read(self, key: str) -> dict[str, Any] | None:
        try:
            lease = json.loads((self._folder / key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return lease if isinstance(lease, dict) and "token" in lease else None

    def _gone(self, key: str) -> str | None:
        """The token of a holder that is gone, which is empty where the lease does not tell it."""
        lease = self._read(key) or {}
        try:
            looks = lease.get("token", ""), (self._folder / key).stat().st_mtime_ns
        except OSError:
            return None
        if _has_ended(lease):
            return looks[0]
        before, since_s = self._seen.get(key, (None, 0.0))
        if before != looks:
            self._seen[key] = looks, self._clock()
            return None
        return looks[0] if self._clock() - since_s > STALE_S else None

    def _remove(self, key: str, token: str) -> bool:
        """Take a lease away from a holder that is gone, unless somebody else has just done so."""
        aside = self._folder / f".{key}.{self.token}"
        try:
            os.rename(self._folder / key, aside)
        except OSError:
            return False
        if (self._read(aside.name) or {}).get("token", "") != token:
            with contextlib.suppress(OSError):
                os.rename(aside, self._folder / key)
            return False
        aside.unlink(missing_ok=True)
        return True

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_S):
            for key in list(self._held):
                with contextlib.suppress(OSError):
                    os.utime(self._folder / key)


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """A lease that could not be written is none: empty, nobody could tell whose it is."""
    try:
        yield
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _machine() -> str:
    """What tells this machine, since it was started, and the processes that can be seen from here, from others: the
    first namespace of processes has the same number on all. Empty where the system does not tell."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{socket.gethostname()} {started} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _has_ended(lease: dict[str, Any]) -> bool:
    """Whether a lease is of a process of this machine that is no longer there."""
    here = _machine()
    return bool(here) and lease.get("machine") == here and _begun(lease["process"]) != lease["begun"]


def _begun(process: int | str) -> str | None:
    """When a process of this machine began, in a form that no later process of its number has; None where there is
    none. Where the system does not tell, as if all were alive."""
    if not os.path.exists("/proc/self/stat"):
        return "unknown"
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]
