"""What `rhythm` moves, on eight pairings of the samples: `python -m benchmarks.rhythms`.

Similarity of the delivered sound's beat to the style's and to the content's, its chroma similarity to the content and
its timbre distance to the style, all from the report card, for several values of `rhythm`. Writes Markdown to standard
output.
"""

from __future__ import annotations

import click

from benchmarks import recordings, sliders, tables
from styletransfer.quality.report_card import Measures
from styletransfer.settings import DEFAULT_PRESET, PRESETS, preset
from styletransfer.transfer import measure, stylize

RHYTHMS = (0, 50, 100)
PAIRINGS = tuple(
    recordings.Pairing(f"{content} + {style}", f"{content}.flac", f"{style}.flac")
    for content, style in sliders.PAIRINGS[:8]
)
MOST_AT_0, HALF_WAY, LEAST_AT_100 = 0.35, (0.35, 0.65), 0.9
"""What the beat is to have of the style's at rhythm 0, of the way between 0 and 100 at 50, and at 100."""
MAX_CHROMA_LOST = 0.1


def row(pairing: recordings.Pairing, preset_name: str, seconds: float) -> str:
    """One line of the table."""
    content, style = (recordings.read(name, seconds) for name in (pairing.content, pairing.style))
    found: list[Measures] = []
    for rhythm in RHYTHMS:
        settings = preset(preset_name, rhythm=rhythm, seconds=seconds, style_seconds=seconds)
        found.append(measure(stylize(content, [style], settings), content, [style]).result)
    names = ("rhythm_like_style", "rhythm_like_content", "chroma_similarity", "timbre_distance")
    cells = [" / ".join(f"{getattr(measures, name):.2f}" for measures in found) for name in names]
    way = of_the_way([measures.rhythm_like_style for measures in found])
    return f"| {' | '.join([pairing.name, *cells, f'{100 * way:.0f} %', 'yes' if holds(found) else 'no'])} |"


def of_the_way(values: list[float]) -> float:
    """How far the middle one of three values lies between the outer ones, 0 to 1."""
    first, middle, last = values
    return (middle - first) / (last - first) if last != first else 0.0


def holds(found: list[Measures]) -> bool:
    """Whether the beat is what each value of `rhythm` promises, and the notes are what they were."""
    first, middle, last = found
    least, most = HALF_WAY
    return (
        max(0.0, first.rhythm_like_style) < min(MOST_AT_0, first.rhythm_like_content)
        and least <= of_the_way([first.rhythm_like_style, middle.rhythm_like_style, last.rhythm_like_style]) <= most
        and last.rhythm_like_style >= LEAST_AT_100
        and last.chroma_similarity >= first.chroma_similarity - MAX_CHROMA_LOST
    )


@click.command()
@click.option("--preset", "preset_name", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
def main(preset_name: str, seconds: float) -> None:
    """Measure what rhythm moves on eight pairings."""
    columns = (
        f"beat like the style's, below {MOST_AT_0:g} at first, at least {LEAST_AT_100:g} at last",
        "beat like the content's",
        f"chroma like it, at most {MAX_CHROMA_LOST:g} lost",
        "timbre distance",
        f"of the way at 50, {100 * HALF_WAY[0]:.0f} to {100 * HALF_WAY[1]:.0f} %",
        "holds",
    )
    title = f"{preset_name}, rhythm {' / '.join(map(str, RHYTHMS))}"
    tables.print_pairings(title, columns, lambda pairing: row(pairing, preset_name, seconds), PAIRINGS)


if __name__ == "__main__":
    main()
