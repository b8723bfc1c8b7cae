"""How much memory this process may still take: what its machine has free, or less where a control group says so.

Linux tells in /proc and, for the control groups of containers and services, in /sys/fs/cgroup; other systems tell how
much they have in all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

UNLIMITED_BYTES = 2**60
"""From here on version 1 of control groups means no limit: it has a number for that, which differs by page size."""
FREE_SHARE = 0.5
"""Part of all memory that counts as free where a system does not say."""


def free_bytes(root: Path = Path("/")) -> int | None:
    """Return the bytes that this process may still take, None where the system does not tell.

    `root` is where `proc` and `sys` are. A limit of zero or less left is 0.
    """
    machine = _free_on_machine(root)
    left = [each for each in (machine, *_left_in_groups(root)) if each is not None]
    return max(0, min(left)) if left else None


def _free_on_machine(root: Path) -> int | None:
    """What Linux takes to be available without swapping; elsewhere a part of all."""
    values = _numbers(root / "proc" / "meminfo")
    if "MemAvailable" in values:
        return values["MemAvailable"] * 1024
    total = values["MemTotal"] * 1024 if "MemTotal" in values else _total_bytes()
    return None if total is None else round(total * FREE_SHARE)


def _total_bytes() -> int | None:
    """All memory of the machine; None on Windows, whose os has no sysconf."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_groups(root: Path) -> Iterator[int]:
    """What each control group that this process is in has left, its parents included."""
    for line in _text(root / "proc" / "self" / "cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            names = ("memory.max", "memory.current", "inactive_file")
            yield from _left_in_tree(root / "sys" / "fs" / "cgroup", path, names)
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _left_in_tree(root / "sys" / "fs" / "cgroup" / "memory", path, names)


def _left_in_tree(mount: Path, path: str, names: tuple[str, str, str]) -> Iterator[int]:
    """Of a group and those above it. In a container the own group may be the one at the mount, whatever its path."""
    limit_name, used_name, cache_name = names
    place = PurePosixPath(path.lstrip("/"))
    if ".." in place.parts:
        place = PurePosixPath()
    for part in (place, *place.parents):
        limit, used = (_number(mount / part / name) for name in (limit_name, used_name))
        if limit is not None and limit < UNLIMITED_BYTES:
            # Files that were read count as used until memory is needed.
            cache = _numbers(mount / part / "memory.stat").get(cache_name, 0)
            yield limit - max(0, (used or 0) - cache)


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _numbers(path: Path) -> dict[str, int]:
    """The first number of each line `name: number` or `name number`."""
    lines = (line.replace(":", " ").split() for line in _text(path).splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isascii() and words[1].isdigit()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
