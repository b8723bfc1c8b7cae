"""The shelf: the results of one visit, as values. Nothing here is shared between visitors; the page keeps a shelf, a
tuple of entries in the order they were made, in its session state.

An entry's files lie in the private folder: the result, and the clips of content and styles that it was made from,
all WAVs of one length at SAMPLE_RATE_HZ, so that a player can switch between them. Entries made from the same
clip share its file. Functions return a new shelf, and remove files that no entry of it needs any more.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletransfer.engine import loudness
from styletransfer.files import audio
from styletransfer.quality import report_card
from styletransfer.settings import FIELDS, SAMPLE_RATE_HZ, Settings
from styletransfer.settings import text as settings_text
from styletransfer.settings.fields import FRONT
from styletransfer.settings.metadata import plain
from styletransfer.web.gradio_compat import file_url
from styletransfer.web.server.private_files import PrivateFiles

MAX_NAME_CHARACTERS = 60
BOTH = "both together"
SEAM_S = 0.01
"""Fade at each end of a style that is looped."""


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
    """One result of the visit. Its key, which nobody can guess, never changes; its name may."""

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
    ages: bool = True,
) -> Entry:
    """An entry, without figures, and without a name yet unless it is given, its files written.

    `sound` is the result, `path` its file, `recordings` are the content and the styles as they were used, `names` what
    the visitor calls them. Files that do not age stay as long as the server."""
    level_lufs = loudness.integrated_loudness(recordings[0])
    looped = [loop(recording, len(sound)) for recording in recordings]
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


def loop(sound: np.ndarray, n_samples: int) -> np.ndarray:
    """A sound cut to a length, or repeated to it with ends that fade, so that the seams do not click."""
    if len(sound) >= n_samples:
        return sound[:n_samples]
    fade = min(round(SEAM_S * SAMPLE_RATE_HZ), len(sound) // 2)
    envelope = np.ones(len(sound), np.float32)
    envelope[:fade] = np.linspace(0, 1, fade, endpoint=False)
    envelope[len(sound) - fade :] = envelope[:fade][::-1]
    if sound.ndim == 2:
        return np.resize(sound * envelope[:, None], (n_samples, 2))
    return np.resize(sound * envelope, n_samples)


def add(shelf: Shelf, entry: Entry) -> Shelf:
    """The shelf with the entry at its end, called "Result 1" and so on unless it has a name, which is numbered where
    it is taken."""
    taken = [int(match[1]) for each in shelf if (match := re.fullmatch(r"Result (\d+)", each.name))]
    name = entry.name or f"Result {max([len(shelf), *taken]) + 1}"
    number, wanted = 1, name
    while name in {each.name for each in shelf}:
        number += 1
        name = f"{wanted} ({number})"
    known = {clip.digest: clip for each in shelf for clip in _clips(each)}
    content, *styles, mix = (_share(clip, known) for clip in _clips(entry))
    return (*shelf, dataclasses.replace(entry, name=name, content=content, styles=tuple(styles), mix=mix))


def rename(shelf: Shelf, key: str, name: str) -> Shelf:
    """The shelf with another name for an entry and its file; a blank one changes nothing."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME_CHARACTERS].strip()
    return tuple(_rename(entry, name) if entry.key == key and name else entry for entry in shelf)


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


def find(shelf: Shelf, keys: Sequence[str]) -> list[Entry]:
    """The entries with these keys, in the order of the shelf; keys of no entry are passed over."""
    return [entry for entry in shelf if entry.key in keys]


def describe(shelf: Shelf) -> dict[str, list[tuple[str, str]]]:
    """By key, the settings and recordings in which the entries differ, each with its value; of a single entry those
    that stand in front on the page."""
    rows = {entry.key: _describe(entry) for entry in shelf}
    names = [name for row in list(rows.values())[:1] for name in row]
    shown = [name for name in names if len({row[name] for row in rows.values()}) > 1]
    if len(rows) == 1:
        shown = [field.label for field in FIELDS.values() if field.group == FRONT]
    return {key: [(name, row[name]) for name in shown] for key, row in rows.items()}


def _describe(entry: Entry) -> dict[str, str]:
    row = {field.label: _words(getattr(entry.settings, name)) for name, field in FIELDS.items()}
    return {"Content": entry.content.name, "Style": " + ".join(style.name for style in entry.styles), **row}


def _words(value: object) -> str:
    return " : ".join(map(plain, value)) or "equal" if isinstance(value, tuple) else plain(value)


def _write_clip(path: Path, name: str, sound: np.ndarray, level_lufs: float) -> ReferenceClip:
    """Content and style at one level: a style's own does not count in a transfer, and beside a quiet one everything
    would have to be turned down."""
    written = loudness.limit_peak(loudness.at_loudness(sound, level_lufs))
    audio.write(path, written)
    digest = hashlib.sha256(sound.astype(np.float32).tobytes()).hexdigest()
    return ReferenceClip(name=name, path=str(path), lufs=loudness.integrated_loudness(written), digest=digest)


def _share(clip: ReferenceClip, known: dict[str, ReferenceClip]) -> ReferenceClip:
    """The clip in the file that another entry has already."""
    other = known.get(clip.digest)
    if other is None or other.path == clip.path:
        return clip
    _remove(clip.path)
    return dataclasses.replace(clip, path=other.path)


def _rename(entry: Entry, name: str) -> Entry:
    """A download is called as its file is; the folder around it stays the one that nobody can guess."""
    path = Path(entry.path)
    words = re.sub(r"\W+", "-", name.lower()).strip("-")
    renamed = path.with_name(f"{words or path.stem}.wav")
    if path.exists():
        path.replace(renamed)
    return dataclasses.replace(entry, name=name, path=str(renamed))


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
