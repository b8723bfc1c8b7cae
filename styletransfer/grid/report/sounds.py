"""Sounds as scripts: a page that lies on a disk may load these, and may not read any other file.

A sound is FLAC, so that all of a pairing run in step, and of one length to the sample where their files are. It is
given to the script as base64 text. The first line is a comment with what the page has to know before it is loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer.engine import looping, loudness
from styletransfer.errors import AudioError
from styletransfer.files import atomic, audio, encoders, result_formats, settings_tags
from styletransfer.settings import SAMPLE_RATE_HZ

FOLDER = "sounds"
COMMENT = "// "
MAX_COMMENT = 1000


class Sound(NamedTuple):
    """A sound of the page."""

    url: str
    """its script, relative to the page; empty where there is none"""
    lufs: float | None = None
    """None for silence"""
    n_samples: int = 0
    fault: str = ""
    """a sentence, where it cannot be played"""


def put(source: Path, place: Path, n_samples: int | None = None) -> Sound:
    """Make the script of a sound in the page's folder, unless it is there.

    `n_samples` is how long it is to be: longer ones are cut, shorter ones repeated; None leaves it as it is. Raises
    OSError where the script cannot be written.
    """
    try:
        status = source.stat()
    except OSError:
        return Sound("", fault=f"{source.name} is missing in the grid's folder.")
    looks = f"{source.parent.name}/{source.name}|{status.st_size}|{status.st_mtime_ns}|{n_samples}"
    url = f"{FOLDER}/{hashlib.sha256(looks.encode(errors='surrogateescape')).hexdigest()[:16]}.js"
    known = _known(place / url)
    if known is None:
        try:
            known, flac = _converted(source, n_samples)
        except AudioError as error:
            return Sound("", fault=str(error))
        text = (
            f"{COMMENT}{json.dumps(known)}\nstSounds[{json.dumps(url)}]={json.dumps(base64.b64encode(flac).decode())}\n"
        )
        atomic.write_bytes(place / url, text.encode())
    return Sound(url, **known)


def _known(script: Path) -> dict[str, Any] | None:
    """What the first line of a script tells, if there is one."""
    try:
        with open(script, encoding="utf-8") as file:
            return json.loads(file.readline(MAX_COMMENT).removeprefix(COMMENT))
    except (OSError, ValueError):
        return None


def _converted(source: Path, n_samples: int | None) -> tuple[dict[str, Any], bytes]:
    """What the page has to know of a sound, and its FLAC, with the settings that the file carries."""
    samples = audio.read_recording(source, name=source.name, stereo=True).samples
    if n_samples is not None:
        samples = np.asarray(looping.loop(samples, n_samples))
    samples = loudness.limit_peak(samples, loudness.PEAK_CEILING_DBFS)
    lufs = loudness.integrated_loudness(samples)
    known = {"lufs": round(lufs, 2) if math.isfinite(lufs) else None, "n_samples": len(samples)}
    settings = settings_tags.settings_in(source) or ""
    return known, encoders.encode(samples, SAMPLE_RATE_HZ, result_formats.FLAC, settings)
