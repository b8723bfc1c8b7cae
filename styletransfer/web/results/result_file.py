"""A result's sound in a file that nobody else can name."""

from __future__ import annotations

from pathlib import Path

from styletransfer.files import audio
from styletransfer.transfer import Result
from styletransfer.web.server.private_files import PrivateFiles


def write_result(files: PrivateFiles, result: Result, suffix: str = "") -> Path:
    """Write the WAV, whose name ends in `suffix`, and return its path."""
    path = files.new_file(f"style-transfer{suffix}.wav")
    audio.write(path, result.sound, result.sample_rate_hz)
    return path
