"""Loud contents: what of their loudness comes back, and what it costs in style loss: `python -m benchmarks.levels`.

Each pairing is transferred with its content mastered to several loudnesses, as released music is, and with the same
content turned down, where no peak comes near the ceiling: that is the baseline. Writes Markdown to standard output.
"""

from __future__ import annotations

import click
import numpy as np

from benchmarks import recordings, tables
from styletransfer import stylize
from styletransfer.engine import loudness
from styletransfer.settings import PRESETS, preset

BASELINE_LUFS = -40.0
LOUD_LUFS = (-14.0, -7.0)
MASTER_CEILING = 0.9
DRIVES = 60
"""Steps in which a master comes to its loudness."""


def mastered(sound: np.ndarray, target_lufs: float) -> np.ndarray:
    """The sound driven into a soft ceiling until it has this loudness."""
    drive, made = 1.0, sound
    for _ in range(DRIVES):
        made = MASTER_CEILING * np.tanh(drive * sound)
        drive *= 10 ** ((target_lufs - loudness.integrated_loudness(made)) / 40)
    return made.astype(np.float32)


@click.command()
@click.option("--preset", "name", type=click.Choice(list(PRESETS)), default="quick", show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
def main(name: str, seconds: float) -> None:
    """Measure what comes back of loud contents."""
    settings = preset(name, seconds=seconds, style_seconds=seconds)

    def row(pairing: recordings.Pairing) -> str:
        content, style = (recordings.read(each, seconds) for each in (pairing.content, pairing.style))
        cells = [pairing.name]
        for level in LOUD_LUFS:
            loud = mastered(content, level)
            baseline = stylize(loudness.at_loudness(loud, BASELINE_LUFS), [style], settings).delivered.style
            result = stylize(loud, [style], settings)
            missing = level - loudness.integrated_loudness(result.sound)
            peak = loudness.true_peak_dbtp(result.sound)
            cost = 100 * (result.delivered.style / baseline - 1)
            cells += [f"{baseline:.4f}", f"{missing:.1f} dB, {peak:.1f} dBTP, {cost:+.0f} %"]
        return f"| {' | '.join(cells)} |"

    columns = [
        column
        for level in LOUD_LUFS
        for column in ("style loss, turned down", f"content at {level:g} LUFS: missing, peak, style loss")
    ]
    tables.print_pairings(f"{name}, {seconds:g} s", columns, row)


if __name__ == "__main__":
    main()
