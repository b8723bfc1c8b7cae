"""Grids, and what goes wrong while they are made: `python -m benchmarks.grid_faults`. Linux, as root for a full disk.

Each fault is brought about while a grid of twenty mosaics is made, which is started again until it is done. What
counts: does it end, is something lost or there twice, and is every sound that of a grid that nothing happened to.
Writes Markdown to standard output.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import grids, pages
from styletransfer.grid import folder as folders

N_RUNS = 20
SMALL_DISK = "6m"
LONGEST_S = 900.0
"""In which any of them has ended."""


class Row(NamedTuple):
    """What came of a fault."""

    fault: str
    times: int
    came: str


class Faults:
    """Recordings, a grid that nothing happened to, and the faults."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times, self.chance = folder, times, random.Random(0)
        self.contents, self.styles = grids.write_recordings(folder)
        self.end(self.start("undisturbed"))
        self.sounds = self.sounds_in("undisturbed")
        assert len(self.sounds) == N_RUNS

    def start(self, name: str, *options: str, contents: Sequence[Path] | None = None) -> subprocess.Popen[str]:
        """A grid that is being made."""
        command = [sys.executable, "-m", "styletransfer", "grid", "--contents"]
        command += [*map(str, contents or self.contents), "--styles", *map(str, self.styles), "-o", self.folder / name]
        command += ["--presets", "instant", "--seconds", "1", "--style-seconds", "3", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Its exit status and what it said. Raises TimeoutExpired where it does not end."""
        told = "".join(process.communicate(timeout=LONGEST_S))
        assert "Traceback" not in told, told
        return process.returncode, told

    def sounds_in(self, name: str) -> dict[str, str]:
        """What each sound is known by, by its run's id."""
        done = folders.finished(self.folder / name)
        return {each.id: hashlib.sha256(each.sound.read_bytes()).hexdigest() for each in done}

    def outcome(self, name: str) -> str:
        """What is there at the end, beside the grid that nothing happened to."""
        sounds = self.sounds_in(name)
        n_folders = len(list((self.folder / name / "runs").iterdir()))
        lost = sum(key not in sounds for key in self.sounds)
        other = sum(sounds[key] != self.sounds[key] for key in self.sounds if key in sounds)
        return f"lost: {lost}; twice: {n_folders - len(sounds)}; sounds that differ: {other}"

    def worker_killed(self) -> Row:
        """kill -9 of a worker, at random moments; the grid is made anew until it was so often."""
        killed, came = 0, set()
        while killed < self.times:
            shutil.rmtree(self.folder / "workers", ignore_errors=True)
            process = self.start("workers", "--workers", "2")
            while process.poll() is None and killed < self.times:
                time.sleep(self.chance.uniform(1, 6))
                for worker in self.chance.sample(workers := pages.workers(process.pid), min(1, len(workers))):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                        killed += 1
            status, _ = self.end(process)
            came.add(f"{self.outcome('workers')}; exit status {status}")
        return Row("worker killed (-9) at a random moment", killed, " / ".join(came))

    def driver_killed(self) -> Row:
        """kill -9 of the program, which is started again until all is done."""
        killed = 0
        while True:
            process = self.start("drivers")
            if killed < self.times:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(self.chance.uniform(3, 12))
            if killed == self.times or process.poll() is not None:
                status, _ = self.end(process)
                if killed == self.times:
                    break
                shutil.rmtree(self.folder / "drivers")  # done before it could be killed: once more
                continue
            process.kill()
            process.communicate()
            killed += 1
        return Row("program killed (-9), started again", killed, f"{self.outcome('drivers')}; exit status {status}")

    def two_drivers(self) -> Row:
        """Two programs on one folder; one of them is killed midway."""
        first, second = self.start("two"), self.start("two")
        runs = self.folder / "two" / "runs"
        _wait(lambda: runs.exists() and len(list(runs.glob("[!.]*"))) >= N_RUNS // 3)
        first.kill()
        first.communicate()
        status, _ = self.end(second)
        return Row("two programs on one folder, one of them killed", 1, f"{self.outcome('two')}; exit status {status}")

    def half_written(self) -> Row:
        """Results that a power cut has left without their end."""
        shutil.copytree(self.folder / "undisturbed", self.folder / "half")
        cut = folders.finished(self.folder / "half")[:5]
        for each in cut[:3]:
            each.sound.write_bytes(each.sound.read_bytes()[:1000])
        for each in cut[3:]:
            (each.folder / folders.REPORT).write_bytes(b"")
        status, _ = self.end(self.start("half"))
        aside = list((self.folder / "half" / "runs").glob("*.damaged"))
        for path in aside:
            shutil.rmtree(path)
        came = f"{self.outcome('half')}; put aside: {len(aside)}; exit status {status}"
        return Row("results cut short on the disk", len(cut), came)

    def full_disk(self) -> Row:
        """No room, and then room."""
        disk = self.folder / "full"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", disk], check=True)
        try:
            status, told = self.end(self.start("full"))
            left = [path for path in (disk / "runs").iterdir() if path.name.startswith(".")]
            subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
            after, _ = self.end(self.start("full"))
            came = f"exit status {status}, {told.strip().splitlines()[-1]!r}; left half: {len(left)}; with room: "
            return Row("disk full", 1, came.replace(str(disk), "…") + f"{self.outcome('full')}; exit status {after}")
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)

    def poisoned(self) -> Row:
        """Recordings that cannot be used among those that can."""
        import numpy as np
        import soundfile

        bad = [self.folder / name for name in ("nan.wav", "text.wav", "silent.wav", "short.wav", "none.wav")]
        soundfile.write(bad[0], np.full(44_100, np.nan), 44_100, subtype="FLOAT")
        bad[1].write_text("no sound")
        soundfile.write(bad[2], np.zeros(44_100), 44_100)
        soundfile.write(bad[3], np.ones(100) / 2, 44_100)
        status, told = self.end(self.start("poisoned", contents=[*bad, *self.contents]))
        sentences = sum(line.startswith("Not used: ") for line in told.splitlines())
        came = f"{sentences} sentences; {self.outcome('poisoned')}; exit status {status}"
        return Row("recordings that cannot be used", len(bad), came)

    def node_removed(self) -> Row:
        """One of two nodes of Ray is removed, each with one processor that is taken, and another is added later."""
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        try:
            second = cluster.add_node(num_cpus=1)
            process = self.start("nodes", "--ray", str(cluster.address))
            runs = self.folder / "nodes" / "runs"
            _wait(lambda: runs.exists() and len(list(runs.glob("[!.]*"))) >= N_RUNS // 4)
            cluster.remove_node(second, allow_graceful=False)
            _wait(lambda: len(list(runs.glob("[!.]*"))) >= N_RUNS // 2)
            cluster.add_node(num_cpus=1)
            status, _ = self.end(process)
        finally:
            cluster.shutdown()
        return Row("node of Ray removed, another added", 1, f"{self.outcome('nodes')}; exit status {status}")

    def all(self) -> Iterator[Row]:
        """One after the other."""
        yield from (self.worker_killed(), self.driver_killed(), self.two_drivers(), self.half_written())
        yield from (self.full_disk(), self.poisoned(), self.node_removed())


def _wait(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > end_s:
            raise TimeoutError("waited in vain")
        time.sleep(0.05)


@click.command()
@click.option("--times", type=click.IntRange(1), default=20, show_default=True, help="Of what is killed.")
@click.option("--only", help="Name of one fault, such as node_removed.")
def main(times: int, only: str | None) -> None:
    """Bring them about, and print a table."""
    with tempfile.TemporaryDirectory() as made:
        faults = Faults(Path(made), times)
        print("| fault | times | what came of it |\n|---|--:|---|")
        for row in [getattr(faults, only)()] if only else faults.all():
            print(f"| {row.fault} | {row.times} | {row.came} |", flush=True)


if __name__ == "__main__":
    main()
