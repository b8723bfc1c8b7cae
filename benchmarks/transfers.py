"""Whole transfers, warm, against a textbook's: `python -m benchmarks.transfers`.

Content and style are 10 s of two samples at one loudness. The textbook (textbook.py) takes 300 evaluations and 500
iterations of Griffin-Lim; it is compiled beforehand, and every preset has run before it is timed. Speed alone says
little, so each preset must also deliver lower content *and* style losses, by a judge that is neither's (judge.py).
Strength decides between the two losses: unless it is given, it is the highest of 0, 5, ..., 100 at which `quick`
delivers no more content loss than the textbook, and then, preset by preset, 5 lower until that one does so too. This is
done for each `--melody`, and `--process NAME` times a preset as a whole command too, from start to file.

Writes Markdown to standard output, progress to standard error. With the textbook's full count a pairing takes some
ten minutes on two cores.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import click
import numpy as np

from benchmarks import machine, recordings, textbook
from benchmarks.judge import Judge, Losses
from styletransfer import stylize
from styletransfer.files import audio
from styletransfer.runtime import malloc
from styletransfer.settings import SAMPLE_RATE_HZ, preset

SECONDS = 10.0
AT_LEAST = {"quick": 100, "balanced": 30, "studio": 9}
"""How many times faster than the textbook each preset is to be."""
PROCESS_AT_LEAST = {"quick": 60}
"""The same of whole commands."""
LADDER_STEP = 5
RUNS = 3
"""Times that a preset is timed for each time that the textbook is."""

T = TypeVar("T")


class Way(NamedTuple):
    """A preset, at a melody of its own or another one."""

    preset: str
    melody: float | None = None

    @property
    def name(self) -> str:
        """What the table calls it."""
        return self.preset if self.melody is None else f"{self.preset}, melody {self.melody:g}"


@dataclass(slots=True, kw_only=True)
class Contender:
    """What one of them delivers, and the seconds it took, time by time."""

    name: str
    strength: int | None
    losses: Losses
    run: Callable[[], object]
    at_least: float | None = None
    """times that the textbook is to take longer"""
    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    """the textbook's seconds of the same round, divided by its own"""


class Pair(NamedTuple):
    """Two recordings and who judges what is made of them."""

    name: str
    content: np.ndarray
    style: np.ndarray
    judge: Judge

    def changes(self, way: Way, strength: int) -> dict[str, float]:
        """What of a preset is changed."""
        seconds = len(self.content) / SAMPLE_RATE_HZ
        melody = {} if way.melody is None else {"melody": way.melody}
        return {"strength": strength, "seconds": seconds, "style_seconds": seconds} | melody

    def run(self, way: Way, strength: int) -> np.ndarray:
        """The sound that a way makes of the two."""
        return stylize(self.content, [self.style], preset(way.preset, **self.changes(way, strength))).sound


def load(pairing: recordings.Pairing, seconds: float) -> Pair:
    """Reads so many seconds of both recordings."""
    content, style = (recordings.read(name, seconds) for name in (pairing.content, pairing.style))
    return Pair(pairing.name, content, style, Judge(content, style))


def compare(
    pair: Pair,
    method: textbook.Method,
    presets: Sequence[str],
    strength: int | None,
    rounds: int,
    melodies: Sequence[float | None] = (None,),
    processes: Sequence[str] = (),
) -> list[Contender]:
    """The textbook and the presets, with losses and times. A round has the textbook once and each preset RUNS times."""
    _say(f"{pair.name}: the textbook, {method.evaluations} evaluations, {rounds} times")
    textbook.warm_up(pair.content, pair.style, method)

    def by_the_book() -> textbook.Transferred:
        return textbook.transfer(pair.content, pair.style, method)

    taken, made = timed(by_the_book)
    name = f"textbook {machine.LIBRARY_NAMES[method.library]}, {made.evaluations} evaluations"
    paragon = Contender(name=name, strength=None, losses=pair.judge.losses(made.sound), run=by_the_book)
    contenders = [
        each for melody in melodies for each in settle(pair, presets, paragon.losses.content, strength, melody)
    ]
    with contextlib.ExitStack() as stack:
        commands = [stack.enter_context(as_process(pair, each)) for each in contenders if each.name in processes]
        for round_ in range(rounds):
            if round_:
                taken, _ = timed(by_the_book)
            paragon.seconds.append(taken)
            paragon.ratios.append(1.0)
            for _ in range(RUNS):
                for own in (*contenders, *commands):
                    own_taken, _ = timed(own.run)
                    own.seconds.append(own_taken)
                    own.ratios.append(taken / own_taken)
    return [paragon, *contenders, *commands]


