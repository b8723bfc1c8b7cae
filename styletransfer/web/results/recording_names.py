"""What recordings are called: a sample after what is heard in it, others after their files."""

from __future__ import annotations

import functools
from pathlib import Path

from styletransfer.files import resources

SAMPLE_NAMES = {
    "speech": "Speech",
    "piano": "Piano",
    "guitar": "Guitar",
    "trumpet": "Trumpet",
    "violin": "Violin",
    "drums": "Hand drums",
    "drumkit": "Drum kit",
}
"""By the name of the file."""
RECORDED = "audio.wav"
"""Gradio's name for what was recorded with the microphone."""


@functools.cache
def sample_names() -> dict[str, str]:
    """What is heard in each sample, by its path."""
    return {str(resources.SAMPLES / f"{stem}.flac"): name for stem, name in SAMPLE_NAMES.items()}


def name_of(path: str, *, has_ending: bool = False) -> str:
    """What a recording is called wherever it is told of; with the ending of its file where that is to be seen."""
    file = Path(path)
    own = "Microphone" if file.name == RECORDED else file.name if has_ending else file.stem
    return sample_names().get(path, own)
