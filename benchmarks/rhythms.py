"""What `rhythm` moves, on every pairing: `python -m benchmarks.rhythms`.

Similarity of the delivered sound's beat to the style's and to the content's, its chroma similarity to the content and
its timbre distance to the style, all from the report card, for several values of `rhythm`. Writes Markdown to standard
output.
"""

from __future__ import annotations

import click

from benchmarks import recordings, tables
from styletransfer.quality.report_card import Measures
from styletransfer.settings import DEFAULT_PRESET, PRESETS, preset
from styletransfer.transfer import measure, stylize

RHYTHMS = (0, 50, 100)
MIN_SIMILARITY, MAX_CHROMA_LOST = 0.8, 0.1
"""What the beat at rhythm 100 is to have of the style's, and the chroma similarity it may cost."""


def row(pairing: recordings.Pairing, preset_name: str, seconds: float) -> str:
    """One line of the table."""
    content, style = (recordings.read(name, seconds) for name in (pairing.content, pairing.style))
    found: list[Measures] = []
    for rhythm in RHYTHMS:
        settings = preset(preset_name, rhythm=rhythm, seconds=seconds, style_seconds=seconds)
        found.append(measure(stylize(content, [style], settings), content, [style]).result)
    names = ("rhythm_like_style", "rhythm_like_content", "chroma_similarity", "timbre_distance")
    cells = [" / ".join(f"{getattr(measures, name):.2f}" for measures in found) for name in names]
    kept = found[-1].chroma_similarity >= found[0].chroma_similarity - MAX_CHROMA_LOST
    holds = "yes" if found[-1].rhythm_like_style >= MIN_SIMILARITY and kept else "no"
    return f"| {' | '.join([pairing.name, *cells, holds])} |"


@click.command(help="Measure what rhythm moves on every pairing.")
@click.option("--preset", "preset_name", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
def main(preset_name: str, seconds: float) -> None:
    columns = (
        f"beat like the style's, at least {MIN_SIMILARITY:g}",
        "beat like the content's",
        f"chroma like it, at most {MAX_CHROMA_LOST:g} lost",
        "timbre distance",
        "holds",
    )
    title = f"{preset_name}, rhythm {' / '.join(map(str, RHYTHMS))}"
    tables.print_pairings(title, columns, lambda pairing: row(pairing, preset_name, seconds))


if __name__ == "__main__":
    main()
