"""The figures of several results as one table, a CSV: a line each, what was not made too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from styletransfer.files import spreadsheets
from styletransfer.settings import FIELDS, Settings
from styletransfer.settings import text as settings_text
from styletransfer.settings.fields import FRONT
from styletransfer.transfer import ReportCard
from styletransfer.web.results.combinations import Combination
from styletransfer.web.results.report_card_table import ROWS, Row

SET = tuple(name for name, field in FIELDS.items() if field.group == FRONT)
"""Settings that have a column"""
HEAD = (
    *("Result", "Content", "Style", "File", "Preset"),
    *(FIELDS[name].label for name in SET),
    *("Seed", "Made in (s)", "What there is to know"),
    *(f"{row.question} (%)" if row.unit == "%" else row.question for row in ROWS.values()),
)


class Line(NamedTuple):
    """What there is of a result, or of one that was not made."""

    combination: Combination
    said: str = ""
    """why it was not made, or what a person should know of it"""
    file: str = ""
    settings: Settings | None = None
    took_s: float | None = None
    card: ReportCard | None = None


def table(lines: Sequence[Line]) -> str:
    """Write the table."""
    return spreadsheets.table(HEAD, map(_cells, lines))


def _cells(line: Line) -> list[Any]:
    settings, card = line.settings, line.card
    preset = settings_text.nearest_preset(settings) if settings else None
    took_s = None if line.took_s is None else round(line.took_s, 1)
    return [
        *(line.combination.title, line.combination.content_name, line.combination.style_name, line.file, preset),
        *(getattr(settings, name, None) for name in (*SET, "seed")),
        *(took_s, line.said),
        *(_figure(row, card) for row in ROWS.values()),
    ]


def _figure(row: Row, card: ReportCard | None) -> float | None:
    value = card and row.value(card.result, card.content)
    if value is None:
        return None
    return round(100 * value, 1) if row.unit == "%" else round(value, 2)
