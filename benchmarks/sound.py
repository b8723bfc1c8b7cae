"""What presets are worth to the ear, by the report card, beside what else one could do: `python -m benchmarks.sound`.

Means over eight pairings of the samples. Beside the presets stand the untouched content and a plain mix; `balanced` as
it was; the mosaic of let_it_bee.py; and, as a control, the mosaic of another content, which has the style's sound but
none of the content's notes. Writes Markdown to standard output.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import click
import numpy as np

from benchmarks import let_it_bee, machine, recordings, sliders
from styletransfer.quality.report_card import Measures, report_card
from styletransfer.runtime import compile_cache, malloc
from styletransfer.settings import PRESETS, SAMPLE_RATE_HZ, Settings, preset
from styletransfer.transfer import stylize

PAIRINGS = sliders.PAIRINGS[:8]
STYLE_SECONDS = 15.0
BEFORE = preset("balanced", strength=86, melody=0)
"""`balanced` before the partials of the content were brought out."""
SHOWN = ("instant", "quick", "balanced")
CONTENT, MIX = "content, untouched", "plain mix"
COLUMNS: dict[str, Callable[[Measures], str]] = {
    "notes kept": lambda m: f"{m.notes_kept:.2f}",
    "chroma like the content's": lambda m: f"{m.chroma_similarity:.2f}",
    "attacks like its": lambda m: f"{m.onsets_like_content:.2f}",
    "beat like its": lambda m: f"{m.rhythm_like_content:.2f}",
    "timbre, of the way": lambda m: f"{100 * (1 - m.timbre_distance):.0f} %",
    "held-out style loss": lambda m: f"{m.heldout_style_loss:.3f}",
    "copy": lambda m: f"{m.copy:.2f}",
    "noise floor, dB": lambda m: f"{m.noise_floor_db:+.1f}",
    "seams, dB": lambda m: f"{m.seams_db:.1f}",
    "seams in 10 s": lambda m: f"{m.seams_in_10_s:.1f}",
}


def measured(number: int, presets: Sequence[str], seconds: float) -> dict[str, Measures]:
    """The figures of one pairing of PAIRINGS, by the line that they belong to."""
    name, style_name = PAIRINGS[number]
    content, style = recordings.read(f"{name}.flac", seconds), recordings.read(f"{style_name}.flac", STYLE_SECONDS)
    found: dict[str, Measures] = {}
    for line, sound in sounds(content, style, presets, other_content(number)):
        card = report_card(sound, content, [style])
        found |= {CONTENT: card.content, MIX: card.mix, line: card.result}
    return found


def sounds(
    content: np.ndarray, style: np.ndarray, presets: Sequence[str], other: str
) -> Iterator[tuple[str, np.ndarray]]:
    """What is compared, by the name of its line."""
    seconds = len(content) / SAMPLE_RATE_HZ

    def made(settings: Settings, content: np.ndarray) -> np.ndarray:
        limits = {"seconds": seconds, "style_seconds": STYLE_SECONDS}
        return stylize(content, [style], dataclasses.replace(settings, **limits)).sound

    yield "balanced as it was (strength 86, melody 0)", made(BEFORE, content)
    yield "Let it Bee (NMF)", let_it_bee.mosaic(content, style)
    for name in presets:
        yield name, made(preset(name), content)
    yield "instant of another content", made(preset("instant"), recordings.read(f"{other}.flac", seconds))


def other_content(number: int) -> str:
    """The next content of the list that is neither the content nor the style of a pairing."""
    later = PAIRINGS[number + 1 :] + PAIRINGS[: number + 1]
    return next(content for content, _ in later if content not in PAIRINGS[number])


def table(found: Sequence[dict[str, Measures]]) -> list[str]:
    """Means over pairings, as lines of Markdown."""
    lines = [f"| means of {len(found)} | {' | '.join(COLUMNS)} |", f"|---|{'--:|' * len(COLUMNS)}"]
    for name in found[0]:
        means = mean([each[name] for each in found])
        lines.append(f"| {name} | {' | '.join(words(means) for words in COLUMNS.values())} |")
    return lines


def mean(found: Sequence[Measures]) -> Measures:
    """The mean of every figure."""
    names = [field.name for field in dataclasses.fields(Measures)]
    return Measures(**{name: float(np.mean([getattr(each, name) for each in found])) for name in names})


@click.command()
@click.option(
    "--presets", "names", multiple=True, type=click.Choice(list(PRESETS)), default=SHOWN, help="again for each"
)
@click.option("--pairings", "count", type=click.IntRange(1, len(PAIRINGS)), default=len(PAIRINGS), show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=8.0, show_default=True, help="of the content")
def main(names: Sequence[str], count: int, seconds: float) -> None:
    """Measure presets by the report card, beside what else one could do."""
    compile_cache.enable()
    malloc.keep_freed()
    for line in machine.describe():
        click.echo(line)
    found = []
    for number in range(count):
        found.append(measured(number, names, seconds))
        click.echo(" + ".join(PAIRINGS[number]), err=True)
    click.echo("\n" + "\n".join(table(found)))


if __name__ == "__main__":
    main()
