"""Grids, by who makes them: `python -m benchmarks.grids`. Linux only.

Twenty results, of four contents and five styles, 5 s each, with the preset `quick`: by twenty commands one after the
other, by one grid in its own process, with two local processes, and with two nodes of Ray on this machine. Each starts
from the same compiled programs, those of a grid that was made before. Writes Markdown to standard output.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import machine
from benchmarks.pages import memory_mib
from styletransfer.files import audio, resources

CONTENTS, STYLES = ("piano", "guitar", "speech", "trumpet"), ("drums", "violin", "drumkit", "guitar", "piano")
OPTIONS = ("--seconds", "5", "--style-seconds", "5")
WATCH_S = 0.5


class Took(NamedTuple):
    """What a way of making them took."""

    seconds: float
    memory_mib: float
    """the most that all its processes held at once"""


def write_recordings(folder: Path) -> tuple[list[Path], list[Path]]:
    """Contents and styles, from different stretches of the samples where they are alike."""
    paths = []
    for role, names, start_s in (("content", CONTENTS, 0.0), ("style", STYLES, 4.0)):
        for name in names:
            path = folder / f"{name}-{role}.wav"
            audio.write(path, audio.read(resources.SAMPLES / f"{name}.flac", start_s=start_s, seconds=5.0))
            paths.append(path)
    return paths[: len(CONTENTS)], paths[len(CONTENTS) :]


def grid_command(contents: Sequence[Path], styles: Sequence[Path], output: Path, *options: str) -> list[str]:
    """The command that makes a grid of them."""
    command = [sys.executable, "-m", "styletransfer", "grid", "--contents", *map(str, contents)]
    command += ["--styles", *map(str, styles), "--presets", "quick", "-o", str(output)]
    return [*command, *OPTIONS, *options]


def watched(commands: Sequence[Sequence[str]]) -> Took:
    """Run commands one after the other. Raises CalledProcessError for one that fails."""
    most = [0.0]
    begun_s = time.monotonic()
    for command in commands:
        with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
            while process.poll() is None:
                most.append(memory_mib(process.pid))
                time.sleep(WATCH_S)
            said.seek(0)
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, command, said.read())
    return Took(time.monotonic() - begun_s, max(most))


def single_commands(contents: Sequence[Path], styles: Sequence[Path], output: Path) -> list[list[str]]:
    """The same results by a command each."""
    output.mkdir()
    commands = []
    for content, style in itertools.product(contents, styles):
        name = f"{content.stem}-as-{style.stem}"
        command = [sys.executable, "-m", "styletransfer", "transfer", str(content), str(style), "--preset", "quick"]
        command += ["-o", str(output / f"{name}.wav"), "--report", str(output / f"{name}.json")]
        commands.append([*command, "--figures", str(output / name), *OPTIONS])
    return commands


@contextmanager
def two_nodes() -> Iterator[str]:
    """A cluster of two nodes of Ray on this machine, and its address."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    try:
        yield str(cluster.address)
    finally:
        cluster.shutdown()


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True)
def main(rounds: int) -> None:
    """Measure all ways, and print a table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        contents, styles = write_recordings(folder)
        ways = {
            "twenty commands": lambda output: watched(single_commands(contents, styles, output)),
            "a grid, in its own process": lambda output: watched([grid_command(contents, styles, output)]),
            "a grid, two processes": lambda output: watched([grid_command(contents, styles, output, "--workers", "2")]),
            "a grid, two nodes of Ray": lambda output: _by_ray(contents, styles, output),
        }
        watched([grid_command(contents, styles, folder / "before")])
        took: dict[str, list[Took]] = {name: [] for name in ways}
        for number in range(rounds):
            for name, way in ways.items():
                took[name].append(way(folder / f"{name}-{number}"))
                print(name, took[name][-1], file=sys.stderr, flush=True)
    print("\n".join(machine.describe()), "\n")
    print("| | time, s | beside twenty commands | a result, s | memory, MiB |\n|---|--:|--:|--:|--:|")
    first_s = statistics.median(each.seconds for each in took["twenty commands"])
    for name, each in took.items():
        seconds, mib = (statistics.median(values) for values in zip(*each, strict=True))
        print(f"| {name} | {seconds:.0f} | {seconds / first_s:.2f} | {seconds / 20:.1f} | {mib:.0f} |")


def _by_ray(contents: Sequence[Path], styles: Sequence[Path], output: Path) -> Took:
    """The time of the command alone; the cluster is there before. Its nodes' memory counts."""
    with two_nodes() as address:
        is_over, most = threading.Event(), [0.0]

        def watch() -> None:
            while not is_over.wait(WATCH_S):
                most.append(memory_mib(os.getpid()))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            took = watched([grid_command(contents, styles, output, "--ray", address)])
        finally:
            is_over.set()
            thread.join()
    return took._replace(memory_mib=max(most))


if __name__ == "__main__":
    main()
