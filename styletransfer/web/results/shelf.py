"""The shelf: the results of one visit, as values. Nothing here is shared between visitors; the page keeps a shelf, a
tuple of entries in the order they were made, in its session state. The browser has them too, with names and choices of
its own (frontend/visit-store.js): here they are for their files.

An entry's files lie in the private folder: the result, and the clips of content and styles that it was made from,
all WAVs of one length at SAMPLE_RATE_HZ, so that a player can switch between them. Entries of one series share their
clips. Functions return a new shelf, and remove files that no entry of it needs any more.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletransfer.engine import looping, loudness
from styletransfer.files import audio
from styletransfer.quality import report_card
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text
from styletransfer.web.gradio_compat import file_url
from styletransfer.web.server.private_files import PrivateFiles

BOTH = "both together"


@dataclass(frozen=True, kw_only=True)
class ReferenceClip:
    """A stretch of a recording as it was used, in a file."""

    name: str
    path: str
    lufs: float
    digest: str
    """of the recording's samples: equal for equal excerpts"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result of the visit. Its key nobody can guess."""

    key: str
    name: str
    path: str
    lufs: float
    content: ReferenceClip
    styles: tuple[ReferenceClip, ...]
    mix: ReferenceClip
    """both played together"""
    series: str
    """that the results of one press of Five strengths have in common; "" of a single one"""
    settings: Settings
    figures: tuple[tuple[str, str], ...] = ()
    """of the report card: what was measured on the delivered sound, and its value in words"""


Shelf = tuple[Entry, ...]


def make(
    files: PrivateFiles,
    sound: np.ndarray,
    settings: Settings,
    path: Path,
    recordings: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    name: str = "",
    series: str = "",
    beside: Entry | None = None,
    ages: bool = True,
) -> Entry:
    """An entry, without figures, and without a name unless it is given, its files written.

    `sound` is the result, `path` its file, `recordings` are the content and the styles as they were used, `names` what
    the visitor calls them. `beside` is an entry as long and of the same recordings, whose clips it has too. Files that
    do not age stay as long as the server."""
    if beside is not None:
        *clips, mix = _clips(beside)
    else:
        level_lufs = loudness.integrated_loudness(recordings[0])
        looped = [looping.loop(recording, len(sound)) for recording in recordings]
        both = report_card.both_together(looped, settings.style_weights)
        *clips, mix = (
            _write_clip(files.new_file("excerpt.wav", ages=ages), called, each, level_lufs)
            for called, each in zip((*names, BOTH), (*looped, both), strict=True)
        )
    return Entry(
        key=secrets.token_urlsafe(8),
        name=name,
        path=str(files.copy_of(path, ages=ages)),
        lufs=loudness.integrated_loudness(sound),
        content=clips[0],
        styles=tuple(clips[1:]),
        mix=mix,
        series=series,
        settings=settings,
    )


def as_dict(entry: Entry) -> dict[str, Any]:
    """An entry for the browser, as values that JSON has, with addresses in place of paths."""
    settings = entry.settings
    return {
        **_take(entry),
        "key": entry.key,
        "series": entry.series,
        "strength": settings.strength,
        "content": _take(entry.content) | {"digest": entry.content.digest},
        "styles": [_take(style) | {"digest": style.digest} for style in entry.styles],
        "mix": _take(entry.mix) | {"digest": entry.mix.digest},
        "settings": dataclasses.asdict(settings),
        "preset": settings_text.nearest_preset(settings),
        "figures": [list(figure) for figure in entry.figures],
        "file_name": Path(entry.path).name,
    }


def _take(clip: Entry | ReferenceClip) -> dict[str, Any]:
    level_lufs = round(clip.lufs, 2) if math.isfinite(clip.lufs) else None
    return {"name": clip.name, "url": file_url(clip.path), "lufs": level_lufs}


def take(shelf: Shelf, made: Sequence[Entry]) -> Shelf:
    """The shelf with these entries at its end, or in the place of those with their keys."""
    entries = {entry.key: entry for entry in (*shelf, *made)}
    return tuple(entries.values())


def delete(shelf: Shelf, key: str) -> Shelf:
    """The shelf without an entry, whose files are removed."""
    kept = tuple(entry for entry in shelf if entry.key != key)
    needed = {path for entry in kept for path in _paths(entry)}
    for path in {path for entry in shelf for path in _paths(entry)} - needed:
        _remove(path)
    return kept


def clear(shelf: Shelf) -> None:
    """Removes all files of a shelf, when its visit is over."""
    for entry in shelf:
        shelf = delete(shelf, entry.key)


def _write_clip(path: Path, name: str, sound: np.ndarray, level_lufs: float) -> ReferenceClip:
    """Content and style at one level: a style's own does not count in a transfer, and beside a quiet one everything
    would have to be turned down."""
    written = loudness.limit_peak(loudness.at_loudness(sound, level_lufs))
    audio.write(path, written)
    digest = hashlib.sha256(sound.astype(np.float32).tobytes()).hexdigest()
    return ReferenceClip(name=name, path=str(path), lufs=loudness.integrated_loudness(written), digest=digest)


def _clips(entry: Entry) -> tuple[ReferenceClip, ...]:
    return entry.content, *entry.styles, entry.mix


def _paths(entry: Entry) -> list[str]:
    return [entry.path, *(clip.path for clip in _clips(entry))]


def _remove(path: str) -> None:
    """A file and the folder of its own around it; Gradio may have aged them out already."""
    Path(path).unlink(missing_ok=True)
    try:
        Path(path).parent.rmdir()
    except OSError:
        return  # gone, or not empty
