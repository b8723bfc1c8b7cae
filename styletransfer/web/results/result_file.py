"""A result's sound in files that nobody else can name, and that tell what they are."""

from __future__ import annotations

import glob
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletransfer.engine import loudness
from styletransfer.errors import AudioError
from styletransfer.files import audio, settings_tags
from styletransfer.files.result_formats import WAV, WAV_24, ResultFormat
from styletransfer.files.result_names import result_name
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import Result
from styletransfer.web.server.private_files import PrivateFiles

GONE = "This result is no longer kept here. Make it again."
_CONVERTING = threading.BoundedSemaphore(2)
"""So many sounds are mixed or converted at a time: each is held in memory whole."""
NOT_MADE = "The server could not make this file. Take another format."


def name_of(names: Sequence[str], settings: Settings, *, is_series: bool = False) -> str:
    """What a result, or a series of several strengths, is called. `names` are those of the content and the styles."""
    content, *styles = names
    return result_name(content, styles, settings, settings_text.nearest_preset(settings), is_series=is_series)


def write_result(files: PrivateFiles, result: Result, names: Sequence[str], content: np.ndarray | None = None) -> Path:
    """Write the WAV of 16 bits, and beside it one of 24, of which other formats are made; return the path of the
    first. `names` are those of the content and the styles. With the content as it was used, the result can be mixed
    with it (`blended`)."""
    path = files.new_file(f"{name_of(names, result.settings)}{WAV.ending}")
    _write(path, result.sound, settings_text.of_result(result.settings))
    if content is not None:
        audio.write(_original(path), content[: len(result.sound)], format_=WAV_24)
    return path


def blended(path: Path, share: float) -> Path:
    """The WAV of a result, of which `path` is the WAV, mixed with its original: `share` of it, from 0 to 1, and as
    loud. It is made when it is first asked for, and takes the place of that of another share. Raises AudioError where
    it cannot be made."""
    percent = round(100 * min(1.0, max(0.0, share)))
    if percent == 100:
        return path
    mixed = path.with_name(f"{path.stem}-mixed-{percent}-percent{path.suffix}")
    if not mixed.exists():
        if not _original(path).exists():
            raise AudioError(GONE)
        for other in path.parent.glob(f"{glob.escape(path.stem)}-mixed-*"):
            other.unlink(missing_ok=True)
        files = _beside(path, WAV_24), _original(path)
        with _CONVERTING:
            result, original = (audio.read_recording(each, stereo=True).samples for each in files)
            _write(mixed, _blend(result, original, percent / 100), settings_tags.settings_in(path) or "")
    return mixed


def _blend(result: np.ndarray, original: np.ndarray, share: float) -> np.ndarray:
    """Both at the loudness of the result, which the mixture has too."""
    if original.ndim != result.ndim:
        original, result = (np.stack([each] * 2, axis=1) if each.ndim == 1 else each for each in (original, result))
    level_lufs = loudness.integrated_loudness(result)
    mixed = share * result + (1 - share) * loudness.at_loudness(original, level_lufs)
    return loudness.limit_true_peak(loudness.at_loudness(mixed, level_lufs))


def _write(path: Path, sound: np.ndarray, settings: str) -> None:
    for format_ in (WAV, WAV_24):
        audio.write(_beside(path, format_), sound, format_=format_, settings=settings)


def _original(path: Path) -> Path:
    return path.with_name(f"{path.stem}-original{path.suffix}")


def in_format(path: Path, format_: ResultFormat) -> Path:
    """The file of another format of a result, of which `path` is the WAV; it is made when it is first asked for.
    Raises AudioError where it cannot be made."""
    asked, finest = _beside(path, format_), _beside(path, WAV_24)
    if not asked.exists():
        if not finest.exists():
            raise AudioError(GONE)
        try:
            with _CONVERTING:
                audio.convert(finest, asked)
        except AudioError as error:  # which names a folder of the server's
            raise AudioError(NOT_MADE) from error
    return asked


def _beside(path: Path, format_: ResultFormat) -> Path:
    return path.with_name(f"{path.stem}{format_.mark}{format_.ending}")
