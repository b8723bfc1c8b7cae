"""Time and memory against length, and time to the first iteration: `python -m benchmarks.lengths`.

Each case is a process of its own (child.py) that makes one transfer twice: cold, with everything to compile, and warm.
Its memory is the most it had resident. The time to the first iteration is the command line's, from the start of the
process: once with an empty folder of compiled programs, and once with what the first has left there.

Writes Markdown to standard output, progress to standard error.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import machine
from styletransfer.eta import STAGE_TITLES
from styletransfer.settings import DEFAULT_PRESET, PRESETS

# No JAX here: Linux counts the memory of a process that starts another towards the peak of the one it starts.

ROOT = Path(__file__).parents[1]
CACHE_VARIABLE = "STYLETRANSFER_CACHE"
"""Names the folder of compiled programs: styletransfer/compiled.py, which imports JAX."""
LENGTHS_S = (5.0, 10.0, 20.0, 30.0)
PAPER_ITERATIONS = 5
"""Of the 500 of preset `paper`, each of which takes the time of the one before and no more memory."""
LIMIT_LENGTH_S = 10.0
MAX_BYTES = {"balanced": 1.5e9, "paper": 3e9}
"""Memory that a preset may take at LIMIT_LENGTH_S."""
MAX_SECONDS_TO_START = 6.0
"""To the first iteration, with compiled programs kept."""


class Case(NamedTuple):
    """What one process took; `iterations` is the most that its solve was allowed."""

    preset: str
    seconds: float
    iterations: int
    cold_s: float
    warm_s: float
    peak_bytes: int

    @property
    def label(self) -> str:
        """The preset, and its iterations where they were fewer than it has."""
        every = PRESETS[self.preset].iterations
        return self.preset if self.iterations >= every else f"{self.preset}, {self.iterations} of {every} iterations"


def measure(preset: str, seconds: float, iterations: int) -> Case:
    """Runs one case in a fresh process. Raises CalledProcessError where it fails."""
    iterations = min(iterations, PRESETS[preset].iterations)
    words = [sys.executable, "-m", "benchmarks.child", preset, f"{seconds:g}", f"{iterations}"]
    done = subprocess.run(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return Case(preset, seconds, iterations, **json.loads(done.stdout))


def environment(cache: Path | None = None) -> dict[str, str]:
    """This process's, with compiled programs kept in `cache` or nowhere, whatever JAX was told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_COMPILATION_CACHE")}
    return kept | {CACHE_VARIABLE: str(cache or "")}


def seconds_to_start(cache: Path, preset: str, *, to_the_end: bool) -> float:
    """From the start of the command line's process to its first iteration, 10 s of content. It is then ended, or left
    to finish, so that `cache` has all that it compiles. Raises click.ClickException where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        recordings = [ROOT / "samples" / name for name in ("piano.flac", "drumkit.flac")]
        words = [sys.executable, "-m", "styletransfer", "transfer", *recordings, "-o", Path(folder) / "out.wav"]
        start = time.perf_counter()
        with subprocess.Popen(
            [*map(str, words), "--preset", preset], cwd=ROOT, env=environment(cache), text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                begun, said = _first_iteration(process)
                taken = time.perf_counter() - start
                if begun and to_the_end:
                    said += process.communicate()[1]
                if not begun:
                    process.wait()  # its status is part of the message
            finally:
                process.kill()
    if not begun or (to_the_end and process.returncode):
        raise click.ClickException(f"the command line failed with status {process.returncode}: {said}")
    return taken


def _first_iteration(process: subprocess.Popen[str]) -> tuple[bool, str]:
    """Waits for the line that tells of it: whether there was one, and all that was said until then."""
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith(f"{STAGE_TITLES['solve']}: "):
            return True, said
    return False, said


def length_table(cases: Sequence[Case]) -> list[str]:
    """Lines of Markdown: a row for each preset, and cold / warm seconds and memory for each length."""
    lengths = sorted({case.seconds for case in cases})
    titles = " | ".join(f"{length:g} s" for length in lengths)
    lines = [f"| cold s / warm s / peak memory | {titles} |", "|---|" + "--:|" * len(lengths)]
    for label in dict.fromkeys(case.label for case in cases):
        by_length = {case.seconds: case for case in cases if case.label == label}
        cells = [_cell(by_length[length]) if length in by_length else "" for length in lengths]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


def _cell(case: Case) -> str:
    return f"{case.cold_s:.1f} / {case.warm_s:.1f} / {case.peak_bytes / 1e9:.2f} GB"


def memory_verdicts(cases: Sequence[Case]) -> list[str]:
    """Lines that say whether the presets keep to their memory."""
    lines = []
    for case in cases:
        most = MAX_BYTES.get(case.preset)
        if most and case.seconds == LIMIT_LENGTH_S:
            holds = "yes" if case.peak_bytes <= most else "no"
            lines.append(
                f"- `{case.preset}`, {case.seconds:g} s: {case.peak_bytes / 1e9:.2f} GB, "
                f"at most {most / 1e9:g} GB: {holds}"
            )
    return lines


def start_table(preset: str, cold: float, kept: Sequence[float]) -> list[str]:
    """Lines of Markdown on the time to the first iteration."""
    median = statistics.median(kept)
    holds = "yes" if median <= MAX_SECONDS_TO_START else "no"
    return [
        f"| process start to first iteration, `{preset}`, 10 s | s | at most | holds |",
        "|---|--:|--:|---|",
        f"| nothing compiled yet | {cold:.1f} | | |",
        f"| compiled programs kept | {median:.1f} | {MAX_SECONDS_TO_START:g} | {holds} |",
    ]


def measure_start(preset: str, starts: int) -> list[str]:
    """The table of `start_table`, from one start with an empty folder and several with a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        cold = seconds_to_start(Path(folder) / "cache", preset, to_the_end=True)
        kept = [seconds_to_start(Path(folder) / "cache", preset, to_the_end=False) for _ in range(starts)]
    return start_table(preset, cold, kept)


@click.command()
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(PRESETS)), default=list(PRESETS))
@click.option("--length", "lengths", multiple=True, type=click.FloatRange(0.5, 900), default=LENGTHS_S, help="seconds")
@click.option("--iterations", type=click.IntRange(min=1), help="most of any solve, for a quick try")
@click.option("--starts", type=click.IntRange(min=0), default=3, show_default=True, help="times a start is timed")
def main(presets: tuple[str, ...], lengths: tuple[float, ...], iterations: int | None, starts: int) -> None:
    """Measure time and memory against length, and the time to the first iteration."""
    cases = []
    for preset in presets:
        usual = PAPER_ITERATIONS if preset == "paper" else PRESETS[preset].iterations
        for seconds in lengths:
            cases.append(measure(preset, seconds, iterations or usual))
            click.echo(f"{cases[-1].label}, {seconds:g} s: {_cell(cases[-1])}", err=True)
    click.echo("\n".join(["", *length_table(cases), "", *memory_verdicts(cases)]))
    if starts:
        click.echo("\n".join(["", *measure_start(DEFAULT_PRESET, starts)]))
    click.echo("\n".join(["", *machine.describe()]))


if __name__ == "__main__":
    main()
