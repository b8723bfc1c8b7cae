"""What a run is known by: its recordings' samples, its settings and the version of the program."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence

import numpy as np

from styletransfer import __version__
from styletransfer.settings import Settings

DIGITS = 12
"""Hexadecimal, of an identity: 48 bits, so that among a million runs two are alike once in 500 grids."""


def of_samples(samples: np.ndarray) -> str:
    """Digest the samples of a recording, `(n_samples,)` or `(n_samples, 2)` float32. What a file is called, or how it
    was coded, does not count."""
    digest = hashlib.sha256(json.dumps(samples.shape).encode())
    digest.update(np.ascontiguousarray(samples, "<f4").tobytes())
    return digest.hexdigest()[:DIGITS]


def of_run(content: str, styles: Sequence[str], settings: Settings) -> str:
    """Digest a run: what its recordings are known by, its settings, and this version of the program."""
    parts = {"content": content, "styles": list(styles), "version": __version__}
    text = json.dumps(parts | {"settings": dataclasses.asdict(settings)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
