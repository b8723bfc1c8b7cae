"""What memory a process may still take, in folders that look like those of Linux."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from styletransfer.runtime import memory

MIB, GIB = 2**20, 2**30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def machine(available_gib: int) -> dict[str, str]:
    text = f"MemTotal:       {64 * MIB} kB\nMemFree:          1024 kB\nMemAvailable:   {available_gib * MIB} kB\n"
    return {"proc/meminfo": text}


def group(folder: str, limit: str, used: int, cache: int = 0) -> dict[str, str]:
    files = {"memory.max": limit, "memory.current": f"{used}\n", "memory.stat": f"anon 1\ninactive_file {cache}\n"}
    return {f"sys/fs/cgroup/{folder}{name}": text for name, text in files.items()}


def test_a_machine_without_groups(tmp_path: Path) -> None:
    assert memory.free_bytes(write(tmp_path, machine(10))) == 10 * GIB


def test_the_group_of_a_container_is_at_the_mount(tmp_path: Path) -> None:
    files = machine(10) | {"proc/self/cgroup": "0::/\n"} | group("", f"{2 * GIB}\n", 500 * MIB, 100 * MIB)
    assert memory.free_bytes(write(tmp_path, files)) == 2 * GIB - 400 * MIB


def test_a_parent_may_have_less_left(tmp_path: Path) -> None:
    files = machine(10) | {"proc/self/cgroup": "0::/system.slice/page.service\n"}
    files |= group("system.slice/page.service/", "max\n", 100 * MIB)
    files |= group("system.slice/", f"{3 * GIB}\n", GIB)
    files |= group("", f"{8 * GIB}\n", GIB)
    assert memory.free_bytes(write(tmp_path, files)) == 2 * GIB


def test_the_path_outside_a_container_counts_for_nothing(tmp_path: Path) -> None:
    files = machine(10) | {"proc/self/cgroup": "0::/../../other\n"} | group("", f"{GIB}\n", 0)
    assert memory.free_bytes(write(tmp_path, files)) == GIB


def test_groups_of_version_1(tmp_path: Path) -> None:
    folder = "sys/fs/cgroup/memory/"
    files = machine(10) | {"proc/self/cgroup": "9:cpu,cpuacct:/\n4:memory:/docker/abc\n"}
    files |= {f"{folder}docker/abc/memory.limit_in_bytes": f"{4 * GIB}\n"}
    files |= {f"{folder}docker/abc/memory.usage_in_bytes": f"{GIB}\n"}
    files |= {f"{folder}docker/abc/memory.stat": f"cache 5\ntotal_inactive_file {256 * MIB}\n"}
    files |= {f"{folder}memory.limit_in_bytes": "9223372036854771712\n", f"{folder}memory.usage_in_bytes": "5\n"}
    assert memory.free_bytes(write(tmp_path, files)) == 3 * GIB + 256 * MIB


def test_a_group_that_is_over_its_limit_has_nothing_left(tmp_path: Path) -> None:
    files = machine(10) | {"proc/self/cgroup": "0::/\n"} | group("", f"{GIB}\n", 2 * GIB)
    assert memory.free_bytes(write(tmp_path, files)) == 0


def test_an_old_kernel_and_damaged_files(tmp_path: Path) -> None:
    files = {"proc/meminfo": "MemTotal: 2048 kB\nnonsense\n", "proc/self/cgroup": "0::/\nx\n"}
    files |= {"sys/fs/cgroup/memory.max": "\u00b2\n"}
    assert memory.free_bytes(write(tmp_path, files)) == MIB


def test_another_system_tells_all_memory_of_which_a_part_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**20}
    monkeypatch.setattr(os, "sysconf", told.__getitem__, raising=False)
    assert memory.free_bytes(tmp_path) == 2 * GIB


def test_a_system_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert memory.free_bytes(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is only a part of all")
def test_this_machine() -> None:
    free = memory.free_bytes()
    assert free is not None
    assert 0 <= free <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
