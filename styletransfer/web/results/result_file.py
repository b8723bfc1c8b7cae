"""A result's sound in files that nobody else can name, and that tell what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.files.result_formats import WAV, WAV_24, ResultFormat
from styletransfer.files.result_names import result_name
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import Result
from styletransfer.web.server.private_files import PrivateFiles

GONE = "This result is no longer kept here. Make it again."
NOT_MADE = "The server could not make this file. Take another format."


def name_of(names: Sequence[str], settings: Settings, *, is_series: bool = False) -> str:
    """What a result, or a series of several strengths, is called. `names` are those of the content and the styles."""
    content, *styles = names
    return result_name(content, styles, settings, settings_text.nearest_preset(settings), is_series=is_series)


def write_result(files: PrivateFiles, result: Result, names: Sequence[str]) -> Path:
    """Write the WAV of 16 bits, and beside it one of 24, of which other formats are made; return the path of the
    first. `names` are those of the content and the styles."""
    path = files.new_file(f"{name_of(names, result.settings)}{WAV.ending}")
    settings = settings_text.of_result(result.settings)
    for format_ in (WAV, WAV_24):
        audio.write(_beside(path, format_), result.sound, result.sample_rate_hz, format_=format_, settings=settings)
    return path


def in_format(path: Path, format_: ResultFormat) -> Path:
    """The file of another format of a result, of which `path` is the WAV; it is made when it is first asked for.
    Raises AudioError where it cannot be made."""
    asked, finest = _beside(path, format_), _beside(path, WAV_24)
    if not asked.exists():
        if not finest.exists():
            raise AudioError(GONE)
        try:
            audio.convert(finest, asked)
        except AudioError as error:  # which names a folder of the server's
            raise AudioError(NOT_MADE) from error
    return asked


def _beside(path: Path, format_: ResultFormat) -> Path:
    return path.with_name(f"{path.stem}{format_.mark}{format_.ending}")
