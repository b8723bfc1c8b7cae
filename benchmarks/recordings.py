"""The sample recordings as the benchmarks use them: mono `(n_samples,)` float32 at 44.1 kHz, at one loudness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from styletransfer.engine import loudness, spectral_loudness
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ

SAMPLES = Path(__file__).parents[1] / "samples"


class Pairing(NamedTuple):
    """File names of a content and a style."""

    name: str
    content: str
    style: str


def pairings() -> list[Pairing]:
    """The paper's, in its order."""
    return [Pairing(**entry) for entry in json.loads((SAMPLES / "pairings.json").read_text(encoding="utf-8"))]


def read(name: str, seconds: float) -> np.ndarray:
    """A sample from its start, as long as asked for: repeated where it is shorter, at the reference loudness."""
    sound = audio.read(SAMPLES / name, seconds=seconds)
    return at_reference(np.resize(sound, round(seconds * SAMPLE_RATE_HZ)))


def at_reference(sound: np.ndarray) -> np.ndarray:
    """The sound at the loudness at which the program compares recordings."""
    return loudness.at_loudness(sound, spectral_loudness.REFERENCE_LUFS)
