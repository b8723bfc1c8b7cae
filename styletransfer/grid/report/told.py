"""What the results page tells of a grid, as values that JSON has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styletransfer import __version__
from styletransfer.grid import folder as grid_folder
from styletransfer.grid.report import columns, runs
from styletransfer.grid.report.runs import Run
from styletransfer.grid.report.sounds import Sound
from styletransfer.listening import plan as plans
from styletransfer.quality import card_words
from styletransfer.settings import FIELDS


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A grid's folder as it is read."""

    title: str
    asked: frozenset[str]
    """the ids of the runs that were asked for last"""
    runs: tuple[Run, ...]
    """those that are done"""
    failed: tuple[grid_folder.Failed, ...]
    unusable: tuple[Mapping[str, str], ...]
    """recordings that cannot be used, each with `path` and `sentence`"""
    folder: Path

    def recordings(self, lengths: Mapping[str, int]) -> dict[str, tuple[Path, int | None]]:
        """Find the recordings of all runs by their files, and how many samples of each are heard: as many as the
        longest of its results has, whose lengths are given by id."""
        longest: dict[str, int] = {}
        for run in self.runs:
            for file in (run.content["file"], *(style["file"] for style in run.styles)):
                longest[file] = max(longest.get(file, 0), lengths[run.id])
        return {file: (self.folder / file, n_samples or None) for file, n_samples in longest.items()}


def read(folder: Path) -> Grid:
    """Read a grid's folder. Raises PlanError where it is none."""
    asked = grid_folder.asked_for(folder)
    return Grid(
        title=asked.get("title") or folder.resolve().name,
        asked=frozenset(run["id"] for run in asked["runs"]),
        runs=runs.in_order(map(Run.of, grid_folder.finished(folder))),
        failed=tuple(grid_folder.failed(folder)),
        unusable=tuple(asked.get("unusable", ())),
        folder=folder,
    )


def page(
    grid: Grid,
    recordings: Mapping[str, Sound],
    made: Mapping[str, Sound],
    pictures: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Tell everything. `recordings` are sounds by the file of the recording, `made` those of the runs, and `pictures`
    the addresses of theirs, by id."""
    table = columns.of(grid.runs)
    names = _names(grid.runs)
    places = {file: place for place, file in enumerate(recordings)}
    ways = _numbered(zip((run.pairing for run in grid.runs), columns.ways(grid.runs, table), strict=True))
    common = _common([run.settings_in_words() for run in grid.runs])
    return {
        "title": grid.title,
        "version": __version__,
        "asked": len(grid.asked),
        "done": len(grid.asked & {run.id for run in grid.runs}),
        "columns": list(map(_column, table)),
        "card": {
            "columns": card_words.COLUMNS,
            "groups": [[group, [row.question for row in rows]] for group, rows in card_words.GROUPS.items()],
        },
        "labels": {name: field.label for name, field in FIELDS.items()},
        "common": common,
        "limits": {"items": plans.MAX_ITEMS, "ways": plans.MAX_CONDITIONS},
        "recordings": [{"name": names[file], **_sound(sound)} for file, sound in recordings.items()],
        "runs": [
            {
                "id": run.id,
                "name": run.name,
                "file": run.sound.relative_to(grid.folder).as_posix(),
                "content": places[run.content["file"]],
                "styles": [places[style["file"]] for style in run.styles],
                "way": way,
                "cells": [each.cell(run) for each in table],
                "notes": [*run.notes, *([made[run.id].fault] if made[run.id].fault else [])],
                "card": run.card_in_words(),
                "settings": {name: words for name, words in run.settings_in_words().items() if name not in common},
                "pictures": pictures[run.id],
                **_sound(made[run.id]),
            }
            for run, way in zip(grid.runs, ways, strict=True)
        ],
        "failed": [each._asdict() for each in grid.failed],
        "unusable": grid.unusable,
    }


def _column(column: columns.Column) -> dict[str, Any]:
    return {
        "label": column.label,
        "about": column.about,
        "numeric": column.is_numeric,
        "figure": column.is_figure,
        "shown": column.is_shown,
    }


def _sound(sound: Sound) -> dict[str, Any]:
    return {"url": sound.url, "lufs": sound.lufs}


def _names(runs: Iterable[Run]) -> dict[str, str]:
    """What recordings are called, by their files: two of one name are told apart."""
    named = {each["file"]: each["name"] for run in runs for each in (run.content, *run.styles)}
    numbered = _numbered(("", name) for name in named.values())
    return dict(zip(named, numbered, strict=True))


def _numbered(named: Iterable[tuple[Any, str]]) -> list[str]:
    """Names that belong somewhere, and the second of one name there with a number behind it."""
    seen: Counter[tuple[Any, str]] = Counter()
    made = []
    for each in named:
        seen[each] += 1
        made.append(each[1] if seen[each] == 1 else f"{each[1]} ({seen[each]})")
    return made


def _common(settings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all have alike."""
    if not settings:
        return {}
    return {name: words for name, words in settings[0].items() if all(each[name] == words for each in settings)}
