"""A preset's style loss at the content loss of a textbook's transfer: `python -m benchmarks.equal_content`.

Recordings, textbook and judge are those of transfers.py. A preset is taken at two steps of strength, 5 apart, of which
the first delivers no more content loss than the textbook and the second, if there is one, more; between both its style
loss is read off in straight lines of the logarithms. Nothing is timed.

Writes Markdown to standard output, progress to standard error. A pairing takes some five minutes on two cores.
"""

from __future__ import annotations

import functools
import math
import statistics
from typing import NamedTuple

import click

from benchmarks import machine, textbook, transfers
from benchmarks.judge import Losses
from benchmarks.transfers import AT_LEAST, LADDER_STEP, SECONDS, Way

MAX_STRENGTH = 100


class Compared(NamedTuple):
    """A preset beside the textbook, on one pairing."""

    name: str
    paragon: Losses
    strength: int
    below: Losses
    above: Losses | None
    """at the next step, if that has more content loss than the textbook"""

    def ratio(self) -> float:
        """The textbook's style loss divided by that of the preset at equal content loss, or a bound below it."""
        return self.paragon.style / style_at(self.paragon.content, self.below, self.above)


def style_at(content: float, below: Losses, above: Losses | None) -> float:
    """The style loss at a content loss, between two points in straight lines of the logarithms; without the second that
    of the first, which is too high."""
    if above is None:
        return below.style
    share = math.log(content / below.content) / math.log(above.content / below.content)
    return below.style * (above.style / below.style) ** share


def compare(pair: transfers.Pair, paragon: Losses, way: Way) -> Compared:
    """Find the two steps."""
    delivered = functools.cache(lambda strength: transfers.delivered(pair, way, strength))
    strength = transfers.highest_strength(lambda each: delivered(each).content, paragon.content)
    above = delivered(strength + LADDER_STEP) if strength < MAX_STRENGTH else None
    if above is not None and above.content <= paragon.content:
        above = None
    return Compared(pair.name, paragon, strength, delivered(strength), above)


def table(name: str, compared: list[Compared]) -> list[str]:
    """Lines of Markdown."""
    lines = [
        f"| | textbook: content / style loss | `{name}`: strength | content / style loss | next step "
        "| textbook's style loss, at equal content loss |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for each in compared:
        bound = "at least " if each.above is None else ""
        above = "" if each.above is None else _losses(each.above)
        cells = [each.name, _losses(each.paragon), f"{each.strength}", _losses(each.below), above]
        lines.append(f"| {' | '.join(cells)} | {bound}{each.ratio():.1f} x |")
    mean = math.exp(statistics.fmean(math.log(each.ratio()) for each in compared))
    return [*lines, f"| geometric mean | | | | | {mean:.1f} x |"]


def _losses(losses: Losses) -> str:
    return f"{losses.content:.4f} / {losses.style:.4f}"


@click.command()
@click.option("--pairing", multiple=True, default=["1"], show_default=True, help="number or name of a pairing, or all")
@click.option("--preset", type=click.Choice(list(AT_LEAST)), default="balanced", show_default=True)
@click.option("--melody", "melodies", multiple=True, type=click.FloatRange(0, 100), help="beside the preset's own")
@click.option("--evaluations", type=click.IntRange(min=1), default=300, show_default=True, help="of the textbook")
@click.option("--griffin-lim", type=click.IntRange(min=0), default=500, show_default=True, help="the textbook's")
@click.option("--filters", type=click.IntRange(min=1), default=4096, show_default=True, help="of the textbook")
@click.option(
    "--seconds", type=click.FloatRange(0.5, 20), default=SECONDS, show_default=True, help="of both recordings"
)
def main(pairing: tuple[str, ...], preset: str, melodies: tuple[float, ...], seconds: float, **options: int) -> None:
    """Compare a preset with the textbook at equal content loss."""
    method = textbook.Method(library="jax", start="content", alpha=0.1, **options)
    ways = [Way(preset, melody) for melody in (None, *melodies)]
    compared: dict[Way, list[Compared]] = {way: [] for way in ways}
    for line in [*machine.describe(), "", f"{seconds:g} s of content and of style. {method.describe()}"]:
        click.echo(line)
    for pair in (transfers.load(each, seconds) for each in transfers.chosen(pairing)):
        click.echo(f"{pair.name}: the textbook", err=True)
        paragon = pair.judge.losses(textbook.transfer(pair.content, pair.style, method).sound)
        for way in ways:
            compared[way].append(compare(pair, paragon, way))
    for way in ways:
        for line in ["", *table(way.name, compared[way])]:
            click.echo(line)


if __name__ == "__main__":
    main()