def settle(
    pair: Pair, presets: Sequence[str], content_limit: float, strength: int | None, melody: float | None = None
) -> list[Contender]:
    """Each preset, run once at the strength given, or at one where it delivers at most the textbook's content loss."""
    start = strength
    if start is None:
        start = highest_strength(lambda s: delivered(pair, Way("quick", melody), s).content, content_limit)
    contenders = []
    for name in presets:
        way = Way(name, melody)
        own, losses = start, delivered(pair, way, start)
        while strength is None and losses.content > content_limit and own > 0:
            own -= LADDER_STEP
            losses = delivered(pair, way, own)
        run = functools.partial(pair.run, way, own)
        contenders.append(
            Contender(name=way.name, strength=own, losses=losses, run=run, at_least=AT_LEAST.get(way.preset))
        )
    return contenders


@contextlib.contextmanager
def as_process(pair: Pair, own: Contender) -> Iterator[Contender]:
    """A preset as the whole command that makes the same file, which has run before: its programs are compiled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / f"{role}.wav" for role in ("content", "style", "result")]
        for file, sound in zip(files, (pair.content, pair.style), strict=False):
            audio.write(file, sound)
        changes = pair.changes(Way(own.name), own.strength or 0)
        options = [f"--{key.replace('_', '-')}={value:g}" for key, value in changes.items()]
        command = [sys.executable, "-m", "styletransfer", "transfer", *map(str, files[:2]), "-o", str(files[2])]
        command += ["--preset", own.name, *options]

        def run() -> None:
            subprocess.run(command, check=True, capture_output=True, text=True)

        run()
        yield Contender(
            name=f"{own.name}, as a process",
            strength=own.strength,
            losses=own.losses,
            run=run,
            at_least=PROCESS_AT_LEAST.get(own.name),
        )


def highest_strength(content_loss: Callable[[int], float], limit: float) -> int:
    """The highest step of the ladder 0, 5, ..., 100 with a content loss of at most `limit`, found by bisection, as
    content loss grows with strength; 0 where there is none."""
    low, high = 0, 100 // LADDER_STEP + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if content_loss(middle * LADDER_STEP) <= limit else (low, middle)
    return low * LADDER_STEP


def delivered(pair: Pair, way: Way, strength: int) -> Losses:
    """The losses of what a way delivers at a strength."""
    losses = pair.judge.losses(pair.run(way, strength))
    _say(f"{pair.name}: {way.name} at strength {strength}: content {losses.content:.4f}, style {losses.style:.4f}")
    return losses


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """Seconds that a call takes, and what it returns."""
    gc.collect()
    start = time.perf_counter()
    made = run()
    return time.perf_counter() - start, made


def table(contenders: Sequence[Contender], untouched: Losses) -> list[str]:
    """Lines of Markdown; the first contender is the textbook."""
    lines = [
        "| | strength | median s | textbook takes | at least | content loss | style loss | holds |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
        f"| the content, untouched | | | | | {untouched.content:.4f} | {untouched.style:.4f} | |",
    ]
    paragon = contenders[0]
    for each in contenders:
        is_textbook = each is paragon
        ratio, wanted = statistics.median(each.ratios), each.at_least
        cells = [
            each.name,
            "" if each.strength is None else f"{each.strength}",
            f"{statistics.median(each.seconds):.2f}",
            f"{ratio:.1f} x",
            f"{wanted} x" if wanted else "",
            f"{each.losses.content:.4f}",
            f"{each.losses.style:.4f}",
            "" if is_textbook else verdict(each, paragon.losses),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def verdict(own: Contender, textbook_losses: Losses) -> str:
    """Whether a preset is fast enough and better in both losses; if not, in what it fails."""
    checks = {
        "time": statistics.median(own.ratios) >= (own.at_least or 0),
        "content loss": own.losses.content < textbook_losses.content,
        "style loss": own.losses.style < textbook_losses.style,
    }
    failed = [name for name, holds in checks.items() if not holds]
    return f"no: {', '.join(failed)}" if failed else "yes"


def style_ratios(compared: Sequence[Sequence[Contender]]) -> list[str]:
    """Lines of Markdown: over several pairings, the textbook's style loss divided by each preset's."""
    lines = [
        "| the textbook's style loss, divided by that of | geometric mean | least |",
        "|---|--:|--:|",
    ]
    for i, own in enumerate(compared[0][1:], 1):
        ratios = [contenders[0].losses.style / contenders[i].losses.style for contenders in compared]
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        lines.append(f"| {own.name} | {mean:.2f} x | {min(ratios):.2f} x |")
    return lines


def chosen(wanted: Sequence[str]) -> list[recordings.Pairing]:
    """Pairings by number from 1 or by name. Raises click.BadParameter."""
    every = recordings.pairings()
    by_word = {pairing.name: [pairing] for pairing in every} | {"all": every}
    by_word |= {str(i): [pairing] for i, pairing in enumerate(every, 1)}
    for word in wanted:
        if word not in by_word:
            raise click.BadParameter(f"there is no pairing {word!r}; choose of {', '.join(by_word)}")
    return [pairing for word in wanted for pairing in by_word[word]]


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@click.option("--pairing", multiple=True, default=["1"], show_default=True, help="number or name of a pairing, or all")
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(AT_LEAST)), default=list(AT_LEAST))
@click.option("--strength", type=click.IntRange(0, 100), help="of every preset; found when left out")
@click.option("--melody", "melodies", multiple=True, type=click.FloatRange(0, 100), help="beside the presets' own")
@click.option("--process", "processes", multiple=True, type=click.Choice(list(AT_LEAST)), help="as a command, too")
@click.option("--textbook", "library", type=click.Choice(list(textbook.LIBRARIES)), default="jax", show_default=True)
@click.option("--start", type=click.Choice(["content", "noise"]), default="content", show_default=True)
@click.option("--alpha", type=float, default=0.1, show_default=True, help="the textbook's weight of the content loss")
@click.option("--evaluations", type=click.IntRange(min=1), default=300, show_default=True, help="of the textbook")
@click.option("--griffin-lim", type=click.IntRange(min=0), default=500, show_default=True, help="the textbook's")
@click.option("--filters", type=click.IntRange(min=1), default=4096, show_default=True, help="of the textbook")
@click.option(
    "--seconds", type=click.FloatRange(0.5, 20), default=SECONDS, show_default=True, help="of both recordings"
)
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="times it is all timed")
def main(
    pairing: tuple[str, ...],
    presets: tuple[str, ...],
    strength: int | None,
    seconds: float,
    rounds: int,
    melodies: tuple[float, ...],
    processes: tuple[str, ...],
    **options,
) -> None:
    """Time whole transfers against a textbook's, and judge what is delivered."""
    malloc.keep_freed()
    pairings = chosen(pairing)
    method = textbook.Method(**options)
    if method.library == "torch" and not machine.has_torch():
        raise click.UsageError("PyTorch is not installed: pip install -r requirements-benchmarks.txt")
    for line in [*machine.describe(), "", f"{seconds:g} s of content and of style. {method.describe()}"]:
        click.echo(line)
    compared = []
    for pair in (load(each, seconds) for each in pairings):
        compared.append(compare(pair, method, presets, strength, rounds, (None, *melodies), processes))
        for line in ["", f"{pair.name}:", "", *table(compared[-1], pair.judge.losses(pair.content))]:
            click.echo(line)
    for line in ["", *style_ratios(compared)] if len(compared) > 1 else []:
        click.echo(line)


if __name__ == "__main__":
    main()
