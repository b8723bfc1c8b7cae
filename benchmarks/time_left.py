"""The time left that people are told, against the truth: `python -m benchmarks.time_left`.

Whole transfers of the samples' pairings in turn, half of them while other processes keep every core busy for a part of
the time, as on a machine that is in use. At each step that people see, later than a quarter of a run and earlier than
nine tenths of it, what is told is compared with what the run took from there until there was a sound; within a second
counts as right. A run holds when nine of ten of these are within 30 %.

Writes Markdown to standard output. Twenty runs take some three minutes on two cores.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from benchmarks import machine, recordings
from styletransfer import stylize
from styletransfer.eta import TOGETHER_S, Eta
from styletransfer.settings import Settings, preset
from styletransfer.transfer import Step

FIRST, LAST = 0.25, 0.9
"""Parts of a run between which what is told counts"""
WITHIN, SECONDS_WITHIN = 0.3, 1.0
ENOUGH = 0.9
BUSY_S, IDLE_S = 1.5, 1.5
"""How long other processes work, and rest, in turn"""


class Told(NamedTuple):
    """What was told during one run."""

    took_s: float
    errors: tuple[float, ...]
    """of each moment, as a share of the truth; 0 within SECONDS_WITHIN"""
    missing: int
    """moments at which nothing was told"""

    @property
    def right(self) -> float:
        """The share of moments at which it was right."""
        n_moments = len(self.errors) + self.missing
        return sum(error <= WITHIN for error in self.errors) / n_moments if n_moments else 1.0


def told(settings: Settings, steps: Sequence[Step], end_s: float) -> Told:
    """Compare what is told at each step with what came until the sound was there."""
    eta = Eta(settings)
    errors, missing = [], 0
    for step, following in itertools.zip_longest(steps, steps[1:]):
        eta.take(step)
        if following is not None and following.elapsed_s <= step.elapsed_s + TOGETHER_S:
            continue  # nobody sees what is told between steps that come together
        if not FIRST <= step.elapsed_s / end_s <= LAST:
            continue
        left_s, truth_s = eta.seconds_left(step), end_s - step.elapsed_s
        if left_s is None:
            missing += 1
        else:
            off_s = abs(left_s - truth_s)
            errors.append(0.0 if off_s <= SECONDS_WITHIN else off_s / truth_s)
    return Told(end_s, tuple(errors), missing)


def table(runs: dict[str, list[Told]]) -> list[str]:
    """Lines of Markdown, one for each kind of run."""
    lines = [
        "| | runs | median s | told within 30 % or 1 s | of 10 moments 9 right | worst median of a run |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, made in runs.items():
        moments = sum(len(each.errors) + each.missing for each in made)
        right = sum(each.right * (len(each.errors) + each.missing) for each in made) / max(1, moments)
        worst = max(statistics.median(each.errors or (0.0,)) for each in made)
        held = sum(each.right >= ENOUGH for each in made)
        took_s = statistics.median(each.took_s for each in made)
        cells = [name, f"{len(made)}", f"{took_s:.1f}", f"{100 * right:.0f} %", f"{held} of {len(made)}"]
        lines.append(f"| {' | '.join(cells)} | {100 * worst:.0f} % |")
    return lines


def _work_in_turns() -> None:
    while True:
        end_s = time.monotonic() + BUSY_S
        while time.monotonic() < end_s:
            sum(range(1000))
        time.sleep(IDLE_S)


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Other processes, as many as there are cores, that work and rest in turn."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_work_in_turns, daemon=True) for _ in range(os.cpu_count() or 1)]
    for each in others:
        each.start()
    try:
        yield
    finally:
        for each in others:
            each.terminate()
            each.join()


@click.command()
@click.option("--preset", "presets", multiple=True, default=["quick", "balanced"], show_default=True)
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help="of each preset, quiet and busy")
@click.option("--seconds", type=click.FloatRange(0.5), default=10.0, show_default=True, help="of content")
def main(presets: tuple[str, ...], runs: int, seconds: float) -> None:
    """Compare the time left that is told with the truth."""
    for line in [*machine.describe(), "", f"{seconds:g} s of content."]:
        click.echo(line)
    found: dict[str, list[Told]] = {}
    for name in presets:
        settings = preset(name, seconds=seconds)
        for pairing in recordings.pairings():
            _run(pairing, settings)  # compiles
        pairs = itertools.cycle(recordings.pairings())
        for kind, others in (("quiet", contextlib.nullcontext()), ("busy", busy())):
            with others:
                found[f"{name}, {kind}"] = [told(settings, *_run(next(pairs), settings)) for _ in range(runs)]
    for line in ["", *table(found)]:
        click.echo(line)


def _run(pairing: recordings.Pairing, settings: Settings) -> tuple[list[Step], float]:
    """The steps of a transfer, and the seconds after which its sound was there."""
    content = recordings.read(pairing.content, settings.seconds)
    style = recordings.read(pairing.style, settings.style_seconds)
    steps: list[Step] = []
    begun_s = time.monotonic()
    stylize(content, [style], settings, on_step=steps.append)
    return steps, time.monotonic() - begun_s


if __name__ == "__main__":
    main()
