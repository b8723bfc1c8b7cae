"""Makes what the textbook's recipe makes of the paper's pairings: `python -m samples.make_textbook`.

For each pairing of pairings.json it writes textbook/NAME.mp3, coded as results/NAME.mp3 are, so that a listening test
compares two ways of making a sound and not two ways of coding it. What the textbook is, benchmarks/textbook.py says.
Names of pairings as arguments make those alone; each takes some five minutes on two cores.
"""

from __future__ import annotations

import json
import sys

from benchmarks import recordings, textbook
from samples.make_results import SAMPLES, write_mp3
from styletransfer.engine import loudness
from styletransfer.settings import DEFAULT_PRESET, SAMPLE_RATE_HZ, preset


def make(pairing: dict[str, str]) -> None:
    """Runs one pairing and writes its sound."""
    seconds = preset(DEFAULT_PRESET).seconds
    content, style = (recordings.read(pairing[role], seconds) for role in ("content", "style"))
    made = textbook.transfer(content, style, textbook.Method())
    target = SAMPLES / "textbook" / f"{pairing['name'].replace(' + ', '-')}.mp3"
    write_mp3(target, loudness.limit_true_peak(recordings.at_reference(made.sound)), SAMPLE_RATE_HZ)


def main(names: list[str]) -> None:
    """Makes the results of the pairings of these names, or of all."""
    pairings = json.loads((SAMPLES / "pairings.json").read_text(encoding="utf-8"))
    (SAMPLES / "textbook").mkdir(exist_ok=True)
    for pairing in pairings:
        if not names or pairing["name"] in names:
            make(pairing)
            print(pairing["name"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
