"""Leases: one holder at a time, and nobody waits for one that is gone."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from styletransfer.grid import leases as lease_files
from styletransfer.grid.leases import STALE_S, Claim, Leases


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def foreign(folder: Path, key: str, text: str | None = None) -> Path:
    """The lease of a process on another machine."""
    path = folder / key
    path.write_text(text or json.dumps({"token": "other", "machine": "elsewhere", "process": 1, "begun": "2"}))
    return path


def test_a_lease_has_one_holder_until_it_is_given_back(tmp_path: Path) -> None:
    with Leases(tmp_path) as first, Leases(tmp_path) as second:
        assert first.claim("a") is Claim.TAKEN
        assert second.claim("a") is Claim.HELD
        assert second.claim("b") is Claim.TAKEN
        second.release("a")
        assert second.claim("a") is Claim.HELD
        first.release("a")
        assert second.claim("a") is Claim.TAKEN
        assert first.tokens() == {first.token, second.token}
    assert not list(tmp_path.iterdir())


def test_of_many_that_ask_at_once_one_gets_it(tmp_path: Path) -> None:
    holders = [Leases(tmp_path) for _ in range(8)]
    for number in range(50):
        barrier, claims = threading.Barrier(len(holders)), []

        def ask(
            leases: Leases,
            key: str = str(number),
            barrier: threading.Barrier = barrier,
            claims: list[Claim] = claims,
        ) -> None:
            barrier.wait()
            claims.append(leases.claim(key))

        threads = [threading.Thread(target=ask, args=[each]) for each in holders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(claim.name for claim in claims) == ["HELD"] * 7 + ["TAKEN"]


@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells when a process began")
def test_the_lease_of_a_process_that_was_killed_is_taken_over_at_once(tmp_path: Path) -> None:
    program = "import sys, time; from pathlib import Path; from styletransfer.grid.leases import Leases\n"
    program += "print(Leases(Path(sys.argv[1])).claim('a').name, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"TAKEN\n"
        with Leases(tmp_path) as leases:
            assert leases.claim("a") is Claim.HELD
            (token,) = leases.tokens() - {leases.token}
            holder.kill()
            holder.wait()
            assert leases.tokens() == {leases.token}, f"{token} has ended"
            assert leases.claim("a") is Claim.TAKEN_OVER


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells when a process began")
def test_machines_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers and the machines of a cluster may all have one name, and the first namespace has one number."""
    there = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    assert there in lease_files._machine()
    Leases(tmp_path).claim("a")
    monkeypatch.setattr(lease_files, "_begun", lambda _: None)
    assert Leases(tmp_path).claim("a") is Claim.TAKEN_OVER
    monkeypatch.setattr(lease_files, "_machine", lambda: "")
    Leases(tmp_path).claim("b")
    assert Leases(tmp_path).claim("b") is Claim.HELD, "a system that does not tell is no sign of an end"


def test_a_lease_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = open

    def full(*given: Any, **options: Any) -> Any:
        return Full(made(*given, **options))

    class Full:
        """A file on a disk without room."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, text: str) -> None:
            pass

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lease_files, "open", full, raising=False)
    leases = Leases(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        leases.claim("a")
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert Leases(tmp_path).claim("a") is Claim.TAKEN


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_another_machine_is_waited_for_as_long_as_it_gives_a_sign(tmp_path: Path, text: str | None) -> None:
    clock = Clock()
    leases, path = Leases(tmp_path, clock), foreign(tmp_path, "a", text)
    for number in range(3):
        assert leases.claim("a") is Claim.HELD
        clock.now_s += STALE_S - 1
        os.utime(path, (number, number))
    assert leases.claim("a") is Claim.HELD
    clock.now_s += STALE_S + 1
    assert leases.claim("a") is Claim.TAKEN_OVER
    assert leases.claim("a") is Claim.HELD


def test_a_lease_that_somebody_else_has_just_taken_over_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    leases = Leases(tmp_path, clock)
    foreign(tmp_path, "a")
    leases.claim("a")
    clock.now_s += STALE_S + 1
    rename = os.rename

    def late(source: Path, target: Path) -> None:
        """Meanwhile a third one has come."""
        monkeypatch.setattr(lease_files.os, "rename", rename)
        foreign(tmp_path, "a", json.dumps({"token": "third", "machine": "elsewhere", "process": 1, "begun": "2"}))
        rename(source, target)

    monkeypatch.setattr(lease_files.os, "rename", late)
    assert leases.claim("a") is Claim.HELD
    assert json.loads((tmp_path / "a").read_text())["token"] == "third"


def test_a_holder_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_files, "HEARTBEAT_S", 0.01)
    with Leases(tmp_path) as leases:
        leases.claim("a")
        os.utime(tmp_path / "a", (0, 0))
        end_s = time.monotonic() + 10
        while (tmp_path / "a").stat().st_mtime == 0:
            assert time.monotonic() < end_s
            time.sleep(0.01)
