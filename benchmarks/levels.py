"""Loud contents: what of their loudness comes back, and what it costs in style loss: `python -m benchmarks.levels`.

Each pairing is transferred with its content at several loudnesses. At the quietest of these no peak comes near the
ceiling: that is the baseline, whose style loss the others are compared with. Writes Markdown to standard output.
"""

from __future__ import annotations

import click

from benchmarks import recordings, tables
from styletransfer import stylize
from styletransfer.engine import loudness
from styletransfer.settings import PRESETS, preset

BASELINE_LUFS = -40.0
LOUD_LUFS = (-20.0, -14.0, -7.0)


@click.command()
@click.option("--preset", "name", type=click.Choice(list(PRESETS)), default="quick", show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
def main(name: str, seconds: float) -> None:
    """Measure what comes back of loud contents."""
    settings = preset(name, seconds=seconds, style_seconds=seconds)

    def row(pairing: recordings.Pairing) -> str:
        content, style = (recordings.read(each, seconds) for each in (pairing.content, pairing.style))
        baseline = stylize(loudness.at_loudness(content, BASELINE_LUFS), [style], settings).delivered.style
        cells = [pairing.name, f"{baseline:.4f}"]
        for level in LOUD_LUFS:
            result = stylize(loudness.at_loudness(content, level), [style], settings)
            missing = level - loudness.integrated_loudness(result.sound)
            peak = loudness.true_peak_dbtp(result.sound)
            cells.append(f"{missing:.1f} dB, {peak:.1f} dBTP, {100 * (result.delivered.style / baseline - 1):+.0f} %")
        return f"| {' | '.join(cells)} |"

    columns = [f"content at {level:g} LUFS: missing, peak, style loss" for level in LOUD_LUFS]
    tables.print_pairings(f"{name}, {seconds:g} s", ["style loss where nothing is loud", *columns], row)


if __name__ == "__main__":
    main()
