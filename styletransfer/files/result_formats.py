"""The formats that results are written in: one table for the command line, the page and the writer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from styletransfer.errors import AudioError


class ResultFormat(NamedTuple):
    """A kind of file that a result is written as."""

    label: str
    ending: str
    bits: int | None
    """of a sample; None where a coder decides"""
    mark: str = ""
    """what the name of a file has before its ending, beside one of another format with that ending"""


WAV = ResultFormat("WAV 16 bit", ".wav", 16)
WAV_24 = ResultFormat("WAV 24 bit", ".wav", 24, "-24-bit")
FLAC = ResultFormat("FLAC", ".flac", 24)
MP3 = ResultFormat("MP3", ".mp3", None)
RESULT_FORMATS = (WAV, WAV_24, FLAC, MP3)
ENDINGS = tuple(dict.fromkeys(each.ending for each in RESULT_FORMATS))


def named(path: str | os.PathLike[str]) -> ResultFormat:
    """Find the format that a file's ending asks for, a WAV of 16 bits for .wav. Raises AudioError for other endings,
    and for a name that is nothing else."""
    ending = Path(path).suffix.lower()
    if Path(path).name.lower() in ENDINGS:
        raise AudioError(f"{path} is an ending without a name. Give a whole name, such as result{Path(path).name}.")
    found = next((each for each in RESULT_FORMATS if each.ending == ending), None)
    if found is None:
        raise AudioError(f"Results are WAV, FLAC or MP3. Give {path} a name that ends in .wav, .flac or .mp3.")
    return found
