"""What strength and melody move, by the report card: .venv/bin/python -m benchmarks.sliders.

Over ten pairings of the samples: how far the timbre goes from the content's to the style's, and how alike the pitch
classes stay to the content's, 1 the same. Strength is moved at melody 0, melody at the default strength.
"""

from __future__ import annotations

import argparse

import click
import numpy as np

from benchmarks import machine, recordings
from styletransfer.quality import similarity
from styletransfer.runtime import compile_cache
from styletransfer.settings import PRESETS, preset
from styletransfer.transfer import stylize

PAIRINGS = (
    ("speech", "drums"),
    ("piano", "trumpet"),
    ("piano", "drumkit"),
    ("guitar", "drums"),
    ("guitar", "violin"),
    ("trumpet", "violin"),
    ("violin", "drumkit"),
    ("speech", "piano"),
    ("trumpet", "guitar"),
    ("drumkit", "piano"),
)
STRENGTHS, MELODIES = (0, 25, 50, 75, 100), (0, 50, 100)


def measure(preset_name: str, pairing: tuple[str, str], seconds: float, **changes: float) -> tuple[float, float]:
    """How much of the way the timbre goes, and the likeness of pitch classes to the content's."""
    content, style = (
        recordings.read(f"{name}.flac", length) for name, length in zip(pairing, (seconds, 15), strict=True)
    )
    made = stylize(content, [style], preset(preset_name, seconds=seconds, **changes)).sound
    heard, own, theirs = map(similarity.analyse, (made, content, style))
    wanted = similarity.timbre([theirs])
    left, whole = (float(np.linalg.norm(similarity.timbre([each]) - wanted)) for each in (heard, own))
    return 1 - left / whole, similarity.chroma_similarity(heard, own)


def main() -> None:
    """Prints a table for each slider."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=[*PRESETS], default="quick")
    parser.add_argument("--pairings", type=int, default=len(PAIRINGS), help="the first so many")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    compile_cache.enable()
    for line in machine.describe():
        click.echo(line)
    columns = [
        f"{arguments.preset}, {arguments.seconds:g} s",
        "timbre, of the way to the style",
        "notes like the content's",
    ]
    click.echo(f"\n| {' | '.join(columns)} |\n|---|--:|--:|")
    for changes in [{"strength": s, "melody": 0} for s in STRENGTHS] + [{"melody": m} for m in MELODIES]:
        pairings = PAIRINGS[: arguments.pairings]
        found = [measure(arguments.preset, pairing, arguments.seconds, **changes) for pairing in pairings]
        timbre, notes = np.mean(found, axis=0)
        words = ", ".join(f"{name} {value}" for name, value in changes.items())
        click.echo(f"| {words} | {100 * timbre:.0f} % | {notes:.2f} |")


if __name__ == "__main__":
    main()
