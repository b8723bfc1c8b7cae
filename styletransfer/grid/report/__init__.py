"""The results page of a grid: one folder that any browser opens from disk, without a server, and that holds its sounds.

index.html              the page, and as JSON in it all that it tells
report.js, *.css        its scripts in one file, and its looks: see scripts.py
sounds/DIGEST.js        a sound each, loaded when it is played: see sounds.py
pictures/ID-NAME.png    figures and spectrograms of the runs
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from styletransfer.errors import WritingError
from styletransfer.files import atomic
from styletransfer.grid.report import scripts, sounds, told
from styletransfer.grid.report.runs import Run

FOLDER = "report"
PAGE = "index.html"
PICTURES = ("spectrograms", "loss", "correlation")
"""Of a run's folder, each a PNG."""


def write(folder: Path) -> Path:
    """Write the results page of a grid's folder, and return where its index.html is.

    It is made of the runs that are done by now, may be written again at any time, and converts no sound twice. Raises
    PlanError where the folder is none of a grid, WritingError where it cannot be written.
    """
    grid = told.read(folder)
    place = folder / FOLDER
    try:
        return _write(grid, place)
    except OSError as error:
        name = error.filename or place
        raise WritingError(
            f"{name} cannot be written: {error.strerror or error}. Make room, or give access."
        ) from error


def _write(grid: told.Grid, place: Path) -> Path:
    for name in (sounds.FOLDER, "pictures"):
        (place / name).mkdir(parents=True, exist_ok=True)
    made = {run.id: sounds.put(run.sound, place) for run in grid.runs}
    heard = grid.recordings({key: sound.n_samples for key, sound in made.items()})
    recordings = {file: sounds.put(path, place, n_samples) for file, (path, n_samples) in heard.items()}
    pictures = {run.id: _pictures(run, place) for run in grid.runs}
    known = told.page(grid, recordings, made, pictures)
    for name, text in scripts.files().items():
        atomic.write_bytes(place / name, text.encode())
    atomic.write_bytes(place / PAGE, _html(grid.title, known).encode(errors="backslashreplace"))
    kept = [each.url for each in (*recordings.values(), *made.values())]
    _prune(place, {*kept, *(url for found in pictures.values() for url in found.values())})
    return place / PAGE


def _pictures(run: Run, place: Path) -> dict[str, str]:
    """Copy those of a run that there are; their addresses by name."""
    found = {}
    for name in PICTURES:
        source, url = run.folder / f"{name}.png", f"pictures/{run.id}-{name}.png"
        if source.is_file():
            found[name] = url
            if not (place / url).is_file() or (place / url).stat().st_size != source.stat().st_size:
                shutil.copyfile(source, place / url)
    return found


def _html(title: str, known: Mapping[str, Any]) -> str:
    """Nothing in the JSON ends its element, or begins a comment."""
    page = Template((scripts.FRONTEND / "page.html").read_text(encoding="utf-8"))
    data = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return page.substitute(title=escape(title), config=json.dumps(scripts.CONFIG), data=data)


def _prune(place: Path, kept: Iterable[str]) -> None:
    """Remove sounds and pictures of runs that are no longer there."""
    used = {place / url for url in kept if url}
    for path in (*(place / sounds.FOLDER).glob("*.js"), *(place / "pictures").glob("*.png")):
        if path not in used:
            path.unlink()
