"""Makes the finished results of the paper's pairings that the page plays as examples: `python -m samples.make_results`.

For each pairing of pairings.json it writes results/NAME.mp3, one channel, and results/NAME.json: the preset, and the
result's report as `transfer.report` gives it, with settings, losses of the delivered sound and those of every
iteration. Names of pairings as arguments make those alone. MP3 because every browser plays it, also those that refuse
OGG.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from styletransfer.files import audio
from styletransfer.settings import DEFAULT_PRESET, preset
from styletransfer.transfer import measure, report, stylize

SAMPLES = Path(__file__).parent
BLOCK_SAMPLES = 44_100
COMPRESSION = 0.75
"""Of 0 to 1, at a constant bit rate: 96 kbit/s, 120 kB for ten seconds."""


def make(pairing: dict[str, str]) -> None:
    """Runs one pairing and writes its sound and its report."""
    settings = preset(DEFAULT_PRESET)
    content = audio.read(SAMPLES / pairing["content"], seconds=settings.seconds)
    style = audio.read(SAMPLES / pairing["style"], seconds=settings.style_seconds)
    result = stylize(content, [style], settings)
    target = SAMPLES / "results" / pairing["name"].replace(" + ", "-")
    write_mp3(target.with_suffix(".mp3"), result.sound, result.sample_rate_hz)
    measured = rounded(report(result, measure(result, content, [style])))
    entries = {"pairing": pairing["name"], "preset": DEFAULT_PRESET, **measured}
    # One line for each entry: a line for each number of the history would make a file of two thousand.
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())
    target.with_suffix(".json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def write_mp3(path: Path, sound: np.ndarray, sample_rate_hz: int) -> None:
    """Writes a mono sound in blocks: libsndfile has crashed on long ones that came in one."""
    options: dict[str, Any] = {"bitrate_mode": "CONSTANT", "compression_level": COMPRESSION}
    with soundfile.SoundFile(path, "w", sample_rate_hz, 1, "MPEG_LAYER_III", format="MP3", **options) as file:
        for start in range(0, len(sound), BLOCK_SAMPLES):
            file.write(sound[start : start + BLOCK_SAMPLES])


def rounded(value: Any) -> Any:
    """The same with every float at five digits, which is more than any is good for."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def main(names: list[str]) -> None:
    """Makes the results of the pairings of these names, or of all."""
    pairings = json.loads((SAMPLES / "pairings.json").read_text(encoding="utf-8"))
    (SAMPLES / "results").mkdir(exist_ok=True)
    for pairing in pairings:
        if not names or pairing["name"] in names:
            make(pairing)
            print(pairing["name"])


if __name__ == "__main__":
    main(sys.argv[1:])
