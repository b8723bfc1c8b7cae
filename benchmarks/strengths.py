"""Five strengths in one go against one transfer: `python -m benchmarks.strengths`.

Time of `stylize_strengths` over the median time of a transfer of its own at each of the strengths, after all has been
compiled; and how much higher the delivered totals are than those. Writes Markdown to standard output.
"""

from __future__ import annotations

import dataclasses
import gc
import statistics
import time

import click
import numpy as np

from benchmarks import machine, recordings
from styletransfer import stylize
from styletransfer.runtime import compile_cache, malloc
from styletransfer.settings import DEFAULT_PRESET, PRESETS, STRENGTH_SERIES, Settings, preset
from styletransfer.transfer import stylize_strengths

MOST = 3.5
"""Times that all of them may take the time of one."""


def row(pairing: recordings.Pairing, settings: Settings, rounds: int) -> str:
    """One line of the table."""
    content, style = (recordings.read(name, settings.seconds) for name in (pairing.content, pairing.style))
    ratios, ones = [], []
    alone, together = {}, {}
    for round_ in range(rounds + 1):  # the first compiles
        taken = []
        for strength in STRENGTH_SERIES:
            begun = _now()
            asked = dataclasses.replace(settings, strength=strength)
            alone[strength] = stylize(content, [style], asked).delivered.total
            taken.append(_now() - begun)
        begun = _now()
        together = {
            result.settings.strength: result.delivered.total
            for result in stylize_strengths(content, [style], settings, strengths=STRENGTH_SERIES)
        }
        if round_:
            ones.append(statistics.median(taken))
            ratios.append((_now() - begun) / ones[-1])
    ratio = statistics.median(ratios)
    higher = " / ".join(f"{100 * (together[s] / alone[s] - 1):+.0f} %" for s in STRENGTH_SERIES)
    cells = [pairing.name, f"{np.median(ones):.1f}", f"{ratio:.2f} x", "yes" if ratio <= MOST else "no", higher]
    return f"| {' | '.join(cells)} |"


def _now() -> float:
    gc.collect()
    return time.perf_counter()


@click.command()
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(PRESETS)), default=["quick", DEFAULT_PRESET])
@click.option("--pairing", "count", type=click.IntRange(1, 5), default=5, show_default=True, help="how many of five")
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
@click.option("--melody", type=click.FloatRange(0, 100), help="instead of that of the preset")
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="times it is all timed")
def main(presets: tuple[str, ...], count: int, seconds: float, melody: float | None, rounds: int) -> None:
    """Time five strengths in one go against one transfer."""
    compile_cache.enable()
    malloc.keep_freed()
    at = " / ".join(f"{strength:g}" for strength in STRENGTH_SERIES)
    for line in machine.describe():
        click.echo(line)
    for name in presets:
        changes = {} if melody is None else {"melody": melody}
        settings = preset(name, seconds=seconds, style_seconds=seconds, **changes)
        told = "".join(f", {change} {value:g}" for change, value in changes.items())
        title = (
            f"{name}{told}, {seconds:g} s | one, s | five take | at most {MOST:g} x | delivered total at strength {at}"
        )
        click.echo(f"\n| {title} |\n|---|--:|--:|---|--:|")
        for pairing in recordings.pairings()[:count]:
            click.echo(row(pairing, settings, rounds))


if __name__ == "__main__":
    main()
