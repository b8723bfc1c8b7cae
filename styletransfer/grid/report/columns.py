"""The columns of the table of all runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from styletransfer.grid.report.runs import Run, in_words
from styletransfer.quality import card_words
from styletransfer.quality.card_words import UNKNOWN
from styletransfer.settings import FIELDS, PRESETS
from styletransfer.settings import text as settings_text
from styletransfer.settings.metadata import plain

PRESET = "preset"
Cell = tuple[str, float | None]
"""What is read, and what it is sorted by, if that is a number"""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the table."""

    label: str
    cell: Callable[[Run], Cell]
    is_numeric: bool = False
    is_shown: bool = True
    """at first"""
    is_figure: bool = False
    """whether it tells what came of a run, and not what went into it"""
    about: str = ""
    """a longer label"""
    tells_apart: str = ""
    """what stands before its value where runs of a pairing are told apart by it"""


def of(runs: Sequence[Run]) -> list[Column]:
    """Find the columns that these runs need. The first two are content and style."""
    made = [
        Column(label="Content", cell=lambda run: (run.content["name"], None)),
        Column(label="Style", cell=lambda run: (" + ".join(style["name"] for style in run.styles), None)),
        Column(label="Preset", cell=lambda run: (run.preset, None), tells_apart=PRESET),
        Column(label="Strength", cell=_strength, is_numeric=True, tells_apart="strength"),
        *map(_setting, _differing(runs)),
    ]
    if len({run.version for run in runs}) > 1:
        made.append(Column(label="Version", cell=lambda run: (run.version, None), tells_apart="version"))
    made += sorted(map(_figure, card_words.ROWS.values()), key=lambda column: not column.is_shown)
    made += [_loss(name, is_shown=name != "total") for name in ("content", "style", "total")]
    return [*made, Column(label="Seconds taken", cell=_seconds, is_numeric=True, is_figure=True)]


def ways(runs: Sequence[Run], table: Sequence[Column]) -> list[str]:
    """Say for each run how it was made, as far as they differ in it: such as `quick strength 60`."""
    telling = [each for each in table if each.tells_apart and len({each.cell(run)[0] for run in runs} - {UNKNOWN}) > 1]
    return [_way(run, telling) or run.preset for run in runs]


def _way(run: Run, telling: Sequence[Column]) -> str:
    told = ((each.tells_apart, each.cell(run)[0]) for each in telling)
    return " ".join(words if name == PRESET else f"{name} {words}" for name, words in told if words != UNKNOWN)


def _differing(runs: Sequence[Run]) -> list[str]:
    """Names of the settings, beside strength, that differ between runs by more than their presets say."""
    known = [run for run in runs if run.preset in PRESETS]
    changed = {name for run in known for name in settings_text.as_changes(run.preset, run.settings)} - {"strength"}
    return [name for name in FIELDS if name in changed and len({getattr(run.settings, name) for run in runs}) > 1]


def _setting(name: str) -> Column:
    is_numeric = FIELDS[name].kind in ("number", "whole number")

    def cell(run: Run) -> Cell:
        value = getattr(run.settings, name)
        return in_words(value), float(value) if is_numeric else None

    return Column(label=FIELDS[name].label, cell=cell, is_numeric=is_numeric, tells_apart=name.replace("_", " "))


def _strength(run: Run) -> Cell:
    return (UNKNOWN, None) if run.strength is None else (plain(run.strength), run.strength)


def _seconds(run: Run) -> Cell:
    return f"{run.seconds:.1f}", run.seconds


def _figure(row: card_words.Row) -> Column:
    """A figure of the report card. A line of it that has no short name is not shown at first."""

    def cell(run: Run) -> Cell:
        if run.card is None:
            return UNKNOWN, None
        return row.words(run.card.result, run.card.content), row.value(run.card.result, run.card.content)

    unit = f" ({row.unit})" if row.figure and row.unit != "%" else ""
    label = f"{row.figure[:1].upper()}{row.figure[1:]}{unit}" if row.figure else row.question
    return Column(
        label=label, cell=cell, is_numeric=True, is_figure=True, is_shown=bool(row.figure), about=row.question
    )


def _loss(name: str, *, is_shown: bool) -> Column:
    def cell(run: Run) -> Cell:
        value = run.losses.get(name)
        return (UNKNOWN, None) if value is None else (f"{value:.4g}", value)

    return Column(label=f"{name.capitalize()} loss", cell=cell, is_numeric=True, is_figure=True, is_shown=is_shown)
